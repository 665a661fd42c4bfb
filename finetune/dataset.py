"""The rows to learn from: the coach answers the prompts of the app, for random requests.

Each request gives outline rows and a row per week, as chat `messages`. Every row passes the same
checks as a model's text in the app. The evaluation requests (`data/evaluation_requests.jsonl`) are
the test split; no prompt of theirs is in training or validation.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset
from jinja2 import Environment, StrictUndefined
from tqdm import tqdm

from finetune.config import Recipe
from finetune.details import sample_details
from finetune.errors import StageError
from finetune.files import replacing
from finetune.requests import sample_request
from runplan import coach, notation
from runplan.assemble import assemble_plan
from runplan.backends.base import Message
from runplan.checks import check, week_problem
from runplan.drafts import OutlineLine, WeekDraft
from runplan.envelope import Envelope, build_envelope, week_envelope
from runplan.plan import Provenance
from runplan.prompts import outline_prompt, week_prompt
from runplan.request import PlanRequest, request_from_json

EVALUATION = Path(__file__).parent.parent / "data" / "evaluation_requests.jsonl"
_CARD = Path(__file__).with_name("dataset_card.md.jinja")

# Far from the seeds of other requests.
OTHER_SEED = 1_000_000

Row = dict[str, Any]


@dataclass
class Drawn:
    """What became of the requests of one split: rows by task, and rows left out by reason."""

    rows: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def build(recipe: Recipe, run_dir: Path) -> None:
    """Write `data/{train,validation,test}.parquet` and a dataset card below `run_dir`.

    Raises:
        StageError: there are fewer evaluation requests than the recipe asks for, or no row of a split
            is left.
    """
    evaluation = evaluation_requests(recipe.data.test_requests)
    held_out = {
        messages[-1]["content"]
        for request, seed in evaluation_requests(
            max(recipe.data.test_requests, recipe.evaluate.requests)
        )
        for messages in _prompts(request, seed)
    }
    counts = {"train": recipe.data.train_requests, "validation": recipe.data.validation_requests}
    drawn: dict[str, Drawn] = {}
    for number, (split, count) in enumerate(counts.items()):
        seeds = range(count * number, count * number + count)
        requests = _requests(f"{recipe.seed} {split}", count)
        drawn[split] = _write(
            run_dir, split, zip(requests, seeds, strict=True), count, recipe, held_out
        )
        # What validation may not repeat: the outline prompts of training.
        held_out = held_out | drawn_prompts(run_dir, split)
    drawn["test"] = _write(run_dir, "test", iter(evaluation), len(evaluation), recipe, set())
    card = _card(recipe, drawn)
    with replacing(run_dir / "data" / "README.md") as part:
        part.write_text(card, encoding="utf-8")


def evaluation_requests(count: int) -> list[tuple[PlanRequest, int]]:
    """The first `count` evaluation requests with their seeds.

    Raises:
        StageError: there are not so many.
    """
    lines = EVALUATION.read_text(encoding="utf-8").splitlines()
    if len(lines) < count:
        raise StageError(f"data.test_requests: {EVALUATION.name} holds {len(lines)} requests")
    found = []
    for line in lines[:count]:
        data = json.loads(line)
        seed = data.pop("seed")
        found.append((request_from_json(data), seed))
    return found


def rows_of(request: PlanRequest, seed: int, outlines: int, dropped: Counter[str]) -> Iterator[Row]:
    """The rows of one request: `outlines` outlines, and the weeks of the first.

    A plan with an error-level finding or a week that would need a repair gives no rows; the reason
    is counted in `dropped`.
    """
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    drafts: list[WeekDraft] = []
    for line in lines:
        drafts.append(coach.write_week(envelope, line, seed, drafts))
    problem = _problem(envelope, lines, drafts)
    if problem is not None:
        dropped[problem] += 1
        return
    others = (coach.write_outline(envelope, seed + n * OTHER_SEED) for n in range(1, outlines))
    for text in dict.fromkeys(map(notation.print_outline, (lines, *others))):
        yield _row("outline", 0, outline_prompt(envelope), text)
    for line, draft in zip(lines, drafts, strict=True):
        prompt = week_prompt(request, week_envelope(envelope, line))
        yield _row("week", line.number, prompt, notation.print_week(draft))


def drawn_prompts(run_dir: Path, split: str) -> set[str]:
    """The outline prompts of a split that was written."""
    rows = Dataset.from_parquet(str(run_dir / "data" / f"{split}.parquet"), keep_in_memory=True)
    return {
        messages[1]["content"]
        for messages, task in zip(rows["messages"], rows["task"], strict=True)
        if task == "outline"
    }


def _requests(seed: str, count: int) -> Iterator[PlanRequest]:
    rng = random.Random(seed)
    for _ in range(count):
        yield sample_request(rng, sample_details)


def _write(
    run_dir: Path,
    split: str,
    requests: Iterator[tuple[PlanRequest, int]],
    count: int,
    recipe: Recipe,
    held_out: set[str],
) -> Drawn:
    drawn = Drawn()
    rows: list[Row] = []
    for number, (request, seed) in enumerate(tqdm(requests, split, count, unit="request")):
        found = list(rows_of(request, seed, recipe.data.outlines_per_request, drawn.dropped))
        if found and found[0]["messages"][1]["content"] in held_out:
            drawn.dropped["request is in another split"] += 1
            continue
        for row in found:
            if row["messages"][1]["content"] in held_out:
                drawn.dropped["prompt is in another split"] += 1
                continue
            drawn.rows[row["task"]] += 1
            rows.append({**row, "request_id": f"{split}-{number}"})
    if not rows:
        raise StageError(f"data: no {split} rows are left: {dict(drawn.dropped)}")
    with replacing(run_dir / "data" / f"{split}.parquet") as part:
        Dataset.from_list(rows).to_parquet(str(part))
    return drawn


def _prompts(request: PlanRequest, seed: int) -> Iterable[tuple[Message, ...]]:
    envelope = build_envelope(request)
    yield outline_prompt(envelope)
    for line in coach.write_outline(envelope, seed):
        yield week_prompt(request, week_envelope(envelope, line))


def _problem(
    envelope: Envelope, lines: tuple[OutlineLine, ...], drafts: list[WeekDraft]
) -> str | None:
    """Why the coach's plan is not good enough to learn from."""
    if notation.outline_fits(lines, envelope) is not None:
        return "outline leaves the envelope"
    for line, draft in zip(lines, drafts, strict=True):
        if week_problem(draft, week_envelope(envelope, line)) is not None:
            return "week would need a repair"
    plan = assemble_plan(envelope, lines, drafts, Provenance("coach", "rules", 0, ()))
    return next((f.code for f in check(plan) if f.level == "error"), None)


def _row(task: str, week: int, prompt: tuple[Message, ...], answer: str) -> Row:
    return {
        "task": task,
        "week": week,
        "messages": [*prompt, {"role": "assistant", "content": answer}],
    }


def _card(recipe: Recipe, drawn: dict[str, Drawn]) -> str:
    template = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    ).from_string(_CARD.read_text("utf-8"))
    return template.render(recipe=recipe, drawn=drawn)
