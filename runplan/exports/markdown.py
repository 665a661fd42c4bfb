"""The complete plan as Markdown. Every text of the runner or the model is escaped."""

import re

from runplan.exports import guidance, wording
from runplan.plan import Plan, Week

# What CommonMark, GitHub tables and dollar maths read as markup anywhere in a line.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&$!])")
# What turns the start of a line into a list, a rule or a heading.
_LINE_START = re.compile(r"^(\d{0,9})([-+=.)])")
# What is turned into a link by itself.
_LINK = re.compile(r"(?<=www)\.|:(?=//)|@", re.IGNORECASE)


def write(plan: Plan) -> bytes:
    """The plan as Markdown in UTF-8."""
    blocks = [
        f"# {escape(wording.title(plan))}",
        _list(wording.overview(plan)),
        "## What you asked for",
        _list(wording.criteria(plan)),
    ]
    if plan.paces:
        blocks += ["## Your paces", _paces(plan)]
    blocks.append("## Week by week")
    for week, rows in wording.day_rows(plan):
        blocks += _week(week, rows, plan)
    for heading, pairs in guidance.sections(plan):
        blocks += [f"## {heading}", _list(pairs)]
    blocks += ["## In figures", _list(wording.summary(plan))]
    if plan.findings:
        lines = [f"- {escape(line)}" for line in wording.warnings(plan)]
        blocks += ["## Worth knowing", "\n".join(lines)]
    lines = [escape(line) for line in wording.provenance(plan)]
    blocks += ["## How this plan was made", " ".join(lines), f"*{escape(wording.DISCLAIMER)}*"]
    return ("\n\n".join(blocks) + "\n").encode()


def escape(text: str) -> str:
    """Text that Markdown shows letter by letter: no markup, no HTML, no links or images."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    escaped = _LINK.sub(lambda match: "\\" + match.group(), escaped)
    return _LINE_START.sub(r"\1\\\2", escaped)


def _list(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"- **{label}:** {escape(value)}" for label, value in rows)


def _paces(plan: Plan) -> str:
    titles, rows = wording.pace_table(plan)
    lines = [titles, ["---"] * len(titles), *(map(escape, row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _week(week: Week, rows: list[wording.DayRow], plan: Plan) -> list[str]:
    span = wording.week_span(rows)
    lines = ["| Day | Session |", "| --- | --- |"]
    for row in rows:
        when = f"{row.day} {row.date.day} {row.date:%b}" if row.date else row.day
        sessions = [escape(wording.session_line(session, plan)) for session in row.sessions]
        lines += [f"| {when} | {words} |" for words in sessions or ["Rest"]]
    blocks = [f"### {escape(wording.week_title(week, plan))}", "\n".join(lines)]
    if span:
        blocks.insert(1, span)
    if week.note:
        blocks.append(f"**Note:** {escape(week.note)}")
    return blocks
