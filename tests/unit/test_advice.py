from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan.advice import advice, missing
from runplan.constraints import Constraint
from runplan.request import PlanRequest, RaceResult
from tests.support.plans import make_request
from tests.support.strategies import requests

TODAY = date(2026, 9, 1)
SATURDAY = date(2026, 12, 5)
# A request that leaves nothing to say.
GOOD: dict[str, Any] = {
    "race": "half",
    "level": "intermediate",
    "weeks": 12,
    "days_per_week": 4,
    "weekly_distance": 35,
    "longest_run": 12,
    "recent_race": RaceResult("10K", 3000),
}


def codes(today: date | None = TODAY, **changes: Any) -> set[str]:
    return {finding.code for finding in advice(make_request(**{**GOOD, **changes}), today)}


def message(request: PlanRequest, code: str) -> str:
    return next(found.message for found in advice(request, TODAY) if found.code == code)


def test_a_sensible_request_gets_no_advice() -> None:
    assert codes() == set()
    assert codes(race_date=date(2026, 12, 6)) == set()


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("few_weeks", {"weeks": 8}),
        ("few_weeks", {"race": "marathon", "weeks": 11, "weekly_distance": 60}),
        ("beginner_seven_days", {"level": "beginner", "days_per_week": 7}),
        ("short_sessions", {"max_session_min": 45}),
        ("low_base", {"race": "marathon", "weeks": 18, "weekly_distance": 15, "longest_run": 6}),
        ("low_base", {"weekly_distance": 8, "longest_run": None}),
        ("volume_lowered", {"weekly_distance": 150, "longest_run": 20, "days_per_week": 3}),
        ("volume_lowered", {"weekly_distance": 60, "longest_run": 5, "days_per_week": 3}),
        ("days_raise_volume", {"weekly_distance": 5, "longest_run": 3, "days_per_week": 6}),
        ("ambitious_goal", {"goal_time": 5400}),
        ("crowded_days", {"run_days": ("Mon", "Tue", "Wed"), "days_per_week": 3}),
        ("crowded_days", {"run_days": ("Mon", "Sat", "Sun"), "days_per_week": 3}),
        ("start_in_past", {"race_date": date(2026, 11, 15)}),
        ("race_in_past", {"race_date": date(2026, 8, 30)}),
        ("race_day_differs", {"race_date": SATURDAY}),
        ("estimated_paces", {"recent_race": None}),
        ("run_walk_start", {"level": "beginner", "weekly_distance": 8, "longest_run": 2}),
    ],
)
def test_each_kind_of_advice(code: str, changes: dict[str, Any]) -> None:
    assert code in codes(**changes)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("few_weeks", {"race": "marathon", "weeks": 12, "weekly_distance": 60}),
        ("beginner_seven_days", {"days_per_week": 7, "weekly_distance": 60}),
        ("ambitious_goal", {"goal_time": 6480}),
        ("estimated_paces", {"recent_race": None, "goal_time": 6600}),
        ("crowded_days", {"run_days": ("Mon", "Tue", "Thu", "Sat"), "days_per_week": 4}),
        ("race_day_differs", {"race_date": SATURDAY, "long_run_day": "Sat"}),
        ("low_base", {"race": "10K", "weekly_distance": 8, "longest_run": 3}),
        ("short_sessions", {"race": "5K", "max_session_min": 45}),
        ("volume_lowered", {"weekly_distance": 45}),
    ],
)
def test_no_advice_where_none_is_due(code: str, changes: dict[str, Any]) -> None:
    assert code not in codes(**changes)


def test_without_todays_date_nothing_is_said_about_it() -> None:
    assert codes(None, race_date=date(2020, 11, 15)) == set()


def test_weeks_left_are_counted() -> None:
    request = make_request(**{**GOOD, "race_date": date(2026, 11, 15)})
    assert "2026-08-24" in message(request, "start_in_past")
    assert "Ask for 10 weeks, which are still left; or join at week 2" in message(
        request, "start_in_past"
    )


def test_never_fewer_weeks_than_a_plan_has() -> None:
    request = make_request(**{**GOOD, "race_date": date(2026, 9, 20)})
    assert "at least 4 weeks, so a later race" in message(request, "start_in_past")
    assert "join at week 10" in message(request, "start_in_past")


def test_weeks_that_end_on_the_race_day_are_explained() -> None:
    said = message(make_request(**{**GOOD, "race_date": SATURDAY}), "race_day_differs")
    assert "race is on a Saturday, your long runs are on Sunday" in said
    assert "from Sunday to Saturday" in said
    assert "takes the place" not in said
    off = make_request(**{**GOOD, "race_date": date(2026, 12, 4)})
    assert "the race takes the place of one of your runs" in message(off, "race_day_differs")


def test_what_is_missing_is_named_with_what_it_is_good_for() -> None:
    assert missing(make_request(**GOOD)) == {}
    assert list(missing(make_request())) == ["weekly_distance", "longest_run", "recent_race"]
    assert list(missing(make_request(weekly_distance=0))) == ["longest_run", "recent_race"]


@settings(max_examples=80)
@given(requests(), st.dates(date(2025, 1, 1), date(2029, 1, 1)))
def test_advice_is_plain_and_about_the_plan_as_a_whole(request_: PlanRequest, today: date) -> None:
    found = advice(request_, today)
    assert len({finding.code for finding in found}) == len(found)
    for finding in found:
        assert (finding.level, finding.week) == ("warning", None)
        assert finding.message.endswith(".")
        assert "None" not in finding.message
        assert "inf" not in finding.message.split()


def test_distances_are_in_the_runners_unit() -> None:
    request = make_request(**{**GOOD, "units": "mi", "weekly_distance": 100, "longest_run": 12})
    assert "100 mi a week" in message(request, "volume_lowered")
    assert "km" not in message(request, "volume_lowered")


def test_an_eased_start_says_why() -> None:
    sore = make_request(weekly_distance=30, constraints=(Constraint("injury", "knee"),))
    found = {finding.code: finding.message for finding in advice(sore, None)}
    assert "volume_lowered" not in found
    assert "instead of your 30 km" in found["eased_start"]
    assert "eased_start" not in {finding.code for finding in advice(make_request(), None)}


def test_a_short_weekday_is_no_short_long_run() -> None:
    limit = Constraint("max_session_min", 30, "weekday")
    request = make_request(race="marathon", weeks=18, constraints=(limit,))
    assert "short_sessions" not in {finding.code for finding in advice(request, None)}
    both = make_request(
        race="marathon", weeks=18, constraints=(Constraint("max_session_min", 60, "weekend"),)
    )
    (short,) = [f for f in advice(both, None) if f.code == "short_sessions"]
    assert short.message.startswith("In 60 minutes")
