from dataclasses import replace

import pytest
from hypothesis import given, settings

from runplan.constraints import Constraint
from runplan.exports import FORMATS, export, guidance, wording
from runplan.exports.guidance import along_the_way, sessions
from runplan.exports.wording import KIND_NAME
from runplan.plan import Plan, Step
from runplan.request import RACES, RaceResult
from runplan.units import METRES_PER_MILE
from tests.support.coach_plans import coach_plan
from tests.support.plans import make_plan, make_request, plans


def along(*constraints: Constraint, **changes: object) -> dict[str, str]:
    return dict(along_the_way(make_plan(make_request(constraints=constraints, **changes))))


def trial_plan(step: Step) -> Plan:
    """A plan whose last week has nothing but a time trial."""
    plan = make_plan(make_request(weeks=9, recent_race=RaceResult("5K", 1620)))
    week = plan.weeks[8]
    trial = replace(
        week.sessions[0], kind="intervals", steps=(Step("warmup", 1, 2000), step, Step("cooldown"))
    )
    return replace(plan, weeks=(*plan.weeks[:8], replace(week, sessions=(trial,))))


@settings(max_examples=40, deadline=None)
@given(plans())
def test_every_kind_of_the_plan_is_explained_and_no_other(plan: Plan) -> None:
    kinds = {session.kind for week in plan.weeks for session in week.sessions} - {"rest"}
    assert {name for name, _ in sessions(plan)} == {KIND_NAME[kind] for kind in kinds}


@pytest.mark.parametrize("race", RACES)
def test_every_plan_says_how_to_watch_miss_hurt_and_rest(race: str) -> None:
    said = dict(along_the_way(coach_plan(make_request(race=race, weeks=12))))
    assert {"How you are doing", "Missed sessions", "Pain", "Recovery"} <= set(said)
    assert ("Food and drink" in said) == (race in ("half", "marathon"))


def test_food_is_for_the_weeks_with_runs_over_ninety_minutes() -> None:
    plan = coach_plan(make_request(race="marathon", weeks=18))
    long_weeks = [
        week.number
        for week in plan.weeks
        if any((s.duration_min or 0) > 90 and s.kind != "race" for s in week.sessions)
    ]
    text = dict(along_the_way(plan))["Food and drink"]
    assert f"weeks {long_weeks[0]}–" in text
    assert "up to 90 g" in text


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (METRES_PER_MILE, "times your time for 1 mi is your time for 5K (as you are now, 8:0"),
        (3000.0, "times your time for 3 km is your time for 5K (as you are now, 15:"),
    ],
)
def test_a_time_trial_is_pointed_out_with_what_to_do_with_it(metres: float, words: str) -> None:
    text = dict(along_the_way(trial_plan(Step("intervals", 1, metres))))["Benchmarks"]
    assert text.startswith("Time trial in week 9 (")
    assert words in text
    assert "makes 27:00)" in text


def test_a_time_trial_is_named_so() -> None:
    trial = trial_plan(Step("intervals", 1, 3000.0))
    assert "Time trial" in dict(sessions(trial))
    assert "Time trial 7.5 km" in wording.session_label(trial.weeks[8].sessions[0], trial)
    assert "Time trial" not in dict(sessions(trial_plan(Step("intervals", 4, 1000.0))))


def test_repeated_intervals_are_no_time_trial() -> None:
    assert "Benchmarks" not in dict(along_the_way(trial_plan(Step("intervals", 4, 1000.0))))


@pytest.mark.parametrize(
    ("constraint", "label"),
    [
        (Constraint("heat"), "Heat"),
        (Constraint("cold"), "Cold"),
        (Constraint("altitude"), "Altitude"),
        (Constraint("terrain", "treadmill"), "Treadmill"),
        (Constraint("first_race"), "Your first race"),
        (Constraint("returning", "illness"), "Coming back"),
    ],
)
def test_what_the_runner_said_adds_a_line(constraint: Constraint, label: str) -> None:
    assert set(along(constraint)) - set(along()) == {label}


def test_an_injury_is_watched_by_name() -> None:
    text = along(Constraint("injury", "knee"), Constraint("injury", "foot"))["Pain"]
    assert text.startswith("Watch your knee and foot: ")
    assert "Watch" not in along()["Pain"]


def test_some_ways_back_need_a_doctor_first() -> None:
    assert "doctor" in along(Constraint("returning", "surgery"))["Coming back"]
    assert "doctor" not in along(Constraint("returning", "break"))["Coming back"]


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_readable_formats_carry_all_of_it(format_: str) -> None:
    plan = make_plan(make_request(constraints=(Constraint("heat"),)))
    text = " ".join(export(plan, format_).decode().split())
    assert format_ in FORMATS
    for heading, rows in guidance.sections(plan):
        assert heading in text
        for label, words in rows:
            assert label in text
            assert words[:40] in text
    assert "not medical advice" in text
