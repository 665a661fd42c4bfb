from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from icalendar import Calendar, Event

from runplan.calendar import plan_dates
from runplan.exports import export
from runplan.exports.wording import kind_name, tidy
from runplan.plan import Plan
from tests.support.plans import NAMES, make_plan, make_request, plans


def events(plan: Plan) -> list[Event]:
    return Calendar.from_ical(export(plan, "ics")).walk("VEVENT")


@settings(max_examples=30, deadline=None)
@given(plans(dated=True))
def test_every_session_is_an_all_day_event_on_its_date(plan: Plan) -> None:
    dates = plan_dates(plan)
    assert dates is not None
    expected = sorted(
        (dates[week.number, session.day], kind_name(session))
        for week in plan.weeks
        for session in week.sessions
    )
    found = events(plan)
    assert sorted((e.decoded("dtstart"), str(e["categories"].cats[0])) for e in found) == expected
    for event in found:
        assert type(event.decoded("dtstart")) is date
        assert event.decoded("dtend") == event.decoded("dtstart") + timedelta(days=1)


@settings(max_examples=30, deadline=None)
@given(plans(dated=True))
def test_descriptions_carry_the_text_and_the_note(plan: Plan) -> None:
    clean = tidy(plan)
    for event in events(plan):
        week = clean.weeks[int(str(event["uid"]).split("-w")[1][:2]) - 1]
        assert f"Week {week.number} of {plan.request.weeks} ({week.phase})" in event["description"]
        assert week.note in event["description"]


def test_an_event_in_full() -> None:
    plan = make_plan(make_request(race_date=date(2027, 4, 24)))
    event = next(e for e in events(plan) if e["summary"] == "Intervals 7.5 km")
    assert event.decoded("dtstart") == date(2027, 3, 9)
    assert event.decoded("dtstamp") == datetime(2027, 2, 28, tzinfo=UTC)
    assert str(event["transp"]) == "TRANSPARENT"
    assert str(event["description"]).startswith(
        "Intervals, 7.5 km, about 48 min: 2 easy, 5 × 800 m"
    )


def test_uids_are_unique_and_survive_a_rewrite() -> None:
    request = make_request(race_date=date(2027, 4, 25))
    uids = [str(event["uid"]) for event in events(make_plan(request))]
    assert len(set(uids)) == len(uids)
    rewritten = [str(event["uid"]) for event in events(make_plan(request, note="Another note."))]
    assert rewritten == uids


def test_two_runners_share_a_calendar() -> None:
    alex, sam = (
        {
            str(e["uid"])
            for e in events(make_plan(make_request(name=n, race_date=date(2027, 4, 25))))
        }
        for n in ("Alex", "Sam")
    )
    assert not alex & sam


@pytest.mark.parametrize("name", NAMES)
def test_names_are_text_not_structure(name: str) -> None:
    plan = make_plan(make_request(name=name, race_date=date(2027, 4, 25)))
    calendar = Calendar.from_ical(export(plan, "ics"))
    assert str(calendar["x-wr-calname"]) == "10K training plan" + (f" for {name}" if name else "")
    assert len(calendar.walk()) == 1 + sum(len(week.sessions) for week in plan.weeks)


def test_lines_are_folded_and_end_in_crlf() -> None:
    data = export(make_plan(make_request(race_date=date(2027, 4, 25))), "ics")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
