"""Good plans pass, and thresholds are where they should be."""

import json
from datetime import date
from typing import Any

import pytest

from runplan.checks import check, check_file
from runplan.checks.view import kind_of
from runplan.plan import Finding
from runplan.plan_json import plan_to_json, read_plan_file
from runplan.request import LEVELS, RACES, Level, Race
from tests.support.coach_plans import coach_plan
from tests.support.plans import make_request
from tests.support.published import published_file
from tests.support.weeks import RACE_WEEK, check_weeks, errors, level_of, long_week


@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("days", [3, 5, 6])
def test_ordinary_plans_have_no_findings_worth_a_warning(
    race: Race, level: Level, days: int
) -> None:
    weeks = {"5K": 8, "10K": 10, "half": 12, "marathon": 18}[race]
    plan = coach_plan(make_request(race=race, level=level, weeks=weeks, days_per_week=days), days)
    assert check(plan) == ()


def test_rest_and_cross_training_are_no_runs() -> None:
    week = long_week(12)
    week["sessions"] += [
        {"day": "Wed", "kind": "rest"},
        {"day": "Fri", "kind": "cross", "duration_min": 45},
        {"day": "Sat", "kind": "Strength", "duration_min": 20},
    ]
    findings = check_weeks([week, RACE_WEEK], run_days=["Mon", "Tue", "Thu", "Sun"])
    assert errors(findings) == set()


def test_an_unknown_kind_counts_as_easy_and_is_told() -> None:
    week = long_week(12)
    week["sessions"][0]["kind"] = "moon dance"
    findings = check_weeks([week, RACE_WEEK])
    assert [(f.code, f.level) for f in findings] == [("unknown_kind", "error")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Easy Run", "easy"),
        ("general_aerobic", "easy"),
        ("Long slow distance", "long"),
        ("Medium-long run", "long"),
        ("Lactate threshold", "tempo"),
        ("race pace", "tempo"),
        ("marathon pace", "marathon"),
        ("hill repeats", "hills"),
        ("VO2max", "intervals"),
        ("Time trial", "intervals"),
        ("200 m repeats", "reps"),
        ("Jog/Walk", "runwalk"),
        ("recovery jog", "recovery"),
        ("5K race", "race"),
        ("Cross-training", "cross"),
        ("walk", "cross"),
        ("swim", "cross"),
        ("yoga", "strength"),
        ("Rest or easy run", "rest"),
        ("OFF", "rest"),
        ("moon dance", None),
    ],
)
def test_what_others_call_their_sessions(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_durations_stand_in_for_distances() -> None:
    def week(*minutes: int) -> dict[str, Any]:
        days = ("Tue", "Thu", "Sun")
        return {
            "sessions": [
                {"day": d, "kind": "easy", "duration_min": m} for d, m in zip(days, minutes)
            ]
        }

    race = {"sessions": [{"day": "Sun", "kind": "race", "distance": 5}]}
    good = check_weeks([week(40, 40, 60), week(40, 45, 65), race], race="5K")
    assert errors(good) == set()
    bad = check_weeks([week(40, 40, 60), week(40, 45, 180), race], race="5K")
    assert {"week_jump", "long_jump"} <= errors(bad)


def test_the_session_limit_holds_but_not_for_the_race() -> None:
    findings = check_weeks([long_week(12), RACE_WEEK], max_session_min=50)
    assert [f.week for f in findings if f.code == "session_too_long"] == [1]
    request = make_request(max_session_min=40)
    plan = coach_plan(request, 1)
    assert check(plan) == ()
    data = plan_to_json(plan)
    data["weeks"][2]["sessions"][0]["duration_min"] = 41
    assert "session_too_long" in errors(check_file(read_plan_file(json.dumps(data))))


def test_a_race_on_the_wrong_weekday() -> None:
    request = make_request(race_date=date(2027, 4, 25))
    assert check(coach_plan(request)) == ()
    wrong = plan_to_json(coach_plan(request))
    wrong["request"]["race_date"] = "2027-04-24"
    assert "race_not_last" in errors(check_file(read_plan_file(json.dumps(wrong))))


def test_a_tune_up_race_is_no_goal_race() -> None:
    week = long_week(12)
    week["sessions"][3] = {"day": "Sun", "kind": "race", "distance": 5}
    assert errors(check_weeks([long_week(11), week, RACE_WEEK])) == set()


def test_two_equal_weeks_are_a_warning_three_an_error() -> None:
    two = check_weeks([long_week(12), long_week(12), RACE_WEEK])
    assert level_of(two, "repeated_week") == "warning"
    three = check_weeks([long_week(12), long_week(12), long_week(12), RACE_WEEK])
    assert level_of(three, "repeated_week") == "error"
    tiny = check_weeks([long_week(3, 2), long_week(3, 2), long_week(3, 2), RACE_WEEK])
    assert level_of(tiny, "repeated_week") == "warning"


@pytest.mark.parametrize(
    ("counts", "level"),
    [((4, 6), None), ((4, 9), "warning"), ((4, 20), "error"), ((3, 20), "error"), ((10, 14), None)],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["{} x 400 m", "{}×400m", "{} * 400 metres", "{} times 400 m"])
def test_repetitions_in_texts(counts: tuple[int, int], level: str | None, shape: str) -> None:
    weeks = [long_week(12), long_week(12.5), RACE_WEEK]
    for week, count in zip(weeks, counts):
        week["sessions"][1] |= {"kind": "intervals", "text": shape.format(count)}
    assert level_of(check_weeks(weeks), "repeats_jump") == level


@pytest.mark.parametrize(
    "text",
    [
        "Easy run 8 km at 6:07–6:44 /km, then 4 strides of 20 s",
        "8 km easy, the last 2 km a little quicker",
        "Run 8km easy on a hilly route. No tempo today.",
        "5 miles at an easy pace",
        "Relaxed. Keep the heart rate below 150.",
        "2 km jog, then 5 km easy and 1 km walk",
    ],
)
def test_texts_that_agree(text: str) -> None:
    weeks = [long_week(12), RACE_WEEK]
    weeks[0]["sessions"][0]["text"] = text
    assert "prose_mismatch" not in errors(check_weeks(weeks))


def test_an_empty_plan_is_no_plan() -> None:
    assert "week_count" in errors(
        check_file(read_plan_file(json.dumps({**published_file("higdon-5k-novice"), "weeks": []})))
    )


def test_odd_request_fields_count_as_unknown() -> None:
    odd = {
        "days_per_week": "four",
        "race_date": "soon",
        "longest_run": "far",
        "max_session_min": None,
    }
    assert errors(check_weeks([long_week(12), RACE_WEEK], **odd)) == set()


def test_morning_and_evening_runs_of_advanced_runners() -> None:
    def split(data: dict[str, Any], weeks: int) -> dict[str, Any]:
        for week in data["weeks"][:weeks]:
            run = next(s for s in week["sessions"] if s["kind"] == "easy" and s["distance"] >= 5)
            run["distance"] -= 2
            week["sessions"].append({"day": run["day"], "kind": "easy", "distance": 2})
        return data

    def found(data: dict[str, Any]) -> tuple[Finding, ...]:
        return check_file(read_plan_file(json.dumps(data)))

    plan = found(split(published_file("higdon-marathon-advanced-1"), 12))
    assert level_of(plan, "double_day") == "warning"
    assert errors(plan) == set()
    # Once only, it is a slip; and nobody runs long or hard twice a day.
    assert "double_day" in errors(found(split(published_file("higdon-marathon-advanced-1"), 1)))
    hard = split(published_file("higdon-marathon-advanced-1"), 12)
    for session in hard["weeks"][4]["sessions"]:
        if session["day"] == hard["weeks"][4]["sessions"][-1]["day"]:
            session["kind"] = "tempo"
    assert "double_day" in errors(found(hard))
    beginner = split(published_file("higdon-marathon-novice-1"), 0)
    for week in beginner["weeks"][:4]:
        week["sessions"].append({"day": "Tue", "kind": "easy", "distance": 2})
    assert "double_day" in errors(found(beginner))


def test_time_trials_and_other_training_have_their_place() -> None:
    week = long_week(12)
    week["sessions"][1] = {
        "day": "Tue",
        "kind": "intervals",
        "distance": 8,
        "text": "Time trial 8 km: 3 km easy, 3 km as evenly hard as you can, 2 km easy",
        "steps": [
            {"kind": "warmup", "distance_m": 3000},
            {"kind": "intervals", "repeat": 1, "distance_m": 3000},
            {"kind": "cooldown", "distance_m": 2000},
        ],
    }
    week["sessions"] += [
        {"day": "Wed", "kind": "strength", "duration_min": 20, "text": "Strength, 20 min at home"},
        {"day": "Fri", "kind": "cross", "duration_min": 45, "text": "45 min of cycling"},
    ]
    days = ["Mon", "Tue", "Thu", "Sun"]
    assert errors(check_weeks([week, RACE_WEEK], run_days=days)) == set()
    week["sessions"][-1]["text"] = "90 min of cycling"
    assert "prose_mismatch" in errors(check_weeks([week, RACE_WEEK]))
    week["sessions"][-1] |= {"duration_min": 90}
    assert "session_too_long" in errors(check_weeks([week, RACE_WEEK], max_session_min=85))
    assert "session_too_long" not in errors(check_weeks([week, RACE_WEEK], max_session_min=95))


def wish(kind: str, value: object = None, scope: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "value": value, "scope": scope}


@pytest.mark.parametrize(
    ("wishes", "week"),
    [
        ([wish("avoid_day", "Thu")], 1),
        ([wish("avoid_day", "Wed")], None),
        ([wish("only_day", "Mon"), wish("only_day", "Tue"), wish("only_day", "Sun")], 1),
        ([wish("only_day", day) for day in ("Mon", "Tue", "Thu", "Sun")], None),
        ([wish("long_run_day", "Mon")], 1),
        ([wish("long_run_day", "Sun")], None),
        ([wish("max_session_min", 60, "weekend")], 1),
        ([wish("max_session_min", 60, "weekday")], None),
        ([wish("max_session_min", 35, "weekday")], 1),
        ([wish("max_session_min", 90, "all")], None),
        ([wish("no_speedwork")], 2),
        ([wish("injury", "knee"), wish("strength"), wish("nonsense"), {}], None),
    ],
)
def test_confirmed_constraints_are_kept(wishes: list[dict[str, Any]], week: int | None) -> None:
    tempo = long_week(13)
    # The race is on a Sunday, whatever else was asked for; the second week is free of running days.
    tempo["sessions"] = [
        {"day": "Tue", "kind": "tempo", "distance": 5},
        {"day": "Sun", "kind": "long", "distance": 8},
    ]
    weeks = [long_week(11, 7), tempo, {"sessions": [RACE_WEEK["sessions"][-1]]}]
    found = check_weeks(weeks, constraints=wishes)
    broken = [f.week for f in found if f.code == "broken_constraint"]
    assert broken[:1] == ([] if week is None else [week])


def test_the_race_may_be_on_a_day_to_avoid() -> None:
    findings = check_weeks([long_week(11), RACE_WEEK], constraints=[wish("avoid_day", "Sun")])
    assert [f.week for f in findings if f.code == "broken_constraint"] == [1]


@pytest.mark.parametrize(
    ("note", "right"),
    [
        ("Three weeks to go: rest well.", False),
        ("Two weeks to go: rest well.", True),
        ("One week until the race.", True),
        ("Welcome to your 12-week plan.", False),
        ("The first of a 3-week plan.", True),
        ("Week 2 of 8 is done.", False),
        ("Many weeks to go, so be patient.", True),
    ],
)
def test_weeks_in_a_note(note: str, right: bool) -> None:
    weeks = [long_week(11), {**long_week(12), "note": note}, RACE_WEEK]
    assert ("prose_mismatch" in errors(check_weeks(weeks))) is not right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("40 min easy", True),
        ("Run 60 minutes", False),
        ("Easy run of 20 min", False),
        ("10 min easy, 20 min steady, 10 min easy", True),
        ("Easy; eat something 90 minutes before", True),
        ("Run with the last 10 min faster", True),
    ],
)
def test_minutes_in_a_text(text: str, right: bool) -> None:
    week = long_week(12)
    week["sessions"][0] = {"day": "Mon", "kind": "easy", "duration_min": 40, "text": text}
    assert ("prose_mismatch" in errors(check_weeks([week, RACE_WEEK]))) is not right


@pytest.mark.parametrize(
    ("paces", "request_", "right"),
    [
        ({"easy": [372, 404]}, {}, True),
        ({"easy": [600, 650]}, {}, False),
        ({"easy": [372, 404]}, {"recent_race": "5K=25:00"}, True),
        ({"easy": [520, 560]}, {"recent_race": "5K=25:00"}, False),
        ({"easy": [372, 404]}, {"recent_race": "nonsense"}, True),
    ],
)
def test_paces_are_the_runners(
    paces: dict[str, Any], request_: dict[str, Any], right: bool
) -> None:
    asked = {"race": "10K", "level": "intermediate", "weeks": 2, "units": "km", **request_}
    data = {"schema": "runplan/1", "request": asked, "paces": paces}
    data["weeks"] = [long_week(12), RACE_WEEK]
    found = errors(check_file(read_plan_file(json.dumps(data))))
    assert ("pace_fitness" in found) is not right


def test_phases_go_forward_in_a_plan_of_ours() -> None:
    data = plan_to_json(coach_plan(make_request()))
    assert errors(check_file(read_plan_file(json.dumps(data)))) == set()
    data["weeks"][5]["phase"] = "base"
    assert errors(check_file(read_plan_file(json.dumps(data)))) == {"phase_order"}
