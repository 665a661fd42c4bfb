"""Weeks that repeat each other, and sameness whatever the order of the answers."""

from collections.abc import Callable
from dataclasses import replace

from runplan import coach, notation
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from runplan.drafts import OutlineLine
from runplan.envelope import build_envelope, week_envelope
from runplan.plan import Plan
from runplan.request import PlanRequest
from runplan.writer import PlanReady, WeekRepaired, finished_plan, write_plan
from tests.support.plans import make_request
from tests.support.scripted import (
    GARBAGE,
    OUTLINE,
    coach_answers,
    coach_backend,
    is_retry,
    prompt_of,
    week_of,
)

REQUEST = make_request(level="intermediate", details="sore knee")


def written(backend: ScriptedBackend, request: PlanRequest = REQUEST) -> Plan:
    return finished_plan(write_plan(request, backend, seed=1))


# Fits any week.
NOTE = "Run by feel and enjoy the quiet roads, {name}."


def with_note(text: str, note: str) -> str:
    return f"{text.rsplit('Note ', 1)[0]}Note {note}"


def test_a_repeated_note_is_written_anew() -> None:
    answers = coach_answers(REQUEST)

    def instead(job: Job) -> str | None:
        if week_of(job) in (2, 4, 7) and not is_retry(job):
            return with_note(answers[prompt_of(job)], NOTE)
        return None

    events = list(write_plan(REQUEST, coach_backend(REQUEST, instead), seed=1))
    repairs = [event for event in events if isinstance(event, WeekRepaired)]
    assert [(event.week.number, event.reason) for event in repairs] == [
        (4, "repeats another week"),
        (7, "repeats another week"),
    ]
    assert isinstance(events[-1], PlanReady)
    notes = [week.note for week in events[-1].plan.weeks]
    assert len(set(notes)) == len(notes)


def test_the_coach_writes_what_is_repeated_twice() -> None:
    answers = coach_answers(REQUEST)

    def instead(job: Job) -> str | None:
        return with_note(answers[prompt_of(job)], NOTE) if week_of(job) in (2, 4, 7) else None

    plan = written(coach_backend(REQUEST, instead))
    assert plan.provenance.weeks == (
        *("model", "model", "model", "coach"),
        *("model", "model", "coach", "model"),
    )
    notes = [week.note for week in plan.weeks]
    assert len(set(notes)) == len(notes)


def alike(request: PlanRequest) -> tuple[OutlineLine, ...]:
    """An outline with two weeks that may have the same sessions: the first and the second."""
    envelope = build_envelope(request)
    lines = list(coach.write_outline(envelope, 1))
    first, second = envelope.weeks[:2]
    both = [
        max(set(mine) & set(others))
        for mine, others in ((first.distances, second.distances), (first.longs, second.longs))
    ]
    for place in (0, 1):
        lines[place] = replace(lines[place], distance=both[0], long=both[1], focus="easy")
    return tuple(lines)


def test_a_week_like_the_one_before_is_written_anew() -> None:
    request = make_request(weekly_distance=30.0)
    envelope, lines = build_envelope(request), alike(request)
    first = coach.write_week(envelope, lines[0], 1)
    assert notation.week_fits(first, week_envelope(envelope, lines[1])) is None
    answers = {
        line.number: notation.print_week(coach.write_week(envelope, line, 1, (first,)))
        for line in lines[1:]
    }
    copied = with_note(notation.print_week(first), NOTE)

    def answer(job: Job) -> str:
        week = week_of(job)
        if week == OUTLINE:
            return notation.print_outline(lines)
        if week == 1:
            return notation.print_week(first)
        return copied if week == 2 and not is_retry(job) else answers[week]

    plan = written(ScriptedBackend(answer), request)
    assert plan.provenance.weeks[:2] == ("model", "repaired")
    assert plan.weeks[0].sessions != plan.weeks[1].sessions


ORDERS: list[Callable[[int], list[int]]] = [
    lambda count: list(range(count)),
    lambda count: list(range(count))[::-1],
    lambda count: sorted(range(count), key=lambda index: (index * 5) % 8),
]


def test_the_order_of_answers_changes_nothing() -> None:
    answers = coach_answers(REQUEST)

    def instead(job: Job) -> str | None:
        if week_of(job) in (1, 8):
            return GARBAGE
        if week_of(job) in (2, 3) and not is_retry(job):
            return GARBAGE
        return with_note(answers[prompt_of(job)], NOTE) if week_of(job) in (4, 5, 6) else None

    plans = [written(coach_backend(REQUEST, instead, order=order)) for order in ORDERS]
    assert plans[0] == plans[1] == plans[2]
    assert plans[0].provenance.weeks[3:6] == ("model", "coach", "coach")
