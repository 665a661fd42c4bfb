import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan import menus
from runplan.drafts import Blocks, SessionDraft
from runplan.grid import ceil_session
from runplan.notation import parse_blocks
from runplan.paces import WALK_S_PER_KM, Paces, paces_for
from runplan.plan import Session, Step
from runplan.request import LEVELS, RaceResult
from runplan.units import UNITS, from_km, metres_per, number, to_km
from runplan.workouts import (
    JOG_FACTOR,
    WARM_UP_KM,
    WORK,
    expand,
    measured,
    race_distance,
    style_of,
    work_of,
)
from tests.support.plans import make_request

REQUEST = make_request(level="intermediate")
PACES = paces_for(REQUEST)
CATALOGUE = [
    *((kind, blocks) for kind, listed in menus.CATALOGUE.items() for blocks in listed),
    *(("runwalk", blocks) for blocks in menus.RUN_WALK),
    ("marathon", Blocks(1, 8, "km")),
    ("marathon", Blocks(1, 6, "mi")),
]


def step_m(step: Step, kind: str, paces: Paces) -> float:
    """Metres of one repetition; timed ones at the speed the session takes for them."""
    if step.distance_m is not None:
        return step.distance_m
    seconds = step.duration_s or 0.0
    easy = paces.s_per_km("easy")
    zones = {"strides": "rep", "run": "easy", kind: WORK[kind].speed_zone if kind in WORK else ""}
    if step.kind == "walk":
        return seconds / WALK_S_PER_KM * 1000
    if step.kind == "recovery":
        return seconds / (easy * JOG_FACTOR) * 1000
    return seconds / paces.s_per_km(zones[step.kind]) * 1000


def total_m(session: Session, paces: Paces) -> float:
    return sum(step.repeat * step_m(step, session.kind, paces) for step in session.steps)


@settings(max_examples=150)
@given(
    st.sampled_from(CATALOGUE), st.sampled_from(LEVELS), st.sampled_from(UNITS), st.integers(0, 6)
)
def test_the_steps_of_a_workout_add_up(
    case: tuple[str, Blocks], level: str, units: str, more: int
) -> None:
    kind, blocks = case
    request = make_request(level=level, units=units)
    paces = paces_for(request)
    needed = from_km(measured(kind, blocks, paces, level).needed_km, request.units)
    distance = ceil_session(needed) + more
    session = expand(SessionDraft("Tue", kind, distance, blocks=blocks), request, paces)
    assert total_m(session, paces) == pytest.approx(distance * metres_per(request.units), abs=1.0)
    assert f"{number(distance)} {units}" in session.text
    assert f"{number(blocks.size)} {blocks.unit}" in session.text
    work = next(step for step in session.steps if step.kind in (kind, "run"))
    assert work.repeat == blocks.repeat
    assert all((step.distance_m or 0) > 0 or (step.duration_s or 0) > 0 for step in session.steps)


@settings(max_examples=60)
@given(st.sampled_from(CATALOGUE), st.sampled_from(LEVELS))
def test_the_duration_is_that_of_the_steps(case: tuple[str, Blocks], level: str) -> None:
    kind, blocks = case
    request = make_request(level=level)
    paces = paces_for(request)
    distance = ceil_session(measured(kind, blocks, paces, level).needed_km)
    session = expand(SessionDraft("Tue", kind, distance, blocks=blocks), request, paces)
    slowest, fastest = WALK_S_PER_KM / 1000, paces.s_per_km("rep") / 1000
    metres = distance * 1000
    assert metres * fastest / 60 - 1 <= (session.duration_min or 0) <= metres * slowest / 60 + 1


@pytest.mark.parametrize("kind", ["easy", "recovery", "long"])
def test_a_steady_run_is_one_step_at_easy_pace(kind: str) -> None:
    session = expand(SessionDraft("Tue", kind, 8.0), REQUEST, PACES)
    assert [step.distance_m for step in session.steps] == [8000]
    assert session.steps[0].pace == PACES.zones["easy"]
    assert session.duration_min == round(8 * PACES.s_per_km("easy") / 60)
    assert "8 km" in session.text


def test_strides_are_part_of_the_distance() -> None:
    session = expand(SessionDraft("Tue", "easy", 5.0, strides=6), REQUEST, PACES)
    assert total_m(session, PACES) == pytest.approx(5000, abs=0.5)
    assert [(step.kind, step.repeat) for step in session.steps] == [
        ("easy", 1),
        ("strides", 6),
        ("recovery", 6),
    ]
    assert "6 strides" in session.text


def test_a_long_run_may_finish_at_marathon_pace() -> None:
    session = expand(SessionDraft("Sun", "long", 20.0, finish=5.0), REQUEST, PACES)
    assert [step.distance_m for step in session.steps] == [15000, 5000]
    assert session.steps[1].pace == PACES.zones["marathon"]
    assert "last 5 km at marathon pace" in session.text


@pytest.mark.parametrize(
    ("race", "units", "distance"),
    [("half", "km", 21.1), ("half", "mi", 13.1), ("marathon", "km", 42.2), ("5K", "mi", 3.1)],
)
def test_the_race_is_as_long_as_it_is(race: str, units: str, distance: float) -> None:
    request = make_request(race=race, units=units)
    session = expand(SessionDraft("Sun", "race"), request, paces_for(request))
    assert (session.distance, race_distance(request)) == (distance, distance)
    assert "Race day" in session.text


def test_a_marathon_is_predicted_as_a_range() -> None:
    request = make_request(race="marathon", weeks=16, recent_race=RaceResult("10K", 3000))
    session = expand(SessionDraft("Sun", "race"), request, paces_for(request))
    assert "3:50:00 to 4:10:00 looks within reach" in session.text
    assert session.duration_min == 240
    (step,) = session.steps
    assert step.pace is not None
    assert step.pace[0] < step.pace[1]
    shorter = make_request(race="half", recent_race=RaceResult("10K", 3000))
    text = expand(SessionDraft("Sun", "race"), shorter, paces_for(shorter)).text
    assert "about 1:51:00 looks within reach" in text


def test_the_race_names_the_goal() -> None:
    session = expand(SessionDraft("Sun", "race"), make_request(goal_time=3000), PACES)
    assert "50:00" in session.text


@pytest.mark.parametrize("kind", ["cross", "strength"])
def test_other_training_has_minutes_and_no_distance(kind: str) -> None:
    session = expand(SessionDraft("Wed", kind, minutes=30), REQUEST, PACES)
    assert (session.distance, session.duration_min, session.steps) == (None, 30, ())


def test_interval_recoveries_are_no_longer_than_the_bout() -> None:
    for blocks in menus.CATALOGUE["intervals"]:
        work = work_of("intervals", blocks, PACES)
        assert 0 < work.rest_s <= max(60.0, work.work_s)


def test_a_single_bout_has_no_recovery() -> None:
    session = expand(
        SessionDraft("Tue", "tempo", 8.0, blocks=parse_blocks("20min")), REQUEST, PACES
    )
    assert [step.kind for step in session.steps] == ["warmup", "tempo", "cooldown"]
    assert sum(step.distance_m or 0 for step in session.steps if step.kind != "tempo") >= (
        2000 * WARM_UP_KM["intermediate"]
    )


def test_work_is_counted_without_recoveries() -> None:
    assert measured(
        "intervals", parse_blocks("5x800m"), PACES, "beginner"
    ).work_km == pytest.approx(4.0)
    assert to_km(6, "mi") == pytest.approx(
        measured("marathon", parse_blocks("6mi"), PACES, "beginner").work_km
    )


def test_walking_breaks_make_any_session_run_walk() -> None:
    assert style_of("long", parse_blocks("8x2min/1min")) is WORK["runwalk"]


@pytest.mark.parametrize(
    ("blocks", "units", "distance", "parts"),
    [
        (Blocks(1, 3, "km"), "km", 6.0, ["1.5 km easy, 3 km as evenly", "tune-up race over 5K"]),
        (Blocks(1, 1, "mi"), "km", 5.0, ["1.7 km easy, 1 mi (1.6 km) as evenly"]),
        (Blocks(1, 2, "mi"), "mi", 4.0, ["1.1 mi easy, 2 mi as evenly", "tune-up race over 5K"]),
    ],
)
def test_a_time_trial_reads_like_one(
    blocks: Blocks, units: str, distance: float, parts: list[str]
) -> None:
    request = make_request(level="intermediate", units=units)
    draft = SessionDraft("Thu", "intervals", distance, blocks=blocks)
    session = expand(draft, request, paces_for(request))
    assert session.text.startswith(f"Time trial {number(distance)} {units}: ")
    assert "Note your time" in session.text
    for part in parts:
        assert part in session.text
    assert [step.kind for step in session.steps] == ["warmup", "intervals", "cooldown"]


def test_a_short_trial_is_no_5k() -> None:
    draft = SessionDraft("Thu", "intervals", 4.5, blocks=Blocks(1, 1, "mi"))
    assert "5K" not in expand(draft, REQUEST, PACES).text


@settings(max_examples=100)
@given(
    st.sampled_from([case for case in CATALOGUE if case[0] != "runwalk"]),
    st.sampled_from(LEVELS),
    st.integers(0, 3),
)
def test_hard_sessions_take_no_longer_than_easy_running_and_their_slowness(
    case: tuple[str, Blocks], level: str, more: int
) -> None:
    kind, blocks = case
    request = make_request(level=level)
    paces = paces_for(request)
    distance = ceil_session(measured(kind, blocks, paces, level).needed_km) + more
    session = expand(SessionDraft("Tue", kind, distance, blocks=blocks), request, paces)
    most = (distance + measured(kind, blocks, paces, level).slow_km) * paces.s_per_km("easy") / 60
    assert (session.duration_min or 0) <= most + 0.5
