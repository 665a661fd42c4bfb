from datetime import date
from typing import Any

import pytest

from app import form
from app.form import LABELS, RECENT_TIME
from runplan.errors import InputError
from runplan.request import RaceResult


def state(**fields: Any) -> dict[str, Any]:
    """The session state of an untouched form, with some fields changed."""
    values = {
        "name": "",
        "race": "10K",
        "level": "Beginner",
        "weeks": 12,
        "days_per_week": 4,
        "details": "",
        "units": "Kilometres",
        "run_days": [],
        "long_run_day": form.USUAL_DAY,
        "recent_race": form.NO_RACE,
        "goal_time": "",
        **fields,
    }
    recent_time = values.pop("recent_time", "")
    return {RECENT_TIME: recent_time, **{LABELS[field]: value for field, value in values.items()}}


def test_untouched_form_is_a_valid_request() -> None:
    request = form.read(state())
    assert (request.race, request.level, request.weeks, request.days_per_week) == (
        "10K",
        "beginner",
        12,
        4,
    )
    assert request.run_days == ("Tue", "Thu", "Sat", "Sun")


def test_every_field_arrives() -> None:
    request = form.read(
        state(
            name="  Alex ",
            race="Half Marathon",
            level="Advanced",
            weeks=24,
            days_per_week=3,
            details="hilly roads",
            units="Miles",
            run_days=["Sat", "Mon", "Wed"],
            long_run_day="Sat",
            weekly_distance=25.0,
            longest_run=8.0,
            recent_race="5K",
            recent_time="22:30",
            goal_time="1:45:00",
            race_date=date(2027, 4, 25),
            max_session_min=120,
            age=48,
            max_heart_rate=181,
        )
    )
    assert request.name == "Alex"
    assert (request.race, request.level, request.units) == ("half", "advanced", "mi")
    assert request.run_days == ("Mon", "Wed", "Sat")
    assert request.long_run_day == "Sat"
    assert (request.weekly_distance, request.longest_run) == (25.0, 8.0)
    assert request.recent_race == RaceResult("5K", 1350)
    assert request.goal_time == 6300
    assert request.race_date == date(2027, 4, 25)
    assert request.max_session_min == 120
    assert (request.age, request.max_heart_rate) == (48, 181)
    assert request.details == "hilly roads"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"goal_time": "soon"}, "goal_time"),
        ({"goal_time": "3:00"}, "goal_time"),
        ({"run_days": ["Mon"]}, "run_days"),
        ({"long_run_day": "Mon", "run_days": ["Tue", "Thu", "Sat", "Sun"]}, "long_run_day"),
        ({"longest_run": 30.0, "weekly_distance": 20.0}, "longest_run"),
        ({"weekly_distance": 900.0}, "weekly_distance"),
        ({"recent_race": "5K"}, "recent_race"),
        ({"recent_time": "25:00"}, "recent_race"),
        ({"recent_race": "5K", "recent_time": "25"}, "recent_race"),
        ({"max_session_min": 5}, "max_session_min"),
        ({"age": 5}, "age"),
        ({"max_heart_rate": 60}, "max_heart_rate"),
        ({"weeks": 3}, "weeks"),
        ({"race": "Ultra"}, "race"),
    ],
)
def test_bad_input_names_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        form.read(state(**fields))
    assert caught.value.field == field
    assert field in LABELS


def test_fields_left_alone_are_not_counted_as_filled_in() -> None:
    untouched = {"race", "level", "weeks", "days_per_week"}
    assert form.filled(state()) == untouched
    assert form.filled(state(weekly_distance=0.0)) == untouched | {"weekly_distance"}
    changed = state(run_days=["Tue"], long_run_day="Sun", units="Miles", recent_race="5K", age=48)
    assert form.filled(changed) == untouched | {
        "run_days",
        "long_run_day",
        "units",
        "recent_race",
        "age",
    }
