"""Whole plans as the coach writes them, for tests that need real ones."""

from runplan import coach
from runplan.assemble import assemble_plan
from runplan.drafts import WeekDraft
from runplan.envelope import build_envelope
from runplan.plan import Plan, Provenance
from runplan.request import PlanRequest


def coach_plan(request: PlanRequest, seed: int = 1) -> Plan:
    """The coach's plan for a request."""
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    drafts: list[WeekDraft] = []
    for line in lines:
        drafts.append(coach.write_week(envelope, line, seed, drafts))
    origin = Provenance("coach", "rules", seed, ("coach",) * len(lines))
    return assemble_plan(envelope, lines, drafts, origin)
