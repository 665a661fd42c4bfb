import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.menus import (
    RUN_WALK_LEFT_M,
    TRIAL_FREE_KM,
    TRIAL_SHARE,
    has_menu,
    menu,
    run_walk_all_through,
    trial,
)
from runplan.paces import paces_for
from runplan.request import LEVELS, Level
from runplan.units import UNITS, Units
from runplan.workouts import measured
from tests.support.plans import make_request

INF = float("inf")


@given(
    st.sampled_from(("tempo", "intervals", "reps", "hills", "fartlek", "marathon")),
    st.sampled_from(LEVELS),
    st.floats(12, 120),
    st.floats(0, 1),
    st.floats(2, 20),
)
def test_workouts_fit_their_room(
    kind: str, level: Level, week_km: float, progress: float, room_km: float
) -> None:
    paces = paces_for(make_request(level=level))
    options = menu(kind, paces, level, week_km, progress, room_km)
    assert all(work.needed_km <= room_km for work in options)
    assert has_menu(kind, paces, level, week_km, room_km) == bool(options)
    shorter = menu(kind, paces, level, week_km, progress, room_km, limit_km=3.0)
    assert all(work.needed_km + work.slow_km <= 3.0 for work in shorter)


@given(st.sampled_from(LEVELS), st.sampled_from(UNITS), st.floats(8, 120), st.floats(2, 20))
def test_trials_stay_near_the_cap(
    level: Level, units: Units, week_km: float, room_km: float
) -> None:
    paces = paces_for(make_request(level=level, units=units))
    blocks = trial(paces, level, week_km, room_km, INF)
    if blocks is None:
        anywhere = trial(paces, level, week_km, INF, INF)
        assert anywhere is not None
        assert room_km < measured("intervals", anywhere, paces, level).needed_km
        return
    work = measured("intervals", blocks, paces, level)
    km = work.work_km
    assert km <= max(TRIAL_FREE_KM, TRIAL_SHARE * week_km)
    assert work.needed_km <= room_km
    assert level != "beginner" or km <= TRIAL_FREE_KM


@pytest.mark.parametrize(
    ("level", "units", "week_km", "expected"),
    [
        ("beginner", "km", 60, "1mi"),
        ("beginner", "mi", 60, "1mi"),
        ("intermediate", "km", 40, "3km"),
        ("intermediate", "km", 20, "2km"),
        ("advanced", "mi", 60, "2mi"),
        ("advanced", "mi", 15, "1mi"),
    ],
)
def test_sizes_of_trials(level: Level, units: Units, week_km: float, expected: str) -> None:
    paces = paces_for(make_request(level=level, units=units))
    assert str(trial(paces, level, week_km, INF, INF)) == expected


@given(st.floats(1.1, 34), st.sampled_from(LEVELS))
def test_walking_breaks_fill_the_run(km: float, level: Level) -> None:
    paces = paces_for(make_request(level=level))
    options = run_walk_all_through(paces, km)
    assert options
    for blocks in options:
        needed = measured("runwalk", blocks, paces, level).needed_km
        assert needed <= km
        assert blocks.walk_min is not None
        assert round((km - needed) * 1000, 6) <= RUN_WALK_LEFT_M or km < 2
