"""The plan as an Excel workbook: days, weekly totals, paces, a guide, and about the plan."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from runplan.exports import guidance, wording
from runplan.exports.table import safe, table
from runplan.plan import RUN_KINDS, Plan

# Exporting a plan twice gives the same file, so the workbook carries no clock time.
_MADE = datetime(2025, 1, 1)  # noqa: DTZ001 (workbook properties have no time zone)

# Soft fills by kind of session; everything else stays white.
_FILLS = {
    "rest": "#F2F2F2",
    "long": "#DDEBF7",
    "race": "#FCE4D6",
    **dict.fromkeys(("marathon", "tempo", "intervals", "reps", "hills", "fartlek"), "#FFF2CC"),
    **dict.fromkeys(("cross", "strength"), "#E2EFDA"),
}
_HEAD = {"bold": True, "bg_color": "#1F4E78", "font_color": "#FFFFFF", "valign": "vcenter"}
_CELL = {"valign": "top"}


def write(plan: Plan) -> bytes:
    """The workbook; texts are never formulas."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": wording.title(plan), "created": _MADE})
        _days(book, plan)
        _weeks(book, plan)
        _paces(book, plan)
        _guide(book, plan)
        _about(book, plan)
    return out.getvalue()


def _sheet(book: Any, name: str, titles: Sequence[str], widths: Sequence[float]) -> Any:
    sheet = book.add_worksheet(name)
    head = book.add_format(_HEAD)
    for column, (title, width) in enumerate(zip(titles, widths)):
        sheet.write_string(0, column, title, head)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _days(book: Any, plan: Plan) -> None:
    titles = ["Week", "Phase", "Date", "Day", "Kind", f"Distance ({plan.request.units})"]
    titles += ["Duration (min)", "Session", "Note"]
    sheet = _sheet(book, "Plan", titles, (7, 9, 12, 6, 12, 14, 14, 70, 50))
    looks = {}
    for kind, fill in {"": "#FFFFFF", **_FILLS}.items():
        look = {**_CELL, "bg_color": fill, "border": 1, "border_color": "#D9D9D9"}
        looks[kind] = (
            book.add_format(look),
            book.add_format({**look, "num_format": "d mmm yyyy", "align": "left"}),
            book.add_format({**look, "text_wrap": True}),
        )
    rows = table(plan)
    for line, row in enumerate(rows, start=1):
        plain, dated, wrapped = looks[row.kind if row.kind in looks else ""]
        _number(sheet, line, 0, row.week, plain)
        sheet.write_string(line, 1, row.phase, plain)
        if row.date is None:
            sheet.write_blank(line, 2, None, plain)
        else:
            sheet.write_datetime(line, 2, row.date, dated)
        sheet.write_string(line, 3, row.day, plain)
        sheet.write_string(line, 4, row.kind, plain)
        _number(sheet, line, 5, row.distance, plain)
        _number(sheet, line, 6, row.duration_min, plain)
        sheet.write_string(line, 7, row.text, wrapped)
        sheet.write_string(line, 8, row.note, wrapped)
    sheet.autofilter(0, 0, max(1, len(rows)), len(titles) - 1)


def _weeks(book: Any, plan: Plan) -> None:
    units = plan.request.units
    titles = ["Week", "Phase", "Dates", f"Distance ({units})", "Runs", f"Longest ({units})", "Note"]
    sheet = _sheet(book, "Weeks", titles, (7, 9, 28, 14, 7, 14, 80))
    plain = book.add_format(_CELL)
    wrapped = book.add_format({**_CELL, "text_wrap": True})
    for line, (week, rows) in enumerate(wording.day_rows(plan), start=1):
        runs = [session for row in rows for session in row.sessions if session.kind in RUN_KINDS]
        total = round(sum(session.distance or 0.0 for session in runs), 2)
        longest = max((session.distance or 0.0 for session in runs), default=0.0)
        _number(sheet, line, 0, week.number, plain)
        sheet.write_string(line, 1, safe(week.phase), plain)
        sheet.write_string(line, 2, wording.week_span(rows), plain)
        # A coach who changes a distance on the first sheet sees the total follow.
        sheet.write_formula(line, 3, f"=SUMIF(Plan!A:A,A{line + 1},Plan!F:F)", plain, total)
        _number(sheet, line, 4, len(runs), plain)
        _number(sheet, line, 5, longest, plain)
        sheet.write_string(line, 6, safe(week.note), wrapped)
    last = max(1, len(plan.weeks))
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": f"Distance ({units})",
            "categories": ["Weeks", 1, 0, last, 0],
            "values": ["Weeks", 1, 3, last, 3],
            "fill": {"color": "#1F4E78"},
        }
    )
    chart.set_title({"name": f"Distance a week ({units})"})
    chart.set_x_axis({"name": "Week"})
    chart.set_legend({"none": True})
    sheet.insert_chart(last + 2, 0, chart, {"description": "Distance of every week"})


def _paces(book: Any, plan: Plan) -> None:
    titles, rows = wording.pace_table(plan)
    sheet = _sheet(book, "Paces", titles, (16, *[18] * (len(titles) - 2), 60))
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            sheet.write_string(line, column, safe(value))


def _guide(book: Any, plan: Plan) -> None:
    rows = [pair for _, pairs in guidance.sections(plan) for pair in pairs]
    _pairs(book, _sheet(book, "Guide", ["What", "How to use this plan"], (26, 100)), rows)


def _about(book: Any, plan: Plan) -> None:
    rows = wording.overview(plan) + wording.criteria(plan) + wording.summary(plan)
    rows += [("Worth knowing", line) for line in wording.warnings(plan)]
    rows += [("How it was made", " ".join(wording.provenance(plan)))]
    rows += [("Please note", wording.DISCLAIMER)]
    _pairs(book, _sheet(book, "About", ["About", wording.title(plan)], (26, 100)), rows)


def _pairs(book: Any, sheet: Any, rows: Sequence[tuple[str, str]]) -> None:
    label = book.add_format({**_CELL, "bold": True})
    wrapped = book.add_format({**_CELL, "text_wrap": True})
    for line, (name, value) in enumerate(rows, start=1):
        sheet.write_string(line, 0, name, label)
        sheet.write_string(line, 1, safe(value), wrapped)


def _number(sheet: Any, line: int, column: int, value: float | None, look: Any) -> None:
    if value is None:
        sheet.write_blank(line, column, None, look)
    else:
        sheet.write_number(line, column, value, look)
