"""Rows from a plan that somebody wrote down in the plan JSON: its outline and its weeks.

The file holds what the runner sees. What the model would have written is found by trying: the outline
line and the workouts which the app would ask for and which come out as the plan's sessions. A week
that the app would never ask for gives no row.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from finetune.errors import RowError
from runplan import notation
from runplan.backends.base import Message
from runplan.briefs import WeekBrief
from runplan.checks import check_file, week_problem
from runplan.drafts import OutlineLine, SessionDraft, WeekDraft, slot_keys
from runplan.envelope import Envelope, Slot, WeekEnvelope, build_envelope, week_envelope
from runplan.errors import InputError, PlanFormatError
from runplan.notation import NAME
from runplan.plan import OTHER_KINDS, Session, Step, Week
from runplan.plan_json import PlanFile, read_plan_file
from runplan.prompts import outline_prompt, week_prompt
from runplan.request import PlanRequest, request_from_json
from runplan.workouts import expand

Row = dict[str, Any]


def plan_row(task: str, week: int, prompt: tuple[Message, ...], answer: str) -> Row:
    """A row of task `outline` (week 0) or `week`."""
    return {
        "task": task,
        "week": week,
        "messages": [*prompt, {"role": "assistant", "content": answer}],
    }


def rows_of_plan(text: str) -> tuple[list[Row], list[RowError]]:
    """The rows of a plan, and why some of its weeks give none; the outline needs all of them.

    Raises:
        RowError: it is no plan, an error-level finding speaks against it, or no week fits.
    """
    file, request = _read(text)
    envelope = build_envelope(request)
    rows: list[Row] = []
    lines: list[OutlineLine] = []
    problems: list[RowError] = []
    for week in file.weeks:
        found = _written(envelope, replace(week, note=_unnamed(week.note, request.name)))
        if found is None:
            problems.append(RowError("week is not one the app asks for", f"week {week.number}"))
            continue
        brief, draft = found
        lines.append(brief.week.line)
        answer = notation.print_week(draft)
        rows.append(plan_row("week", week.number, week_prompt(brief), answer))
    if not rows:
        raise RowError("no week is one the app asks for")
    if not problems:
        answer = notation.print_outline(lines)
        rows.insert(0, plan_row("outline", 0, outline_prompt(envelope, lines), answer))
    return rows, problems


def _read(text: str) -> tuple[PlanFile, PlanRequest]:
    try:
        file = read_plan_file(text)
        request = request_from_json(file.request)
    except (PlanFormatError, InputError) as error:
        raise RowError("not a valid plan", str(error)) from None
    if [week.number for week in file.weeks] != list(range(1, request.weeks + 1)):
        raise RowError("not a valid plan", f"its weeks are not 1 to {request.weeks}")
    for finding in check_file(file):
        if finding.level == "error":
            raise RowError("plan fails a check", f"{finding.code}: {finding.message}")
    return file, request


def _unnamed(note: str, name: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, note) if name else note


def _written(envelope: Envelope, week: Week) -> tuple[WeekBrief, WeekDraft] | None:
    """The week as the model would have written it, and what the app would have asked for."""
    for line in _lines(envelope, week):
        asked = week_envelope(envelope, line)
        draft = _draft(envelope, asked, week)
        if draft is not None and week_problem(draft, asked) is None:
            return WeekBrief(asked, slot_keys(draft.sessions), draft.note), draft
    return None


def _lines(envelope: Envelope, week: Week) -> Iterator[OutlineLine]:
    """The outline lines that could stand for the week, the likeliest first."""
    allowed = envelope.weeks[week.number - 1]
    kinds = {session.kind for session in week.sessions}
    run = sum(session.distance or 0.0 for session in week.sessions if session.kind != "race")
    longs: tuple[float | None, ...] = (None,)
    if allowed.longs:
        long = next((session.distance for session in week.sessions if session.kind == "long"), None)
        longs = (long,) if long in allowed.longs else ()
    focuses = sorted(allowed.focuses, key=lambda focus: focus not in kinds)
    distances = sorted(allowed.distances, key=lambda distance: abs(distance - run))
    for distance, long, focus in product(distances, longs, focuses):
        yield OutlineLine(week.number, allowed.phase, distance, long, focus)


def _draft(envelope: Envelope, asked: WeekEnvelope, week: Week) -> WeekDraft | None:
    runs = [session for session in week.sessions if session.kind not in OTHER_KINDS]
    order = envelope.request.week_order
    drafts = [
        _session(envelope, asked, session)
        for session in sorted(runs, key=lambda session: order.index(session.day))
    ]
    found = tuple(draft for draft in drafts if draft is not None)
    return WeekDraft(found, week.note) if len(found) == len(runs) else None


def _session(envelope: Envelope, asked: WeekEnvelope, session: Session) -> SessionDraft | None:
    """The line of the notation which comes out as the session."""
    for slot in asked.slots.values():
        if slot.kind != session.kind:
            continue
        for draft in _choices(slot, session):
            if _same(session, expand(draft, envelope.request, envelope.paces)):
                return draft
    return None


def _choices(slot: Slot, session: Session) -> Iterator[SessionDraft]:
    distance = session.distance if slot.distances else None
    for strides, finish, blocks in product(
        slot.strides or (0,), slot.finishes or (0.0,), slot.blocks or (None,)
    ):
        yield SessionDraft(session.day, session.kind, distance, strides, finish, blocks)


def _same(session: Session, written: Session) -> bool:
    """Whether two sessions have the same steps; paces may differ, as the model does not write them.

    Plans from elsewhere often have no steps. That is enough for a run in one piece.
    """
    if not session.steps:
        return len(written.steps) == 1
    return [_paceless(step) for step in session.steps] == [
        _paceless(step) for step in written.steps
    ]


def _paceless(step: Step) -> Step:
    return replace(step, pace=None)
