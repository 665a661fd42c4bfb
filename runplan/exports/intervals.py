"""The plan as intervals.icu workout text, a section per day to paste into the workout builder.

There, only lines that start with a dash are steps, and `m` means minutes.
"""

import re

from runplan.exports import wording
from runplan.exports.steps import blocks, step_name
from runplan.plan import HARD_KINDS, RUN_KINDS, Plan, Session, Step
from runplan.units import Units, clock, metres_per, number


def write(plan: Plan) -> bytes:
    """The workout text of every session in UTF-8, with weeks and days as headings."""
    parts = [wording.title(plan)]
    for week, rows in wording.day_rows(plan):
        parts.append(wording.week_title(week, plan))
        for row in rows:
            when = wording.full_date(row.date) if row.date else row.day
            if not row.sessions:
                parts.append(f"{when}: Rest")
            for session in row.sessions:
                parts.append(f"{when}: {wording.session_title(session, plan)}")
                if session.kind in RUN_KINDS:
                    parts.append(workout(session, plan.request.units))
    return ("\n\n".join(parts) + "\n").encode()


def workout(session: Session, units: Units) -> str:
    """One running session as workout text: an empty line before and after every repeat."""
    text = ""
    for block in blocks(session, units):
        lines = [_step(step, units) for step in block.steps]
        if block.repeat > 1:
            lines = ["", f"Main set {block.repeat}x", *lines, ""]
        text += "\n".join([*lines, ""])
    return re.sub("\n{3,}", "\n\n", text).strip()


def _step(step: Step, units: Units) -> str:
    parts = ["-", step_name(step), _size(step, units)]
    if step.pace is not None:
        fast, slow = (clock(seconds) for seconds in step.pace)
        parts.append(f"{fast}/{units} Pace" if fast == slow else f"{slow}-{fast}/{units} Pace")
    return " ".join(part for part in parts if part)


def _size(step: Step, units: Units) -> str:
    if step.duration_s is not None:
        minutes, seconds = divmod(round(step.duration_s), 60)
        return (f"{minutes}m" if minutes else "") + (f"{seconds}s" if seconds else "")
    if step.distance_m is None:
        return ""
    # Track distances stay metric: 800 m is not half a mile.
    on_track = step.kind in HARD_KINDS and step.distance_m % 100 == 0
    shown: Units = "km" if on_track else units
    return f"{number(round(step.distance_m / metres_per(shown), 2))}{shown}"
