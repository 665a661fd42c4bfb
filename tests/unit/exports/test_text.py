from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from runplan.constraints import Constraint
from runplan.exports.text import WIDTH, render_text
from runplan.plan import Finding, Plan
from tests.support.plans import NAMES, make_plan, make_request, plans


def day_lines(text: str, week: int) -> list[str]:
    """The lines of a week that start with a day."""
    after = text.split(f"\nWeek {week} (", 1)[1]
    block = after.split("\n\n", 1)[0]
    return [line[2:] for line in block.splitlines()[1:] if line[2:5].strip().isalpha()]


@settings(max_examples=40, deadline=None)
@given(plans())
def test_every_week_has_every_day_in_plan_order(plan: Plan) -> None:
    text = render_text(plan)
    for week in plan.weeks:
        found = [line[:3] for line in day_lines(text, week.number)]
        assert [day for day in found if day in plan.request.week_order] == list(
            plan.request.week_order
        )


@settings(max_examples=40, deadline=None)
@given(plans())
def test_no_line_is_too_long(plan: Plan) -> None:
    assert max(len(line) for line in render_text(plan).splitlines()) <= WIDTH


def test_a_plan_reads_from_head_to_foot() -> None:
    warning = Finding("long-share", "warning", 3, "The long run is a large part of the week.")
    request = make_request(
        race_date=date(2027, 4, 25),
        weekly_distance=18,
        goal_time=3300,
        max_session_min=75,
        age=48,
        details="not on Fridays, and my IT band hurts",
        constraints=(Constraint("avoid_day", "Fri"), Constraint("injury", "it band")),
    )
    text = render_text(make_plan(request, findings=(warning,)))
    assert text.startswith("10K training plan for Alex\n====")
    for words in (
        "Race day   Sun 25 Apr 2027",
        "First day  Mon 1 Mar 2027",
        "Current weekly distance  18 km",
        "Goal time                55:00",
        "Time for a session       at most 1 h 15 min",
        "Age                      48",
        "Wishes                   no running on Friday; sore IT band",
        "Easy        6:12–6:44 /km  relaxed; you can talk in whole sentences",
        "Tempo       5:20 /km       comfortably hard",
        "Week 1 (base) – 26 km, 1 Mar 2027 to 7 Mar 2027\n  Mon  1 Mar  20 min of squats",
        "  Wed  3 Mar  Rest\n",
        "  Note: Keep the easy days easy.",
        "Longest run     9 km in week 1",
        "- Week 3: The long run is a large part of the week.",
        "Weeks 1, 3–7 written by the model.",
        "Week 2 written by the model and rewritten after a check.",
        "Week 8 written by the rule-based coach.",
        "not medical advice",
    ):
        assert words in text


def test_a_plan_without_date_or_extras_shows_none() -> None:
    text = render_text(make_plan(make_request(units="mi")))
    assert "Race day   " not in text
    assert "Worth knowing" not in text
    assert "Week 1 (base) – 26 mi\n" in text
    assert "9:59–10:50 /mi" in text


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_given(name: str) -> None:
    text = render_text(make_plan(make_request(name=name)))
    assert text.startswith("10K training plan")
    assert " ".join(name.split()) in " ".join(text.split())


def test_a_session_text_is_completed_not_repeated() -> None:
    plan = make_plan(make_request(weeks=4), text="Easy run 5 km at an easy pace")
    text = render_text(plan)
    assert "Thu  Easy run 5 km at an easy pace (about 33 min)\n" in text
    assert "Sun  Long run, 9 km, about 1 h: Easy run 5 km at an easy pace\n" in text


def test_a_session_without_text_shows_kind_and_size() -> None:
    text = render_text(make_plan(make_request(weeks=4), text=""))
    assert "Thu  Easy run, 5 km, about 33 min\n" in text


def test_two_sessions_on_a_day_are_both_shown() -> None:
    plan = make_plan(make_request(weeks=4))
    first = plan.weeks[0]
    extra = replace(first.sessions[0], kind="strength", distance=None, text="Core, 15 min")
    week = replace(first, sessions=(*first.sessions, extra))
    text = render_text(replace(plan, weeks=(week, *plan.weeks[1:])))
    assert "Tue  Tempo run, 7 km" in text
    assert "\n       Core, 15 min\n" in text


def test_a_number_stays_with_its_unit() -> None:
    words = "x" * 76
    text = render_text(make_plan(make_request(weeks=4), note=f"{words} 100 km {words} 5:00 /km"))
    assert "\n        100 km\n" in text
    assert "\n        5:00 /km\n" in text
