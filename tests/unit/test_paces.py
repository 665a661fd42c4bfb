import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.paces import (
    ZONES,
    heart_rate_zones,
    oxygen_cost,
    paces_for,
    predict_seconds,
    race_seconds,
    vdot_of,
    velocity_at,
    zones_at,
)
from runplan.request import MAX_HEART_RATE, MIN_HEART_RATE, RACES, Race, RaceResult
from runplan.units import UNITS, Units
from tests.support.plans import make_request

VDOTS = st.floats(12, 85)


def test_the_published_check_value() -> None:
    assert vdot_of(5000, 27 * 60) == pytest.approx(34.96321966414413, abs=1e-9)


@pytest.mark.parametrize(
    ("race", "seconds"), [("5K", 19 * 60 + 56), ("half", 5491), ("marathon", 11440)]
)
def test_vdot_50_in_the_published_tables(race: Race, seconds: int) -> None:
    # Tables print whole seconds and round VDOT to one decimal.
    assert race_seconds(50, race) == pytest.approx(seconds, abs=3)


def test_vdot_40_zones_per_km() -> None:
    zones = zones_at(40, "km")
    assert zones["tempo"] == (306, 306)
    assert zones["interval"] == (281, 281)
    assert zones["easy"] == pytest.approx((367, 404), abs=1)


@given(VDOTS, st.sampled_from(RACES))
def test_prediction_inverts_vdot(vdot: float, race: Race) -> None:
    metres = {"5K": 5000, "10K": 10000, "half": 21097.5, "marathon": 42195}[race]
    assert vdot_of(metres, predict_seconds(vdot, metres)) == pytest.approx(vdot, abs=1e-6)


@given(st.floats(80, 400))
def test_velocity_inverts_oxygen_cost(velocity: float) -> None:
    assert velocity_at(oxygen_cost(velocity)) == pytest.approx(velocity)


@given(VDOTS, st.sampled_from(UNITS))
def test_zones_run_from_fast_to_slow(vdot: float, units: Units) -> None:
    zones = zones_at(vdot, units)
    assert set(zones) == set(ZONES)
    rep, interval, tempo, marathon = (
        zones[zone][0] for zone in ("rep", "interval", "tempo", "marathon")
    )
    assert rep < interval < tempo < marathon < zones["easy"][0] < zones["easy"][1]


@given(st.floats(15, 80), st.floats(1, 5))
def test_a_fitter_runner_is_faster_everywhere(vdot: float, gain: float) -> None:
    slower, faster = zones_at(vdot, "km"), zones_at(vdot + gain, "km")
    assert all(faster[zone] < slower[zone] for zone in ZONES)


@given(VDOTS)
def test_miles_take_longer_than_kilometres(vdot: float) -> None:
    km, mile = zones_at(vdot, "km"), zones_at(vdot, "mi")
    for zone in ZONES:
        assert mile[zone][0] == pytest.approx(km[zone][0] * 1.609344, abs=1.4)


@pytest.mark.parametrize(("distance", "seconds"), [(0, 100), (5000, 0), (-1, 100)])
def test_a_race_needs_distance_and_time(distance: float, seconds: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        vdot_of(distance, seconds)


def test_paces_come_from_the_best_source() -> None:
    recent = paces_for(make_request(recent_race=RaceResult("5K", 1620), goal_time=2700))
    assert recent.vdot == pytest.approx(34.963, abs=0.001)
    assert (recent.estimated, "27:00" in recent.source) == (False, True)
    goal = paces_for(make_request(goal_time=3600))
    assert (goal.estimated, "1:00:00" in goal.source) == (False, True)
    guess = paces_for(make_request(level="advanced"))
    assert guess.estimated
    assert "estimated" in guess.source
    assert guess.vdot > paces_for(make_request(level="beginner")).vdot


def test_the_middle_of_a_zone_per_km() -> None:
    km, mile = paces_for(make_request()), paces_for(make_request(units="mi"))
    assert km.s_per_km("easy") == sum(km.zones["easy"]) / 2
    assert mile.s_per_km("easy") == pytest.approx(km.s_per_km("easy"), abs=1)


@given(st.integers(MIN_HEART_RATE, MAX_HEART_RATE))
def test_heart_rates_rise_with_the_pace_and_end_at_the_maximum(highest: int) -> None:
    zones = heart_rate_zones(highest)
    assert list(zones) == [zone for zone in ZONES if zone != "rep"]
    assert all(low < high <= highest for low, high in zones.values())
    assert [*zones.values()] == sorted(zones.values())
    assert zones["interval"][1] == highest
