import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from runplan.errors import InputError
from runplan.request import DAYS, PlanRequest, RaceResult, request_from_json
from tests.support.plans import make_request
from tests.support.strategies import requests

GOOD = {"race": "10K", "level": "beginner", "weeks": 8, "days_per_week": 4}

BAD_VALUES = [
    ("race", "15K"),
    ("race", 10),
    ("race", "10k"),
    ("level", "elite"),
    ("weeks", 3),
    ("weeks", 25),
    ("weeks", 8.0),
    ("weeks", "8"),
    ("weeks", True),
    ("days_per_week", 2),
    ("days_per_week", 8),
    ("units", "m"),
    ("name", "x" * 61),
    ("name", 5),
    ("details", "x" * 501),
    ("run_days", ["Tue", "Thu"]),
    ("run_days", ["Tue", "Tue", "Sat", "Sun"]),
    ("run_days", ["Tue", "Thu", "Sat", "Someday"]),
    ("run_days", 4),
    ("long_run_day", "Funday"),
    ("weekly_distance", -1),
    ("weekly_distance", 251),
    ("weekly_distance", float("nan")),
    ("weekly_distance", "20"),
    ("weekly_distance", True),
    ("longest_run", 101),
    ("longest_run", float("inf")),
    ("recent_race", "5K"),
    ("recent_race", "5K=5:00"),
    ("recent_race", "5K=abc"),
    ("recent_race", "3K=12:00"),
    ("goal_time", "10:00"),
    ("goal_time", "soon"),
    ("race_date", "2027-13-01"),
    ("race_date", "tomorrow"),
    ("max_session_min", 14),
    ("max_session_min", 361),
    ("max_session_min", 45.5),
    ("shoe_size", 44),
]


@pytest.mark.parametrize(("field", "value"), BAD_VALUES)
def test_a_bad_value_is_refused_and_named(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        request_from_json({**GOOD, field: value})
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(InputError) as caught:
        request_from_json({key: value for key, value in GOOD.items() if key != field})
    assert caught.value.field == field


def test_the_long_run_day_must_be_a_running_day() -> None:
    with pytest.raises(InputError, match="long_run_day: Mon is not one of the running days"):
        make_request(run_days=("Tue", "Thu", "Sat", "Sun"), long_run_day="Mon")


def test_the_longest_run_fits_into_the_week() -> None:
    with pytest.raises(InputError, match="longest_run"):
        make_request(weekly_distance=10, longest_run=11)


@settings(max_examples=60)
@given(requests())
def test_json_and_back(request_: PlanRequest) -> None:
    text = json.dumps(request_.to_json())
    assert request_from_json(json.loads(text)) == request_


def test_every_field_of_the_json_form_is_there() -> None:
    assert all(key in make_request().to_json() for key in ("run_days", "goal_time", "race_date"))


@pytest.mark.parametrize("name", ["李娜", "Zoë", "Ægir", "О́льга", "Nguyễn Thị", "👟 Sam"])
def test_names_of_any_script(name: str) -> None:
    assert make_request(name=name).name


def test_names_are_tidied() -> None:
    assert make_request(name="  Zoe\u0308 \t\n B\x00. ").name == "Zoë B."


def test_a_lone_surrogate_never_gets_in() -> None:
    assert make_request(details="a\ud800b").details == "ab"


@pytest.mark.parametrize("days", range(3, 8))
@pytest.mark.parametrize("long_day", [None, *DAYS])
def test_default_days(days: int, long_day: Any) -> None:
    request = make_request(days_per_week=days, long_run_day=long_day)
    assert len(request.run_days) == days
    assert request.long_day == (long_day or "Sun")
    assert list(request.run_days) == sorted(request.run_days, key=DAYS.index)


def test_run_days_may_be_written_in_any_order() -> None:
    request = request_from_json({**GOOD, "run_days": "Sun, Tue,Sat ,Thu"})
    assert request.run_days == ("Tue", "Thu", "Sat", "Sun")


def test_a_plan_week_ends_on_the_weekday_of_the_race() -> None:
    saturday = make_request(race_date=date(2027, 4, 24))
    assert saturday.week_order == ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
    assert saturday.race_day == "Sat"
    assert make_request().week_order == DAYS
    assert make_request(run_days=("Mon", "Tue", "Thu", "Fri")).race_day == "Fri"


def test_distances_in_km() -> None:
    request = make_request(units="mi", weekly_distance=20, longest_run=6)
    assert request.weekly_distance_km == pytest.approx(32.187, abs=0.001)
    assert request.longest_run_km == pytest.approx(9.656, abs=0.001)


def test_race_results_are_read_and_written() -> None:
    result = RaceResult.parse("half=1:45:00")
    assert (result.race, result.seconds, str(result)) == ("half", 6300, "half=1:45:00")


def test_race_results_name_the_field_they_were_read_for() -> None:
    with pytest.raises(InputError, match="best: "):
        RaceResult.parse("half 1:45", field="best")
