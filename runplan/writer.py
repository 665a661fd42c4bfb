"""Writing a plan: propose, verify, repair, as a stream of events.

The model writes the outline, then all weeks side by side. What does not fit the envelope is written
once more under the grammar, and then by the coach, so that a complete plan always comes out. This
module knows neither the engine nor who is watching.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date

from runplan import coach, notation
from runplan.advice import advice
from runplan.assemble import assemble_plan, assemble_week
from runplan.backends.base import Backend, Job
from runplan.briefs import WeekBrief
from runplan.checks import check, week_problem
from runplan.drafts import OutlineLine, WeekDraft
from runplan.envelope import Envelope, WeekEnvelope, build_envelope, week_envelope
from runplan.errors import BackendError, NotationError
from runplan.plan import Plan, Provenance, Source, Week
from runplan.prompts import outline_prompt, week_prompt
from runplan.request import PlanRequest

# Sampling: little is left to chance, since the seed draws variety into the prompt (`briefs`).
TEMPERATURES = (0.3, 0.2)
# Upper bounds of a completion: per outline week, per session, and for the note.
OUTLINE_TOKENS, SESSION_TOKENS, NOTE_TOKENS = 24, 20, 64
# Wide apart, so that the seeds of different plans and tries do not meet.
PLAN_STRIDE, TRY_STRIDE = 1_000, 500


@dataclass(frozen=True)
class OutlineReady:
    """The season is set."""

    lines: tuple[OutlineLine, ...]
    source: Source


@dataclass(frozen=True)
class WeekReady:
    """A week was written. Weeks come in any order."""

    week: Week
    source: Source


@dataclass(frozen=True)
class WeekRepaired:
    """A week was written anew and replaces the one that came before, if one did."""

    week: Week
    source: Source
    reason: str


@dataclass(frozen=True)
class FellBack:
    """The engine failed; the coach writes what is missing."""

    reason: str


@dataclass(frozen=True)
class PlanReady:
    """The last event: the whole plan, checked."""

    plan: Plan


Event = OutlineReady | WeekReady | WeekRepaired | FellBack | PlanReady


def write_plan(
    request: PlanRequest,
    backend: Backend | None,
    *,
    seed: int = 0,
    grammar: bool = True,
    today: date | None = None,
) -> Iterator[Event]:
    """Write a plan and tell about it as it comes; the last event is `PlanReady`.

    `backend` None means the coach alone. Without `grammar` the model decodes freely and only repairs
    are constrained. With `today` the plan is also held against the calendar. Closing the iterator
    cancels what the engine is still doing.
    """
    return _Writing(request, backend, seed, grammar, today).events()


def finished_plan(events: Iterator[Event]) -> Plan:
    """Run the events to the end and return the plan."""
    for event in events:
        if isinstance(event, PlanReady):
            return event.plan
    raise AssertionError("a stream of events ends with PlanReady")


def outline_job(envelope: Envelope, seed: int, grammar: bool = True, attempt: int = 0) -> Job:
    """The completion that writes the outline."""
    return Job(
        outline_prompt(envelope, coach.write_outline(envelope, seed)),
        notation.outline_grammar(envelope) if grammar else None,
        seed * PLAN_STRIDE + attempt * TRY_STRIDE,
        TEMPERATURES[attempt],
        OUTLINE_TOKENS * envelope.request.weeks,
    )


def week_job(brief: WeekBrief, seed: int, grammar: bool = True, attempt: int = 0) -> Job:
    """The completion that writes one week."""
    week = brief.week
    return Job(
        week_prompt(brief),
        notation.week_grammar(week) if grammar else None,
        seed * PLAN_STRIDE + attempt * TRY_STRIDE + week.line.number,
        TEMPERATURES[attempt],
        SESSION_TOKENS * len(week.days) + NOTE_TOKENS,
    )


def read_outline(text: str, envelope: Envelope) -> tuple[OutlineLine, ...]:
    """The outline the model wrote.

    Raises:
        NotationError: it does not parse or leaves the envelope.
    """
    lines = notation.parse_outline(text)
    problem = notation.outline_fits(lines, envelope)
    if problem is not None:
        raise NotationError(text, problem)
    return lines


def read_week(text: str, week: WeekEnvelope) -> WeekDraft:
    """The week the model wrote.

    Raises:
        NotationError: it does not parse, leaves its envelope, or its note contradicts it.
    """
    draft = notation.parse_week(text)
    problem = week_problem(draft, week)
    if problem is not None:
        raise NotationError(text, problem)
    return draft


class _Writing:
    """The state of one plan being written."""

    def __init__(
        self,
        request: PlanRequest,
        backend: Backend | None,
        seed: int,
        grammar: bool,
        today: date | None,
    ) -> None:
        self.envelope = build_envelope(request)
        self.backend = backend
        self.label = (backend.name, backend.model) if backend else ("coach", "rules")
        self.seed = seed
        self.grammar = grammar
        self.today = today
        self.lines: tuple[OutlineLine, ...] = ()
        self.drafts: dict[int, WeekDraft] = {}
        self.sources: dict[int, Source] = {}
        # Why a week the model wrote was not accepted.
        self.problems: dict[int, str] = {}

    def events(self) -> Iterator[Event]:
        try:
            yield from self._outline()
            yield from self._weeks()
            yield from self._second_try()
        except BackendError as error:
            self.backend = None
            yield FellBack(str(error))
            if not self.lines:
                yield self._coach_outline()
        yield from self._coach_weeks()
        yield from self._settle()

    def _outline(self) -> Iterator[Event]:
        if self.backend is None:
            yield self._coach_outline()
            return
        for attempt in range(len(TEMPERATURES)):
            job = outline_job(self.envelope, self.seed, self.grammar or attempt > 0, attempt)
            with closing(self.backend.complete([job])) as stream:
                text = "".join(text for _, text in stream)
            try:
                self.lines = read_outline(text, self.envelope)
            except NotationError:
                continue
            yield OutlineReady(self.lines, "repaired" if attempt else "model")
            return
        yield self._coach_outline()

    def _coach_outline(self) -> OutlineReady:
        self.lines = coach.write_outline(self.envelope, self.seed)
        return OutlineReady(self.lines, "coach")

    def _weeks(self) -> Iterator[Event]:
        if self.backend is None:
            return
        numbers = [line.number for line in self.lines]
        yield from self._write(self.backend, numbers, 0)
        for number, draft in sorted(self.drafts.items()):
            earlier = {other: self.drafts[other] for other in self.drafts if other < number}
            if self._repeats(number, draft, earlier):
                self.problems[number] = "repeats another week"

    def _second_try(self) -> Iterator[Event]:
        if self.backend is not None and self.problems:
            yield from self._write(self.backend, sorted(self.problems), 1)

    def _write(self, backend: Backend, numbers: Sequence[int], attempt: int) -> Iterator[Event]:
        """Have the model write these weeks; each good one becomes an event."""
        # A second try is asked for something else.
        drawn = coach.week_briefs(self.envelope, self.lines, self.seed + attempt * TRY_STRIDE)
        briefs = [drawn[number - 1] for number in numbers]
        grammar = self.grammar or attempt > 0
        jobs = [week_job(brief, self.seed, grammar, attempt) for brief in briefs]
        with closing(backend.complete(jobs)) as stream:
            # A second try is compared with its neighbours, so the order must not depend on the engine.
            for index, text in sorted(stream) if attempt else stream:
                number = numbers[index]
                try:
                    draft = read_week(text, briefs[index].week)
                except NotationError as error:
                    self.problems.setdefault(number, error.problem)
                    continue
                if attempt and self._repeats(number, draft, self._others(number)):
                    continue
                yield self._accept(number, draft, "repaired" if attempt else "model")

    def _coach_weeks(self) -> Iterator[Event]:
        """The last resort for the weeks that are still missing or refused."""
        source: Source = "coach"
        missing = [line.number for line in self.lines if line.number not in self.drafts]
        for number in sorted({*missing, *self.problems}):
            yield self._accept(number, self._coach_week(number), source)

    def _coach_week(self, number: int) -> WeekDraft:
        return coach.write_week(
            self.envelope, self.lines[number - 1], self.seed, self._others(number).values()
        )

    def _settle(self) -> Iterator[Event]:
        """Check the plan as a whole; weeks with an error become the coach's, at worst all of them."""
        plan = self._plan()
        errors = [finding for finding in plan.findings if finding.level == "error"]
        bad = sorted({finding.week for finding in errors if finding.week is not None})
        for number in bad:
            self.problems[number] = "fails a check"
            yield self._accept(number, self._coach_week(number), "coach")
        plan = self._plan() if bad else plan
        if any(finding.level == "error" for finding in plan.findings):
            yield self._coach_outline()
            for line in self.lines:
                self.problems[line.number] = "the plan as a whole fails a check"
                yield self._accept(line.number, self._coach_week(line.number), "coach")
            plan = self._plan()
        yield PlanReady(plan)

    def _plan(self) -> Plan:
        order = [line.number for line in self.lines]
        provenance = Provenance(*self.label, self.seed, tuple(self.sources[n] for n in order))
        plan = assemble_plan(self.envelope, self.lines, [self.drafts[n] for n in order], provenance)
        return replace(plan, findings=(*advice(self.envelope.request, self.today), *check(plan)))

    def _accept(self, number: int, draft: WeekDraft, source: Source) -> Event:
        self.drafts[number] = draft
        self.sources[number] = source
        reason = self.problems.pop(number, None)
        week = assemble_week(self.envelope, self.lines[number - 1], draft)
        if reason is None:
            return WeekReady(week, source)
        return WeekRepaired(week, source, reason)

    def _others(self, number: int) -> dict[int, WeekDraft]:
        """The weeks so far that this one must not repeat."""
        return {other: draft for other, draft in sorted(self.drafts.items()) if other != number}

    def _repeats(self, number: int, draft: WeekDraft, others: Mapping[int, WeekDraft]) -> bool:
        """Whether it has the note of one of these weeks, or the sessions of a neighbour."""
        if any(draft.note == other.note for other in others.values()):
            return True
        week = week_envelope(self.envelope, self.lines[number - 1])
        choice = len(week.arrangements) > 1 or any(
            len(slot.distances) > 1 or len(slot.blocks) > 1 for slot in week.slots.values()
        )
        beside = [others[near] for near in (number - 1, number + 1) if near in others]
        return choice and any(draft.sessions == other.sessions for other in beside)
