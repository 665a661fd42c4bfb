"""The borders of growth, long runs, hard days and rest."""

from typing import Any

import pytest

from runplan.plan import Finding
from runplan.request import Level
from tests.support.weeks import RACE_WEEK, check_weeks, level_of, long_week


def jump_plan(first: float, second: float, *, level: Level = "advanced") -> tuple[Finding, ...]:
    """Two weeks of five equal runs and a race week."""

    def week(number: int, run: float) -> dict[str, Any]:
        days = ("Mon", "Tue", "Thu", "Sat", "Sun")
        return {
            "number": number,
            "sessions": [{"day": d, "kind": "easy", "distance": run} for d in days],
        }

    race = {
        "number": 3,
        "sessions": [
            {"day": "Tue", "kind": "easy", "distance": 3},
            {"day": "Sun", "kind": "race", "distance": 10},
        ],
    }
    return check_weeks([week(1, first), week(2, second), race], level=level)


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [
        (10, 11.9, None),
        (10, 12.0, None),
        (10, 12.2, "warning"),
        (10, 14.0, "warning"),
        (10, 14.2, "error"),
        (2, 3.0, "warning"),  # +50 %, but only 5 km
        (2, 3.1, "error"),
        (1, 1.4, None),  # +40 %, but only 2 km
    ],
)  # fmt: skip
def test_the_borders_of_week_jump(first: float, second: float, level: str | None) -> None:
    assert level_of(jump_plan(first, second), "week_jump") == level


def test_a_cutback_week_does_not_make_the_next_one_a_jump() -> None:
    days = ("Tue", "Thu", "Sat", "Sun")

    def week(run: float) -> dict[str, Any]:
        return {"sessions": [{"day": day, "kind": "easy", "distance": run} for day in days]}

    race = {"sessions": [{"day": "Sun", "kind": "race", "distance": 10}]}
    findings = check_weeks([week(10), week(6), week(11), race])
    assert level_of(findings, "week_jump") is None


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [
        (12, 15.0, None),
        (12, 15.2, "warning"),
        (12, 18.0, "warning"),
        (12, 18.2, "error"),
        (4, 6.5, None),
    ],
)
def test_the_borders_of_long_jump(first: float, second: float, level: str | None) -> None:
    findings = check_weeks([long_week(first, 4), long_week(second, 4), RACE_WEEK])
    assert level_of(findings, "long_jump") == level


def test_a_long_run_is_held_against_four_weeks() -> None:
    weeks = [long_week(18), *(long_week(10) for _ in range(3)), long_week(19), RACE_WEEK]
    assert level_of(check_weeks(weeks), "long_jump") is None
    weeks = [long_week(18), *(long_week(10) for _ in range(4)), long_week(19), RACE_WEEK]
    assert level_of(check_weeks(weeks), "long_jump") == "error"


def test_the_first_long_run_is_held_against_the_runners_longest() -> None:
    weeks = [long_week(18), RACE_WEEK]
    assert level_of(check_weeks(weeks, longest_run=11), "long_jump") == "error"
    assert level_of(check_weeks(weeks, longest_run=16), "long_jump") is None


@pytest.mark.parametrize(
    ("long", "level"), [(18, None), (33, "warning"), (37, "error")]
)  # of three easy runs of 8 km
def test_the_borders_of_long_share(long: float, level: str | None) -> None:
    assert level_of(check_weeks([long_week(long), RACE_WEEK]), "long_share") == level


def test_a_long_run_that_is_not_the_longest() -> None:
    assert level_of(check_weeks([long_week(7, 8), RACE_WEEK]), "long_not_longest") == "warning"


def hard_week(*kinds: str) -> dict[str, Any]:
    days = ("Tue", "Wed", "Fri", "Sat", "Sun")
    return {"sessions": [{"day": d, "kind": k, "distance": 8} for d, k in zip(days, kinds)]}


@pytest.mark.parametrize(
    ("level", "kinds", "expected"),
    [
        ("advanced", ("tempo", "easy", "easy", "tempo", "long"), None),
        ("advanced", ("easy", "easy", "easy", "intervals", "long"), "warning"),
        ("beginner", ("easy", "easy", "easy", "tempo", "long"), "error"),
        ("intermediate", ("tempo", "hills", "easy", "easy", "long"), "warning"),
        ("beginner", ("tempo", "hills", "easy", "easy", "long"), "error"),
        ("beginner", ("tempo", "easy", "easy", "easy", "long"), None),
    ],
)  # fmt: skip
def test_hard_days(level: Level, kinds: tuple[str, ...], expected: str | None) -> None:
    findings = check_weeks([hard_week(*kinds), RACE_WEEK], level=level)
    assert level_of(findings, "hard_days_adjacent") == expected


def test_hard_days_over_the_turn_of_the_week() -> None:
    sunday = {"sessions": [{"day": "Sun", "kind": "tempo", "distance": 8}]}
    monday = {"sessions": [{"day": "Mon", "kind": "hills", "distance": 8}]}
    findings = check_weeks([sunday, monday, RACE_WEEK], level="beginner")
    assert level_of(findings, "hard_days_adjacent") == "error"


@pytest.mark.parametrize(("asked", "level"), [(None, "error"), (6, "error"), (7, "warning")])
def test_beginners_need_a_day_of_rest(asked: int | None, level: str) -> None:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    week = {"sessions": [{"day": day, "kind": "easy", "distance": 4} for day in days]}
    findings = check_weeks([week, RACE_WEEK], level="beginner", days_per_week=asked)
    assert level_of(findings, "no_rest_day") == level
    assert level_of(check_weeks([week, RACE_WEEK]), "no_rest_day") is None
