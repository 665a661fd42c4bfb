"""The same held-out requests answered by the coach and by every model, for people to look at.

Models decode as in the app but without the grammar, which shows what they learnt. As in the
evaluation, weeks follow the coach's outline, so that all are asked the same.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from finetune.dataset import evaluation_requests
from runplan import coach
from runplan.backends.base import Backend, Job
from runplan.backends.llama_cpp import LlamaCppBackend
from runplan.envelope import Envelope, build_envelope
from runplan.errors import NotationError
from runplan.notation import print_outline, print_week
from runplan.request import PlanRequest
from runplan.writer import outline_job, read_outline, read_week, week_job

COACH = "coach"
# Of the held-out requests the first that are short enough to be read side by side.
REQUESTS, MOST_WEEKS, LOOKED_AT = 2, 8, 100


@dataclass(frozen=True)
class Answer:
    """What one author wrote; `problem` says why the app would not take it."""

    text: str
    problem: str | None = None


@dataclass(frozen=True)
class Sample:
    """One request. `rows` are an outline and weeks: a title, and an answer by each author."""

    title: str
    authors: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Answer, ...]], ...]


def samples(weights: Mapping[str, Path]) -> list[Sample]:
    """Let the coach and every GGUF of `weights` (by author) write plans for the same requests."""
    asked = [
        (request, seed)
        for request, seed in evaluation_requests(LOOKED_AT)
        if request.weeks <= MOST_WEEKS
    ][:REQUESTS]
    plans = [_Plan(request, seed) for request, seed in asked]
    written = {author: _by_model(path, plans) for author, path in weights.items()}
    return [
        Sample(
            describe(plan.envelope.request),
            (COACH, *weights),
            tuple(
                (title, (Answer(own), *(answers[number][row] for answers in written.values())))
                for row, (title, own) in enumerate(zip(plan.titles, plan.coach, strict=True))
            ),
        )
        for number, plan in enumerate(plans)
    ]


def describe(request: PlanRequest) -> str:
    """The request in one line, e.g. `10K, beginner: 8 weeks of 4 days`."""
    line = f"{request.race}, {request.level}: {request.weeks} weeks of {request.days_per_week} days"
    return f"{line} (“{request.details}”)" if request.details else line


class _Plan:
    """What is asked of everybody, and the coach's answers."""

    def __init__(self, request: PlanRequest, seed: int) -> None:
        self.envelope: Envelope = build_envelope(request)
        self.seed = seed
        lines = coach.write_outline(self.envelope, seed)
        self.briefs = coach.week_briefs(self.envelope, lines, seed)
        self.titles = ["Outline", *(f"Week {line.number}" for line in lines)]
        self.coach = [
            print_outline(lines),
            *(print_week(coach.follow(brief, seed)) for brief in self.briefs),
        ]

    def jobs(self) -> list[Job]:
        return [
            outline_job(self.envelope, self.seed, grammar=False),
            *(week_job(brief, self.seed, grammar=False) for brief in self.briefs),
        ]

    def answer(self, row: int, text: str) -> Answer:
        try:
            if row:
                read_week(text, self.briefs[row - 1].week)
            else:
                read_outline(text, self.envelope)
        except NotationError as error:
            return Answer(text.strip(), error.problem)
        return Answer(text.strip())


def _by_model(path: Path, plans: list[_Plan]) -> list[list[Answer]]:
    with closing(LlamaCppBackend(path)) as backend:
        return [
            [plan.answer(row, text) for row, text in enumerate(_texts(backend, plan.jobs()))]
            for plan in plans
        ]


def _texts(backend: Backend, jobs: list[Job]) -> list[str]:
    with closing(backend.complete(jobs)) as answers:
        found = dict(answers)
    return [found[number] for number in range(len(jobs))]
