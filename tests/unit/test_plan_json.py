import json
from typing import Any

import pytest
from hypothesis import given, settings

from runplan.errors import InputError, PlanFormatError
from runplan.plan import Finding, Step
from runplan.plan_json import SCHEMA, plan_from_json, plan_to_json, read_plan_file
from runplan.request import PlanRequest
from tests.support.coach_plans import coach_plan
from tests.support.plans import make_plan, make_request
from tests.support.strategies import requests


def minimal() -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "request": {"race": "10K", "level": "beginner", "weeks": 1, "units": "km"},
        "weeks": [{"sessions": [{"day": "Tue", "kind": "easy", "distance": 5}]}],
    }


@settings(max_examples=25)
@given(requests())
def test_a_plan_and_back(request_: PlanRequest) -> None:
    plan = coach_plan(request_)
    assert plan_from_json(json.dumps(plan_to_json(plan))) == plan


def test_the_documented_keys() -> None:
    data = plan_to_json(make_plan(findings=(Finding("week_jump", "warning", 3, "A rise."),)))
    assert list(data) == ["schema", "request", "paces", "weeks", "provenance", "findings"]
    assert list(data["weeks"][0]) == ["number", "phase", "distance", "note", "sessions"]
    session = data["weeks"][0]["sessions"][0]
    assert list(session) == ["day", "kind", "distance", "duration_min", "text", "steps"]
    assert list(session["steps"][0]) == ["repeat", "kind", "distance_m", "duration_s", "pace"]
    assert data["findings"] == [
        {"code": "week_jump", "level": "warning", "week": 3, "message": "A rise."}
    ]


def test_the_smallest_file() -> None:
    file = read_plan_file(json.dumps(minimal()))
    assert file.stated == (None,)
    assert file.provenance is None
    assert (file.weeks[0].number, file.weeks[0].distance) == (1, 5.0)


def test_optional_parts_are_read() -> None:
    data = minimal()
    data["paces"] = {"easy": [372.4, 404]}
    data["weeks"][0] |= {"number": 4, "distance": 7, "note": "Calm", "phase": "base"}
    data["weeks"][0]["sessions"][0] |= {
        "duration_min": 31.6,
        "text": "Easy",
        "steps": [{"kind": "easy", "distance_m": 5000, "pace": [372, 404]}],
    }
    file = read_plan_file(json.dumps(data))
    assert file.paces == {"easy": (372, 404)}
    week = file.weeks[0]
    assert (week.number, week.distance, week.note, file.stated) == (4, 7.0, "Calm", (7.0,))
    assert week.sessions[0].duration_min == 32
    assert week.sessions[0].steps == (Step("easy", 1, 5000.0, None, (372, 404)),)


def test_a_plan_from_elsewhere_is_not_ours() -> None:
    with pytest.raises(PlanFormatError, match="provenance"):
        plan_from_json(json.dumps(minimal()))


def test_our_own_plan_needs_a_valid_request() -> None:
    data = plan_to_json(make_plan())
    data["request"]["days_per_week"] = 9
    with pytest.raises(InputError, match="days_per_week"):
        plan_from_json(json.dumps(data))


def changed(path: str, value: Any) -> dict[str, Any]:
    """The smallest file with one value replaced; `path` is dotted, numbers are places in lists."""
    data = minimal()
    place: Any = data
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        place = place[part]
    place[last] = value
    return data


SESSION = "weeks.0.sessions.0"


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("schema", "runplan/2", "schema"),
        ("schema", None, "schema"),
        ("request", None, "request"),
        ("request", [], "request"),
        ("request.race", "15K", "request.race"),
        ("request.level", "pro", "request.level"),
        ("request.units", "m", "request.units"),
        ("request.weeks", "8", "request.weeks"),
        ("request.weeks", 0, "request.weeks"),
        ("request.weeks", True, "request.weeks"),
        ("request.run_days", ["Tue", "Xyz"], "request.run_days"),
        ("request.run_days", "Tue", "request.run_days"),
        ("weeks", None, "weeks"),
        ("weeks", {}, "weeks"),
        ("weeks", [{"sessions": []}] * 61, "weeks"),
        ("weeks.0", "easy", "week 1"),
        ("weeks.0.sessions", None, "week 1"),
        ("weeks.0.number", "one", "week 1"),
        ("weeks.0.distance", "far", "week 1"),
        ("weeks.0.distance", -3, "week 1"),
        (SESSION, 5, "week 1"),
        (f"{SESSION}.day", "Tuesday", "week 1"),
        (f"{SESSION}.day", ["Tue"], "week 1"),
        (f"{SESSION}.kind", "", "week 1"),
        (f"{SESSION}.kind", 3, "week 1"),
        (f"{SESSION}.distance", "5 km", "week 1"),
        (f"{SESSION}.distance", True, "week 1"),
        (f"{SESSION}.distance", 1e9, "week 1"),
        (f"{SESSION}.duration_min", [], "week 1"),
        (f"{SESSION}.steps", {"a": 1}, "week 1"),
        (f"{SESSION}.steps", ["run"], "week 1"),
        (f"{SESSION}.steps", [{"repeat": "two"}], "week 1"),
        (f"{SESSION}.steps", [{"pace": [300]}], "week 1"),
        ("paces", {"easy": "6:00"}, "paces.easy"),
        ("paces", {"easy": [300, "x"]}, "paces.easy"),
        ("paces", 3, "paces"),
        ("provenance", {"weeks": [], "seed": "one"}, "provenance"),
        ("request.race", ["10K"], "request.race"),
    ],
)
def test_a_bad_file_is_refused_in_words(path: str, value: Any, named: str) -> None:
    with pytest.raises(PlanFormatError) as caught:
        read_plan_file(json.dumps(changed(path, value)))
    assert str(caught.value).startswith(named)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '"plan"', "\ufeff{}", "[" * 100_000])
def test_what_is_no_plan_file(text: str) -> None:
    with pytest.raises(PlanFormatError):
        read_plan_file(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(number: str) -> None:
    text = json.dumps(minimal()).replace('"distance": 5', f'"distance": {number}')
    with pytest.raises(PlanFormatError):
        read_plan_file(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-5"])
def test_paces_that_are_none(number: str) -> None:
    text = json.dumps({**minimal(), "paces": {"easy": [0, 1]}}).replace(
        "[0, 1]", f"[{number}, 400]"
    )
    with pytest.raises(PlanFormatError, match=r"paces\.easy"):
        read_plan_file(text)


def test_unicode_survives() -> None:
    plan = make_plan(make_request(name="李娜", details="Knöchel"), note="Ruhig bleiben – 李娜!")
    text = json.dumps(plan_to_json(plan), ensure_ascii=False)
    assert plan_from_json(text).request.name == "李娜"
