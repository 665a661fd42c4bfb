"""Base against tuned on requests held out of training, written as the app writes them.

The outline prompts are the app's; the week prompts follow the coach's outline, so that both models
are asked the same. A text is valid when the app would take it: it parses, stays in the envelope,
adds up, and its note fits the week. Decoding is the app's, with its temperature and seeds. Then the
held-out phrasings, with the grammar. Perplexity is of the coach's text, and of general chat.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from finetune.config import Recipe
from finetune.dataset import evaluation_requests
from finetune.forgetting import chat_rows, forgetting
from finetune.memory import peak_mb
from finetune.models import load_model
from finetune.nll import assistant_nll, measured
from finetune.phrasings import measure, read_phrasings
from finetune.runs import read_run
from finetune.tokens import read_tokens
from finetune.wish_rows import PHRASINGS, PLAIN
from runplan import coach
from runplan.backends.base import Backend, Job
from runplan.backends.llama_cpp import LlamaCppBackend
from runplan.briefs import WeekBrief
from runplan.envelope import Envelope, build_envelope
from runplan.errors import NotationError
from runplan.writer import outline_job, read_outline, read_week, week_job

MODELS = {"base": ("base", "base.gguf"), "tuned": ("merged", "tuned.gguf")}
# The most common reasons for an invalid text that are kept in the metrics.
REASONS = 8


@dataclass(frozen=True)
class Question:
    """A completion to ask for, with and without the grammar, and what reads the answer."""

    task: str
    job: Callable[[bool], Job]
    read: Callable[[str], object]


def run(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    """The metrics of both models: shares of valid texts, loss, perplexity, completions a second.

    With them what the earlier stages measured: how far the files are from their models, trained
    weights, peak memory.
    """
    questions = _questions(recipe.evaluate.requests, recipe.evaluate.weeks_per_request)
    chat, chat_name = chat_rows(recipe, run_dir)
    earlier = read_run(run_dir, recipe.name)
    exported = earlier.stages.get("export", {}).get("facts", {})
    metrics: dict[str, Any] = {
        "n_requests": recipe.evaluate.requests,
        "n_weeks": sum(question.task == "week" for question in questions),
    }
    for name, (folder, file) in MODELS.items():
        metrics[name] = _metrics(name, run_dir / "gguf" / file, questions)
        model = measured(load_model(run_dir / folder))
        rows = islice(read_tokens(run_dir, "validation"), recipe.evaluate.nll_rows)
        nll = assistant_nll(model, list(rows))
        metrics[name] |= {
            "nll": round(nll.mean, 5),
            "nll_tokens": nll.tokens,
            "perplexity": round(nll.perplexity, 5),
            "chat_perplexity": round(assistant_nll(model, list(chat)).perplexity, 5),
        }
        kept = exported.get(name, {})
        metrics[name] |= {f"file_{figure}": value for figure, value in kept.items()}
    perplexities = (metrics[name]["chat_perplexity"] for name in MODELS)
    return metrics | {
        "chat": chat_name,
        "forgetting": forgetting(*perplexities),
        "trained_parameters": earlier.trained_parameters,
        "peak_memory_mb": {**earlier.peak_memory_mb, "evaluate": peak_mb()},
    }


def _questions(requests: int, weeks: int) -> list[Question]:
    questions = []
    for request, seed in evaluation_requests(requests):
        envelope = build_envelope(request)
        questions.append(_outline_question(envelope, seed))
        lines = coach.write_outline(envelope, seed)
        step = max(1, -(-len(lines) // weeks))
        # Counted from the end, so that the race week is always among them.
        questions += [
            _week_question(brief, seed)
            for brief in coach.week_briefs(envelope, lines, seed)[::-1][::step]
        ]
    return questions


def _outline_question(envelope: Envelope, seed: int) -> Question:
    return Question(
        "outline",
        lambda grammar: outline_job(envelope, seed, grammar),
        lambda text: read_outline(text, envelope),
    )


def _week_question(brief: WeekBrief, seed: int) -> Question:
    return Question(
        "week",
        lambda grammar: week_job(brief, seed, grammar),
        lambda text: read_week(text, brief.week),
    )


def _metrics(name: str, gguf: Path, questions: Sequence[Question]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with closing(LlamaCppBackend(gguf)) as backend:
        for mode, grammar in (("free", False), ("grammar", True)):
            since = time.perf_counter()
            problems = _problems(backend, questions, grammar, f"{name}, {mode}")
            seconds = time.perf_counter() - since
            for task in ("outline", "week"):
                own = [p for p, q in zip(problems, questions, strict=True) if q.task == task]
                found[f"{task}_valid_{mode}"] = round(own.count(None) / len(own), 4)
                reasons = Counter(problem for problem in own if problem is not None)
                found[f"{task}_problems_{mode}"] = dict(reasons.most_common(REASONS))
            if not grammar:
                found["samples_per_s"] = round(len(questions) / seconds, 2)
        for key, path in (("details", PHRASINGS), ("plain_details", PLAIN)):
            found[key] = measure(backend, read_phrasings(path), f"{name}, {key}")
    return found


def _problems(
    backend: Backend, questions: Sequence[Question], grammar: bool, label: str
) -> list[str | None]:
    """What is wrong with each answer, in a few words; None where it is valid."""
    problems: list[str | None] = [None] * len(questions)
    jobs = [question.job(grammar) for question in questions]
    with closing(backend.complete(jobs)) as answers:
        for index, text in tqdm(answers, label, len(jobs), unit="text"):
            try:
                questions[index].read(text)
            except NotationError as error:
                problems[index] = " ".join(error.problem.split()[:4])
    return problems
