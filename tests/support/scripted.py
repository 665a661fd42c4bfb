"""What the coach would answer to each prompt, for `ScriptedBackend`."""

import re
from collections.abc import Callable, Sequence

from runplan import coach, notation
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from runplan.drafts import WeekDraft
from runplan.envelope import build_envelope
from runplan.prompts import outline_prompt, week_prompt
from runplan.request import PlanRequest
from runplan.writer import TEMPERATURES, TRY_STRIDE

GARBAGE = "I am sorry, but as a language model I would rather not run."
OUTLINE = 0

_WEEK = re.compile(r"^Write week (\d+):", re.MULTILINE)


def prompt_of(job: Job) -> str:
    """The user's message."""
    return job.messages[-1]["content"]


def week_of(job: Job) -> int:
    """The week that a job asks for, or OUTLINE."""
    match = _WEEK.search(prompt_of(job))
    return int(match[1]) if match else OUTLINE


def is_retry(job: Job) -> bool:
    """Whether a job is the second try."""
    return job.temperature == TEMPERATURES[1]


def coach_answers(request: PlanRequest, seed: int = 1) -> dict[str, str]:
    """The coach's text for each prompt of its own plan."""
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    answers = {outline_prompt(envelope, lines)[-1]["content"]: notation.print_outline(lines)}
    for tried in (seed, seed + TRY_STRIDE):
        drafts: list[WeekDraft] = []
        for brief in coach.week_briefs(envelope, lines, tried):
            drafts.append(coach.follow(brief, seed, drafts))
            prompt = week_prompt(brief)
            answers[prompt[-1]["content"]] = notation.print_week(drafts[-1])
    return answers


def coach_backend(
    request: PlanRequest,
    instead: Callable[[Job], str | None] = lambda _: None,
    *,
    seed: int = 1,
    order: Callable[[int], Sequence[int]] = range,
) -> ScriptedBackend:
    """A model as good as the coach, but for jobs where `instead` has another text."""
    answers = coach_answers(request, seed)

    def answer(job: Job) -> str:
        other = instead(job)
        return answers[prompt_of(job)] if other is None else other

    return ScriptedBackend(answer, order=order)
