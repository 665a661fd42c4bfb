from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan import coach, notation
from runplan.checks import check
from runplan.constraints import Constraint
from runplan.envelope import (
    Envelope,
    build_envelope,
    week_envelope,
)
from runplan.plan import HARD_KINDS
from runplan.request import DAYS, LEVELS, RACES, Level, PlanRequest, Race
from tests.support.coach_plans import coach_plan
from tests.support.obedience import broken
from tests.support.plans import make_request
from tests.support.strategies import constrained_requests, requests


def hard_minutes(plan_request: PlanRequest) -> int:
    """Hard sessions in the whole plan."""
    plan = coach_plan(plan_request)
    return sum(s.kind in HARD_KINDS for week in plan.weeks for s in week.sessions)


@settings(max_examples=150)
@given(requests(), st.integers(0, 10**6))
def test_the_coach_fits_and_passes_for_any_form(request_: PlanRequest, seed: int) -> None:
    envelope = build_envelope(request_)
    lines = coach.write_outline(envelope, seed)
    assert notation.outline_fits(lines, envelope) is None
    for line in lines:
        assert (
            notation.week_fits(
                coach.write_week(envelope, line, seed), week_envelope(envelope, line)
            )
            is None
        )
    errors = [finding for finding in check(coach_plan(request_, seed)) if finding.level == "error"]
    assert errors == []


@settings(max_examples=300)
@given(constrained_requests(), st.integers(0, 10**6))
def test_the_coach_obeys_every_constraint(request_: PlanRequest, seed: int) -> None:
    plan = coach_plan(request_, seed)
    assert [finding for finding in check(plan) if finding.level == "error"] == []
    assert broken(plan, request_.constraints) == []


@settings(max_examples=60)
@given(requests())
def test_every_week_has_ranges_and_sessions(request_: PlanRequest) -> None:
    envelope = build_envelope(request_)
    assert len(envelope.weeks) == request_.weeks
    for week in envelope.weeks:
        assert week.distances
        assert week.focuses
        assert list(week.distances) == sorted(set(week.distances))
        assert list(week.longs) == sorted(set(week.longs))
    assert envelope.weeks[-1].focuses == ("race",)
    assert envelope.weeks[-1].longs == ()


@settings(max_examples=40)
@given(requests(), st.data())
def test_any_outline_in_range_has_week_envelopes(
    request_: PlanRequest, data: st.DataObject
) -> None:
    envelope = build_envelope(request_)
    for week in data.draw(st.permutations(envelope.weeks))[:4]:
        line = notation.OutlineLine(
            week.number,
            week.phase,
            data.draw(st.sampled_from(week.distances)),
            data.draw(st.sampled_from(week.longs)) if week.longs else None,
            data.draw(st.sampled_from(week.focuses)),
        )
        found = week_envelope(envelope, line)
        assert len(found.days) == request_.days_per_week
        assert found.arrangements
        for order in found.arrangements:
            assert len(order) == len(found.days)
            assert set(order) == set(found.slots)


@pytest.mark.parametrize(
    "days", [DAYS, ("Mon", "Tue", "Wed"), ("Fri", "Sat", "Sun"), ("Mon", "Sat", "Sun")]
)
@pytest.mark.parametrize("level", LEVELS)
def test_hard_days_are_apart_even_over_the_turn_of_the_week(
    days: tuple[str, ...], level: Level
) -> None:
    for long_day in days:
        request = make_request(
            race="half", level=level, weeks=12, days_per_week=len(days), run_days=days,
            long_run_day=long_day, weekly_distance=45,
        )  # fmt: skip
        for seed in range(3):
            codes = {finding.code for finding in check(coach_plan(request, seed))}
            assert "hard_days_adjacent" not in codes


@pytest.mark.parametrize("race", RACES)
def test_levels_differ(race: Race) -> None:
    counts = [
        hard_minutes(make_request(race=race, level=level, weeks=12, days_per_week=5))
        for level in LEVELS
    ]
    assert counts[0] < counts[1] <= counts[2]


@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("level", LEVELS)
def test_weeks_of_an_ordinary_plan_differ(race: Race, level: Level) -> None:
    plan = coach_plan(make_request(race=race, level=level, weeks=14, days_per_week=5))
    weeks = [week.sessions for week in plan.weeks]
    assert len(set(weeks)) == len(weeks)


@settings(max_examples=30)
@given(requests(), st.integers(0, 1000))
def test_the_race_is_on_its_day_and_last(request_: PlanRequest, seed: int) -> None:
    last = coach_plan(request_, seed).weeks[-1]
    assert [session.kind for session in last.sessions].count("race") == 1
    assert last.sessions[-1].kind == "race"
    assert last.sessions[-1].day == request_.race_day


def test_run_walk_weeks_come_first_and_end() -> None:
    envelope: Envelope = build_envelope(make_request(race="5K", longest_run=2, weekly_distance=6))
    assert 0 < envelope.run_walk_weeks < 8
    walking = [week.focuses == ("runwalk",) for week in envelope.weeks]
    assert walking == sorted(walking, reverse=True)


def test_one_envelope_per_request() -> None:
    assert build_envelope(make_request()) is build_envelope(make_request())


def trials(request: PlanRequest) -> list[int]:
    """The weeks whose written plan has a time trial."""
    return [
        week.number
        for week in coach_plan(request).weeks
        if any(session.text.startswith("Time trial") for session in week.sessions)
    ]


@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("weeks", [6, 7, 8, 9, 10, 11, 12, 14, 17, 20, 24])
@pytest.mark.parametrize("age", [None, 64])
def test_a_time_trial_every_three_to_five_weeks(
    race: Race, level: Level, weeks: int, age: int | None
) -> None:
    request = make_request(
        race=race, level=level, weeks=weeks, days_per_week=4, weekly_distance=30, age=age
    )
    found = trials(request)
    steps = [after - before for before, after in pairwise([0, *found, weeks])]
    assert found
    assert all(3 <= step <= 5 for step in steps[:-1])
    assert steps[-1] <= 5
    assert [w.number for w in build_envelope(request).weeks if w.benchmark] == found


def test_a_trial_is_the_only_hard_session_and_one_bout() -> None:
    for level in LEVELS:
        request = make_request(race="half", level=level, weeks=12, weekly_distance=45)
        envelope = build_envelope(request)
        for line in coach.write_outline(envelope, 3):
            week = week_envelope(envelope, line)
            assert week.benchmark == envelope.weeks[line.number - 1].benchmark
            if week.benchmark:
                hard = {*week.slots} & {*HARD_KINDS}
                assert hard == {"intervals"}
                (blocks,) = week.slots["intervals"].blocks
                assert (blocks.repeat, blocks.walk_min) == (1, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"weeks": 5},
        {"constraints": (Constraint("no_speedwork"),)},
        {"constraints": (Constraint("injury", "knee"),)},
        {"constraints": (Constraint("run_walk"),)},
    ],
)
def test_no_trial_in_short_plans_or_where_fast_running_is_barred(
    changes: dict[str, object],
) -> None:
    assert trials(make_request(level="intermediate", **{"weeks": 12, **changes})) == []


def test_walking_breaks_all_through() -> None:
    plan = coach_plan(make_request(level="advanced", constraints=(Constraint("run_walk"),)))
    easy = {s.kind for week in plan.weeks for s in week.sessions} - {*HARD_KINDS}
    assert easy == {"runwalk", "long", "race"}


def test_weekday_limits_leave_the_long_run_its_time() -> None:
    limit = Constraint("max_session_min", 45, "weekday")
    request = make_request(race="half", level="advanced", weeks=12, constraints=(limit,))
    longest = 0
    for session in (s for week in coach_plan(request).weeks for s in week.sessions):
        minutes = session.duration_min or 0
        assert minutes <= 45 or session.day in ("Sat", "Sun")
        longest = max(longest, minutes if session.kind == "long" else 0)
    assert longest > 60
