"""From drafts to the plan a runner sees: steps, texts, sums and the runner's name."""

import re
from collections.abc import Sequence

from runplan.drafts import OutlineLine, WeekDraft
from runplan.envelope import Envelope
from runplan.notation import NAME
from runplan.plan import Plan, Provenance, Week
from runplan.workouts import expand


def assemble_week(envelope: Envelope, line: OutlineLine, draft: WeekDraft) -> Week:
    """One week with everything worked out; its distance is the sum of its sessions."""
    request = envelope.request
    sessions = tuple(expand(session, request, envelope.paces) for session in draft.sessions)
    distance = round(sum(session.distance or 0.0 for session in sessions), 1)
    return Week(line.number, line.phase, distance, personal(draft.note, request.name), sessions)


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
