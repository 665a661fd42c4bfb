import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from garmin_fit_sdk import Decoder, Stream
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan.exports import export
from runplan.exports.fit import speeds
from runplan.exports.intervals import workout
from runplan.exports.steps import blocks
from runplan.plan import RUN_KINDS, Plan, Session, Step
from runplan.units import UNITS, Units, metres_per
from tests.support.plans import make_plan, make_request, make_session, plans

KINDS = [kind for kind in RUN_KINDS if kind != "recovery"]


def fit_files(plan: Plan) -> dict[str, dict[str, Any]]:
    """Every file of the archive as Garmin's own decoder reads it."""
    result = {}
    with zipfile.ZipFile(io.BytesIO(export(plan, "fit"))) as archive:
        for name in archive.namelist():
            data = bytearray(archive.read(name))
            assert Decoder(Stream.from_byte_array(data)).check_integrity()
            messages, errors = Decoder(Stream.from_byte_array(data)).read()
            assert not errors
            result[name] = messages
    return result


def played(messages: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps in the order in which a watch plays them, repeats followed."""
    result: list[dict[str, Any]] = []
    for step in messages["workout_step_mesgs"]:
        if step["duration_type"] == "repeat_until_steps_cmplt":
            back = len(result) - (step["message_index"] - step["duration_step"])
            result += result[back:] * (step["repeat_steps"] - 1)
        else:
            result.append(step)
    return result


def ran(steps: tuple[Step, ...]) -> list[Step]:
    """The steps in the order in which they are run."""
    return [
        step
        for block in blocks(Session("Mon", "easy", steps=steps), "km")
        for _ in range(block.repeat)
        for step in block.steps
    ]


@settings(max_examples=15, deadline=None)
@given(plans())
def test_every_run_is_a_workout_and_nothing_else(plan: Plan) -> None:
    expected = [
        f"week{week.number:02d}-{day.lower()}-{session.kind}.fit"
        for week in plan.weeks
        for day in plan.request.week_order
        for session in week.sessions
        if session.day == day and session.kind in RUN_KINDS
    ]
    files = fit_files(plan)
    assert list(files) == expected
    heads = [messages["file_id_mesgs"][0] for messages in files.values()]
    assert {head["type"] for head in heads} == {"workout"}
    assert len({(head["serial_number"], head["time_created"]) for head in heads}) == len(heads)
    for messages in files.values():
        steps = messages["workout_step_mesgs"]
        assert [step["message_index"] for step in steps] == list(range(len(steps)))
        assert messages["workout_mesgs"][0]["num_valid_steps"] == len(steps)
        assert messages["workout_mesgs"][0]["sport"] == "running"


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_watch_plays_the_steps_of_the_session(kind: str, units: Units) -> None:
    plan = make_plan(make_request(units=units, weeks=4))
    session = make_session(plan.request, "Mon", kind)
    week = replace(plan.weeks[0], sessions=(session,))
    [messages] = fit_files(replace(plan, weeks=(week,))).values()
    expected = ran(session.steps)
    found = played(messages)
    assert len(found) == len(expected)
    for step, message in zip(expected, found):
        if step.distance_m is not None:
            assert message["duration_type"] == "distance"
            assert message["duration_distance"] == pytest.approx(step.distance_m, abs=0.01)
        else:
            assert message["duration_type"] == "time"
            assert message["duration_time"] == step.duration_s
        assert message["target_type"] == ("open" if step.pace is None else "speed")
        if step.pace is not None:
            for pace in step.pace:
                speed = metres_per(units) / pace
                assert message["custom_target_speed_low"] <= speed + 0.001
                assert speed - 0.001 <= message["custom_target_speed_high"]


def test_a_watch_names_the_session() -> None:
    files = fit_files(make_plan(make_request(race_date=date(2027, 4, 25))))
    messages = files["week03-tue-hills.fit"]
    assert messages["workout_mesgs"][0]["wkt_name"] == "W3 Tue Hills 6 km"
    names = [step.get("wkt_step_name") for step in messages["workout_step_mesgs"]]
    assert names == ["Warm-up", "Uphill", "Recover", None, "Cool-down"]
    intensities = [step.get("intensity") for step in messages["workout_step_mesgs"]]
    assert intensities == ["warmup", "active", "recovery", None, "cooldown"]


@given(st.integers(150, 900), st.integers(0, 120), st.sampled_from(UNITS))
def test_a_speed_range_holds_its_paces(fast: int, width: int, units: Units) -> None:
    low, high = speeds((fast, fast + width), units)
    assert low < metres_per(units) / (fast + width) * 1.000001
    assert high > metres_per(units) / fast * 0.999999
    assert low < high


@pytest.mark.parametrize(
    ("session", "kind", "value"),
    [
        (Session("Mon", "easy", 5.0, 33), "distance", 5000.0),
        (Session("Mon", "easy", None, 30), "time", 1800.0),
        (Session("Mon", "easy"), "open", None),
    ],
)
def test_a_session_without_steps_is_one_step(session: Session, kind: str, value: float) -> None:
    plan = make_plan(make_request(weeks=4))
    week = replace(plan.weeks[0], sessions=(session,))
    [messages] = fit_files(replace(plan, weeks=(week,))).values()
    [step] = messages["workout_step_mesgs"]
    assert step["duration_type"] == kind
    assert step.get(f"duration_{kind}") == value


def test_blocks_follow_repeats() -> None:
    steps = (
        Step("warmup", 1, 1000),
        Step("tempo", 1, 500),
        Step("intervals", 5, 800),
        Step("recovery", 5, None, 120),
        Step("strides", 4, None, 20),
        Step("cooldown", 0, 1000),
    )
    found = [
        (block.repeat, len(block.steps)) for block in blocks(Session("Mon", "x", steps=steps), "km")
    ]
    assert found == [(1, 1), (1, 1), (5, 2), (4, 1), (1, 1)]


def test_intervals_text_of_a_session() -> None:
    session = make_session(make_request(), "Tue", "intervals")
    assert workout(session, "km") == (
        "- Warm-up 2km 6:44-6:12/km Pace\n"
        "\n"
        "Main set 5x\n"
        "- Hard 0.8km 4:55/km Pace\n"
        "- Recover 2m\n"
        "\n"
        "- Cool-down 1km 6:44-6:12/km Pace"
    )


def test_intervals_text_in_miles_keeps_the_track_metric() -> None:
    session = make_session(make_request(units="mi"), "Tue", "intervals")
    text = workout(session, "mi")
    assert "- Warm-up 2mi 10:50-9:59/mi Pace" in text
    assert "- Hard 0.8km 7:55/mi Pace" in text


def test_intervals_text_of_efforts_has_no_pace() -> None:
    text = workout(make_session(make_request(), "Tue", "hills"), "km")
    assert "\nMain set 8x\n- Uphill 45s\n- Recover 1m30s\n" in text


@settings(max_examples=30, deadline=None)
@given(plans())
def test_intervals_has_a_heading_for_every_day_and_steps_only_of_ours(plan: Plan) -> None:
    lines = export(plan, "intervals").decode().splitlines()
    heads = [line for line in lines if re.match(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*: ", line)]
    assert [line[:3] for line in heads] == [
        day for _ in plan.weeks for day in plan.request.week_order
    ]
    assert sum(line.startswith("Week ") for line in lines) >= len(plan.weeks)
    size = r"(\d+(\.\d+)?(km|mi)|(\d+m)?(\d+s)?)"
    pace = rf"( \d+:\d\d(-\d+:\d\d)?/{plan.request.units} Pace)?"
    for line in lines:
        if line.startswith("-"):
            assert re.fullmatch(rf"- [A-Z][A-Za-z -]+ {size}{pace}", line)
