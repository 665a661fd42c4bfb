"""The complete plan as plain text, to read, print or send."""

import re
import textwrap

from runplan.exports import guidance, wording
from runplan.plan import Plan, Week
from runplan.units import Units

WIDTH = 88
_INDENT = "  "
# A number stays on the line of its unit; a no-break space does that while lines are broken.
_GLUE = "\N{NO-BREAK SPACE}"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:h|min|s|m|km|mi)\b|/)")


def render_text(plan: Plan) -> str:
    """The whole plan as plain text, wrapped at 88 columns."""
    blocks = [
        _heading(wording.title(plan), "="),
        _table(wording.overview(plan)),
        _heading("What you asked for", "-") + "\n" + _table(wording.criteria(plan)),
    ]
    if plan.paces:
        blocks.append(
            _heading(f"Your paces ({_per(plan.request.units)})", "-") + "\n" + _paces(plan)
        )
    blocks.append(_heading("Week by week", "-"))
    blocks.extend(_week(week, rows, plan) for week, rows in wording.day_rows(plan))
    for heading, pairs in guidance.sections(plan):
        blocks.append(_heading(heading, "-") + "\n" + _table(pairs))
    blocks.append(_heading("In figures", "-") + "\n" + _table(wording.summary(plan)))
    if plan.findings:
        lines = [_wrap(line, "- ", "  ") for line in wording.warnings(plan)]
        blocks.append("\n".join([_heading("Worth knowing", "-"), *lines]))
    lines = [_wrap(line) for line in wording.provenance(plan)]
    blocks.append("\n".join([_heading("How this plan was made", "-"), *lines]))
    blocks.append(_wrap(wording.DISCLAIMER))
    return "\n\n".join(blocks) + "\n"


def write(plan: Plan) -> bytes:
    """The plain text as UTF-8."""
    return render_text(plan).encode()


def _per(units: Units) -> str:
    return f"minutes per {'kilometre' if units == 'km' else 'mile'}"


def _heading(text: str, rule: str) -> str:
    wrapped = _wrap(text)
    return f"{wrapped}\n{rule * max(len(line) for line in wrapped.splitlines())}"


def _wrap(text: str, first: str = "", rest: str = "") -> str:
    glued = _BEFORE_UNIT.sub(_GLUE, text)
    lines = textwrap.wrap(
        glued, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return "\n".join(lines).replace(_GLUE, " ") or first.rstrip()


def _table(rows: list[tuple[str, str]]) -> str:
    width = max(len(label) for label, _ in rows) + 2
    return "\n".join(_wrap(value, f"{label:<{width}}", " " * width) for label, value in rows)


def _paces(plan: Plan) -> str:
    _, rows = wording.pace_table(plan)
    widths = [max(map(len, column)) + 2 for column in zip(*rows)][:-1]
    lines = []
    for *cells, effort in rows:
        first = "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths))
        lines.append(_wrap(effort, first, " " * len(first)))
    return "\n".join(lines)


def _week(week: Week, rows: list[wording.DayRow], plan: Plan) -> str:
    span = wording.week_span(rows)
    lines = [_wrap(wording.week_title(week, plan) + (f", {span}" if span else ""))]
    for row in rows:
        lines.extend(_day(row, plan))
    if week.note:
        lines.append(_wrap(week.note, f"{_INDENT}Note: ", _INDENT + " " * 6))
    return "\n".join(lines)


def _day(row: wording.DayRow, plan: Plan) -> list[str]:
    when = f"{row.day} {row.date.day:>2} {row.date:%b}" if row.date else row.day
    label = f"{_INDENT}{when}  "
    gap = " " * len(label)
    lines = [] if row.sessions else [f"{label}Rest"]
    for index, session in enumerate(row.sessions):
        first = gap if index else label
        lines.append(_wrap(wording.session_line(session, plan), first, gap))
    return lines
