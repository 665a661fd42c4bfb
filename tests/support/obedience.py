"""Does a plan obey confirmed constraints? What the checker says, and what it leaves to the coach."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runplan.checks import check
from runplan.constraints import Constraint
from runplan.plan import HARD_KINDS, RUN_KINDS, Plan, Session, Week
from runplan.rules import OTHER_SESSIONS, RETURN_EASY_WEEKS, bars


def broken(plan: Plan, constraints: Sequence[Constraint]) -> list[str]:
    """In words, where the plan does not obey these constraints; nothing when it obeys them all."""
    asked = replace(plan, request=replace(plan.request, constraints=tuple(constraints)))
    found = [finding.message for finding in check(asked) if finding.code == "broken_constraint"]
    return [*found, *(problem for wish in constraints for problem in _unplanned(plan, wish))]


def _unplanned(plan: Plan, wish: Constraint) -> Iterator[str]:
    """Where the plan was not made for this wish, beyond what the checker judges."""
    kind = OTHER_SESSIONS.get(wish.kind)
    if kind and not any(session.kind == kind for week in plan.weeks for session in week.sessions):
        yield f"there is no {kind} session"
    for week in plan.weeks:
        for session in week.sessions:
            if session.kind in RUN_KINDS and session.kind != "race":
                problem = _session_problem(week, session, wish)
                if problem:
                    yield f"week {week.number}, {session.day}: {problem}"


def _session_problem(week: Week, session: Session, wish: Constraint) -> str | None:
    # A warm-up is no easy run.
    around = {"warmup", "cooldown", "recovery"}
    parts = {session.kind} | {step.kind for step in session.steps} - around
    if barred := bars(wish) & parts:
        return f"{', '.join(sorted(barred))}, in spite of {wish.kind}"
    if wish.kind == "returning" and week.number <= RETURN_EASY_WEEKS[str(wish.value)]:
        hard = parts & set(HARD_KINDS)
        return f"{', '.join(sorted(hard))} so soon after {wish.value}" if hard else None
    if wish.kind == "run_walk" and parts & {"easy", "recovery", "long"} and "walk" not in parts:
        return "easy running without walking breaks"
    return None
