"""Real plans in every format: what the coach writes reaches the runner whole."""

import csv
import io
import zipfile
from datetime import date

import pytest
from garmin_fit_sdk import Decoder, Stream

from runplan.exports import FORMATS, export
from runplan.exports.text import render_text
from runplan.plan import RUN_KINDS, Plan
from runplan.request import LEVELS, RACES, PlanRequest
from runplan.units import METRES_PER_KM, METRES_PER_MILE
from tests.support.coach_plans import coach_plan

REQUESTS = [
    PlanRequest(
        race=race,
        level=level,
        weeks=5 + 2 * number,
        days_per_week=3 + (3 * number + place) % 5,
        name="Sam",
        units=("km", "mi")[number % 2],
        race_date=date(2027, 4, 19 + number),
        details="I swim on Fridays",
    )
    for number, race in enumerate(RACES)
    for place, level in enumerate(LEVELS)
    if (number + place) % 2 == 0
]


@pytest.fixture(params=REQUESTS, ids=lambda request: f"{request.race}-{request.level}")
def plan(request: pytest.FixtureRequest) -> Plan:
    return coach_plan(request.param)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_takes_it(format_: str, plan: Plan) -> None:
    assert export(plan, format_)


def test_no_word_is_lost_in_plain_text(plan: Plan) -> None:
    text = " ".join(render_text(plan).split())
    for week in plan.weeks:
        assert week.note in text
        for session in week.sessions:
            assert session.text in text


def test_csv_distances_add_up_to_the_weeks(plan: Plan) -> None:
    file = io.StringIO(export(plan, "csv").decode("utf-8-sig"), newline="")
    totals: dict[int, float] = {}
    for row in csv.DictReader(file):
        distance = float(row[f"distance_{plan.request.units}"] or 0)
        totals[int(row["week"])] = totals.get(int(row["week"]), 0.0) + distance
    assert totals == pytest.approx({week.number: week.distance for week in plan.weeks}, abs=0.06)


def test_watch_workouts_are_no_longer_than_their_sessions(plan: Plan) -> None:
    metres = METRES_PER_KM if plan.request.units == "km" else METRES_PER_MILE
    runs = {
        f"week{week.number:02d}-{session.day.lower()}-{session.kind}.fit": session
        for week in plan.weeks
        for session in week.sessions
        if session.kind in RUN_KINDS
    }
    with zipfile.ZipFile(io.BytesIO(export(plan, "fit"))) as archive:
        assert set(archive.namelist()) == set(runs)
        for name, session in runs.items():
            data = Stream.from_byte_array(bytearray(archive.read(name)))
            messages, errors = Decoder(data).read()
            assert not errors
            steps = messages["workout_step_mesgs"]
            repeats = [step for step in steps if "repeat_steps" in step]
            times = {
                index: repeat["repeat_steps"]
                for repeat in repeats
                for index in range(repeat["duration_step"], repeat["message_index"])
            }
            measured = sum(
                step.get("duration_distance", 0) * times.get(step["message_index"], 1)
                for step in steps
            )
            assert measured <= (session.distance or 0) * metres + 60
