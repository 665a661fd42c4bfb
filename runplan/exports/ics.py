"""The training days as all-day calendar events, counted back from the race date."""

import hashlib
from datetime import UTC, datetime, time, timedelta

from icalendar import Calendar, Event

from runplan.calendar import plan_dates
from runplan.errors import InputError
from runplan.exports import wording
from runplan.plan import Plan, Session


def write(plan: Plan) -> bytes:
    """An iCalendar file with one event per session; rest days stay free.

    An event keeps its UID when the plan is written anew for the same runner, race and day, so
    importing the new file replaces the old event.

    Raises:
        InputError: the plan has no race date.
    """
    dates = plan_dates(plan)
    if dates is None:
        raise InputError("race_date", "is needed to put the plan in a calendar")
    calendar = Calendar()
    calendar.add("prodid", "-//runplan//Running training plan//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", wording.title(plan))
    # Not the time of the export: exporting a plan twice gives the same file.
    stamp = datetime.combine(min(dates.values()), time(), UTC)
    for week, rows in wording.day_rows(plan):
        for row in rows:
            for index, session in enumerate(row.sessions):
                event = Event()
                event.add("uid", _uid(plan, week.number, row.day, index))
                event.add("dtstamp", stamp)
                event.add("dtstart", dates[week.number, row.day])
                event.add("dtend", dates[week.number, row.day] + timedelta(days=1))
                event.add("summary", wording.session_label(session, plan))
                event.add("description", _description(session, row, plan))
                event.add("categories", [wording.kind_name(session)])
                event.add("transp", "TRANSPARENT")
                calendar.add_component(event)
    return bytes(calendar.to_ical())


def _uid(plan: Plan, week: int, day: str, index: int) -> str:
    request = plan.request
    runner = hashlib.sha256(f"{request.name}|{request.race}|{request.race_date}".encode())
    return f"{runner.hexdigest()[:16]}-w{week:02d}-{day.lower()}-{index}@runplan"


def _description(session: Session, row: wording.DayRow, plan: Plan) -> str:
    note = f"\n\n{row.week.note}" if row.week.note else ""
    week = f"Week {row.week.number} of {plan.request.weeks} ({row.week.phase})"
    return f"{wording.session_line(session, plan)}\n\n{week}{note}"
