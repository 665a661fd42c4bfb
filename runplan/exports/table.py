"""The plan as a table of days, shared by the spreadsheet formats."""

from dataclasses import dataclass
from datetime import date

from runplan.exports import wording
from runplan.plan import Plan

# A spreadsheet may run a cell that starts with one of these (OWASP, "CSV injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class TableRow:
    """One session, or a rest day. `note` is given once a week, on its first row."""

    week: int
    phase: str
    date: date | None
    day: str
    kind: str
    distance: float | None
    duration_min: int | None
    text: str
    note: str


def table(plan: Plan) -> list[TableRow]:
    """Every day of every week in order: a row per session, and one for each rest day."""
    result = []
    for week, rows in wording.day_rows(plan):
        note = week.note
        for row in rows:
            start = (week.number, safe(week.phase), row.date, row.day)
            for session in row.sessions:
                size = (session.distance, session.duration_min)
                words = (safe(session.text), safe(note))
                result.append(TableRow(*start, safe(session.kind), *size, *words))
                note = ""
            if not row.sessions:
                result.append(TableRow(*start, "rest", None, None, "Rest", safe(note)))
                note = ""
    return result


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading apostrophe where it might."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
