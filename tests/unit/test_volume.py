from itertools import pairwise

import pytest
from hypothesis import given, settings

from runplan.constraints import Constraint
from runplan.paces import paces_for
from runplan.request import LEVELS, RACES, Level, PlanRequest, Race
from runplan.rules import CUTBACK_EVERY, MASTERS_AGE, MASTERS_CUTBACK_EVERY
from runplan.volume import (
    LONG_LIMIT_KM,
    MIN_RUN_KM,
    WEEK_GROWTH,
    SeasonWeek,
    floor_weeks,
    long_limit_km,
    needs_run_walk,
    season,
    session_limit_km,
    taper_shares,
    trial_weeks,
)
from tests.support.plans import make_request
from tests.support.strategies import constrained_requests, requests


def curve(request: PlanRequest) -> tuple[SeasonWeek, ...]:
    return season(request, paces_for(request))


@settings(max_examples=120)
@given(requests())
def test_every_request_has_a_whole_season(request_: PlanRequest) -> None:
    weeks = curve(request_)
    assert [week.number for week in weeks] == list(range(1, request_.weeks + 1))
    order = ("base", "build", "peak", "taper")
    places = [order.index(week.phase) for week in weeks]
    assert places == sorted(places)
    assert weeks[-1].phase == "taper"
    assert weeks[-1].long_km is None
    assert "peak" in {week.phase for week in weeks}
    assert all(week.long_km is not None for week in weeks[:-1])
    assert all(week.km > 0 for week in weeks)


@settings(max_examples=120)
@given(requests())
def test_loading_weeks_grow_gently(request_: PlanRequest) -> None:
    highest = 0.0
    for week in curve(request_):
        if week.phase == "taper" or week.cutback:
            continue
        # Small weeks are lifted to whole runs.
        assert week.km <= max(highest * WEEK_GROWTH * 1.02, highest + 2.5) or not highest
        highest = max(highest, week.km)


@settings(max_examples=120)
@given(requests())
def test_the_long_run_stays_within_every_limit(request_: PlanRequest) -> None:
    paces = paces_for(request_)
    limit = max(long_limit_km(request_, paces), min(MIN_RUN_KM, session_limit_km(request_, paces)))
    longs = [week.long_km for week in curve(request_) if week.long_km is not None]
    assert max(longs) <= limit + 1e-6
    assert max(longs) <= LONG_LIMIT_KM[request_.race]


@settings(max_examples=100)
@given(constrained_requests())
def test_every_fourth_week_is_lighter_or_third_for_older_runners(request_: PlanRequest) -> None:
    weeks = curve(request_)
    every = MASTERS_CUTBACK_EVERY if (request_.age or 0) >= MASTERS_AGE else CUTBACK_EVERY
    loading = request_.weeks - len(taper_shares(request_))
    light = [week.number for week in weeks if week.cutback]
    assert light == list(range(every, loading, every))
    for week in weeks:
        if week.cutback:
            assert week.km <= weeks[week.number - 2].km + 1e-6


@pytest.mark.parametrize("race", RACES)
def test_higher_levels_run_more(race: Race) -> None:
    peaks = [
        max(
            week.km
            for week in curve(make_request(race=race, level=level, weeks=16, days_per_week=5))
        )
        for level in LEVELS
    ]
    assert peaks[0] < peaks[1] < peaks[2]
    assert peaks[2] > 1.2 * peaks[0]


@pytest.mark.parametrize("level", LEVELS)
def test_longer_races_need_longer_runs(level: Level) -> None:
    longs = [
        max(week.long_km or 0 for week in curve(make_request(race=race, level=level, weeks=18)))
        for race in RACES
    ]
    assert longs == sorted(longs)
    assert longs[3] > 1.5 * longs[1]


def test_the_plan_starts_from_the_runners_own_volume() -> None:
    assert curve(make_request(level="advanced", weekly_distance=40))[0].km == pytest.approx(40)
    assert curve(make_request(weekly_distance=15))[0].km == pytest.approx(15)


def test_the_first_long_run_respects_the_longest_one() -> None:
    first = curve(make_request(race="half", weekly_distance=40, longest_run=8))[0]
    assert first.long_km is not None
    assert first.long_km <= 10


def test_a_session_limit_holds_every_run() -> None:
    request = make_request(race="marathon", level="advanced", weeks=16, max_session_min=60)
    limit = session_limit_km(request, paces_for(request))
    assert all((week.long_km or 0) <= limit for week in curve(request))


def test_marathons_taper_three_weeks_and_short_races_one() -> None:
    assert len(taper_shares(make_request(race="marathon", weeks=16))) == 3
    assert len(taper_shares(make_request(race="5K", weeks=8))) == 1
    weeks = curve(make_request(race="marathon", weeks=18, level="intermediate", days_per_week=5))
    peak = max(week.km for week in weeks)
    shares = [week.km / peak for week in weeks[-3:]]
    assert 0.68 <= shares[0] <= 0.79
    assert 0.52 <= shares[1] <= 0.71
    assert 0.18 <= shares[2] <= 0.42


def test_only_beginners_with_little_running_start_with_run_walk() -> None:
    def walks(**changes: object) -> bool:
        request = make_request(**changes)
        return needs_run_walk(request, paces_for(request))

    assert walks(longest_run=2)
    assert walks(weekly_distance=5)
    assert not walks()
    assert not walks(longest_run=8)
    assert not walks(level="advanced", longest_run=2)


def test_floors() -> None:
    assert floor_weeks(make_request(race="marathon")) == 16
    assert floor_weeks(make_request(race="marathon", level="advanced")) == 12
    assert floor_weeks(make_request(race="5K", level="advanced")) == 6


def test_a_sore_or_returning_runner_starts_lower_and_grows_slower() -> None:
    usual = curve(make_request(race="half", weeks=16, weekly_distance=30, longest_run=10))
    for wish in (Constraint("injury", "knee"), Constraint("returning", "illness")):
        eased = curve(
            make_request(
                race="half", weeks=16, weekly_distance=30, longest_run=10, constraints=(wish,)
            )
        )
        assert eased[0].km < usual[0].km
        assert (eased[0].long_km or 0) < (usual[0].long_km or 0)
    sore = curve(make_request(race="half", weeks=16, constraints=(Constraint("injury", "shin"),)))
    assert max(week.km for week in sore) < max(week.km for week in usual)


@pytest.mark.parametrize("every", [3, 4])
@pytest.mark.parametrize("taper", [1, 2, 3])
@pytest.mark.parametrize("loading", range(4, 24))
def test_trials_are_three_to_five_weeks_apart(loading: int, taper: int, every: int) -> None:
    found = trial_weeks(loading + taper, loading, every)
    steps = [after - before for before, after in pairwise([0, *found, loading + taper])]
    assert all(3 <= step <= 5 for step in steps[:-1])
    assert steps[-1] <= 5
    assert all(number <= loading for number in found)
