"""From drafts to the plan a runner sees: steps, texts, sums and the runner's name."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

from runplan.drafts import OutlineLine, SessionDraft, WeekDraft
from runplan.envelope import Envelope
from runplan.notation import NAME
from runplan.plan import Plan, Provenance, Week
from runplan.request import MAX_SESSION_MIN, Day, PlanRequest
from runplan.rules import OTHER_SESSIONS, minutes_on, spare_days
from runplan.workouts import expand

# Minutes of the sessions beside running; less for beginners and in cutback weeks.
USUAL_MIN: Mapping[str, int] = {"cross": 40, "strength": 30}
LIGHT_MIN: Mapping[str, int] = {"cross": 30, "strength": 20}


def assemble_week(envelope: Envelope, line: OutlineLine, draft: WeekDraft) -> Week:
    """One week with everything worked out; its distance is the sum of its sessions."""
    request = envelope.request
    cutback = envelope.weeks[line.number - 1].cutback
    order = request.week_order
    drafts = [*draft.sessions, *other_sessions(request, line, cutback)]
    drafts.sort(key=lambda session: order.index(cast(Day, session.day)))
    sessions = tuple([expand(session, request, envelope.paces) for session in drafts])
    distance = round(sum([session.distance or 0.0 for session in sessions]), 1)
    return Week(line.number, line.phase, distance, personal(draft.note, request.name), sessions)


def other_sessions(
    request: PlanRequest, line: OutlineLine, cutback: bool
) -> tuple[SessionDraft, ...]:
    """Cross-training and strength, where the runner asks for them: on days without running.

    Cross-training follows the long run; strength comes twice a week where there are two days for it.
    Where one day has to do for both, they take turns. The race week has neither.
    """
    asked = {wish.kind for wish in request.constraints}
    kinds = [kind for wish, kind in OTHER_SESSIONS.items() if wish in asked]
    if not kinds or line.long is None:
        return ()
    days = spare_days(request)
    if len(kinds) == 2 and len(days) == 1:
        kinds = [kinds[line.number % 2]]
    if "strength" in kinds:
        kinds.append("strength")
    minutes = LIGHT_MIN if cutback or request.level == "beginner" else USUAL_MIN
    return tuple(
        SessionDraft(
            day, kind, minutes=min(minutes[kind], minutes_on(request, day) or MAX_SESSION_MIN)
        )
        for day, kind in zip(days, kinds, strict=False)
    )


def assemble_plan(
    envelope: Envelope,
    lines: Sequence[OutlineLine],
    drafts: Sequence[WeekDraft],
    provenance: Provenance,
) -> Plan:
    """The whole plan, not yet checked."""
    weeks = tuple(
        assemble_week(envelope, line, draft) for line, draft in zip(lines, drafts, strict=True)
    )
    return Plan(envelope.request, envelope.paces.zones, weeks, provenance)


def personal(note: str, name: str) -> str:
    """The note with the runner's name in place of `{name}`, or without one when there is none."""
    if name:
        return note.replace(NAME, name)
    bare = note.replace(f"{NAME}'s", "your")
    # Where a sentence or a clause begins with the name, what parts them goes too.
    bare = re.sub(r"([.!?] )\{name\}[,:;!]? ?(\w?)", lambda at: at[1] + at[2].upper(), bare)
    bare = re.sub(r"(^|[:;-] )\{name\}[,:;!]? ?", r"\1", bare)
    bare = re.sub(r",? \{name\}(?=[,;:.!?]|$)", "", bare)
    bare = re.sub(r"\{name\}[,:]? ?", "", bare)
    return bare[:1].upper() + bare[1:]
