"""The rows to learn from: the coach answers the prompts of the app, for random requests.

Each request gives an outline row and a row per week, as chat `messages`. Every row passes the same
checks as a model's text in the app. Further rows are outlines alone, part of them drills, and free
texts with what they ask for. The evaluation requests (`data/evaluation_requests.jsonl`) are the test
split; neither such a request nor a prompt of theirs is in training or validation.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from datasets import Dataset
from jinja2 import Environment, StrictUndefined
from tqdm import tqdm

from finetune.config import Recipe
from finetune.details import sample_details
from finetune.drills import outline_rows
from finetune.errors import StageError
from finetune.files import replacing
from finetune.plan_rows import Row, plan_row
from finetune.requests import sample_request
from finetune.sources import Mixed, add_sources
from finetune.wish_rows import wish_rows
from runplan import coach, notation
from runplan.assemble import assemble_plan
from runplan.backends.base import Message
from runplan.checks import check, week_problem
from runplan.drafts import OutlineLine, WeekDraft
from runplan.envelope import Envelope, build_envelope, week_envelope
from runplan.plan import Provenance
from runplan.prompts import outline_prompt, runner_text, week_prompt
from runplan.request import PlanRequest, request_from_json

EVALUATION = Path(__file__).parent.parent / "data" / "evaluation_requests.jsonl"
_CARD = Path(__file__).with_name("dataset_card.md.jinja")


@dataclass
class Drawn:
    """What became of the requests of one split: rows by task, and rows left out by reason."""

    rows: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def build(recipe: Recipe, run_dir: Path) -> None:
    """Write `data/{train,validation,test}.parquet` and a dataset card below `run_dir`.

    Raises:
        StageError: there are fewer evaluation requests than the recipe asks for, or no row of a split
            is left, or a source cannot be mixed in.
    """
    data, seed = recipe.data, recipe.seed
    everything = evaluation_requests(len(EVALUATION.read_text(encoding="utf-8").splitlines()))
    held_out = {
        messages[-1]["content"]
        for request, number in everything
        for messages in _prompts(request, number)
    }
    drawn = {split: Drawn() for split in ("train", "validation", "test")}
    train = drawn["train"]
    barred = {request_key(request) for request, _ in everything}
    whole = _requests(f"{seed} train", data.train_requests, 0, barred, train)
    further = _requests(f"{seed} outlines", data.outline_requests, 0, barred, train)
    _write(
        run_dir,
        "train",
        chain(
            _plans("train", whole, train),
            _named("outline", outline_rows(further, data.drill_share, seed, train.dropped)),
            _named("wish", wish_rows(data.wishes, f"{seed} train", train.dropped)),
        ),
        held_out,
        train,
    )
    # What validation may not repeat: the requests and free texts of training.
    held_out |= drawn_prompts(run_dir, "train")
    barred |= {request_key(request) for request, _ in chain(whole, further)}
    found = drawn["validation"]
    requests = _requests(
        f"{seed} validation", data.validation_requests, data.train_requests, barred, found
    )
    wishes = wish_rows(data.wishes // 10, f"{seed} validation", found.dropped, "validation")
    rows = chain(_plans("validation", requests, found), _named("wish", wishes))
    _write(run_dir, "validation", rows, held_out, found)
    evaluation = evaluation_requests(data.test_requests)
    _write(run_dir, "test", _plans("test", evaluation, drawn["test"]), set(), drawn["test"])
    mixed = add_sources(recipe, run_dir) if recipe.sources else []
    card = _card(recipe, drawn, mixed)
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


def rows_of(request: PlanRequest, seed: int, dropped: Counter[str]) -> Iterator[Row]:
    """The rows of one request: its outline and its weeks.

    A plan with an error-level finding or a week that would need a repair gives no rows; the reason
    is counted in `dropped`.
    """
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    drafts: list[WeekDraft] = []
    briefs = coach.week_briefs(envelope, lines, seed)
    for brief in briefs:
        drafts.append(coach.follow(brief, seed, drafts))
    problem = _problem(envelope, lines, drafts)
    if problem is not None:
        dropped[problem] += 1
        return
    yield plan_row("outline", 0, outline_prompt(envelope, lines), notation.print_outline(lines))
    for brief, draft in zip(briefs, drafts, strict=True):
        prompt = week_prompt(brief)
        yield plan_row("week", brief.week.line.number, prompt, notation.print_week(draft))


def drawn_prompts(run_dir: Path, split: str) -> set[str]:
    """The prompts of a split that was written, without those of weeks."""
    rows = Dataset.from_parquet(str(run_dir / "data" / f"{split}.parquet"), keep_in_memory=True)
    return {
        _prompt(messages)
        for messages, task in zip(rows["messages"], rows["task"], strict=True)
        if task != "week"
    }


def _prompt(messages: Sequence[Message]) -> str:
    """What the user says, before the answer; not every row has a system message."""
    return messages[-2]["content"]


def request_key(request: PlanRequest) -> tuple[object, ...]:
    """What two requests share for which a model is asked the same, whatever the seed draws."""
    return (runner_text(request), build_envelope(request).weeks)


def _requests(
    seed: str, count: int, first: int, barred: Set[tuple[object, ...]], drawn: Drawn
) -> list[tuple[PlanRequest, int]]:
    """`count` random requests, numbered from `first`, without those that other splits have."""
    rng = random.Random(seed)
    found = [(sample_request(rng, sample_details), first + number) for number in range(count)]
    kept = [(request, number) for request, number in found if request_key(request) not in barred]
    drawn.dropped["request is in another split"] += len(found) - len(kept)
    return kept


def _plans(
    split: str, requests: list[tuple[PlanRequest, int]], drawn: Drawn
) -> Iterator[tuple[str, Row]]:
    """Outlines and weeks, each with the name of its request."""
    for number, (request, seed) in enumerate(tqdm(requests, split, unit="request")):
        yield from ((f"{split}-{number}", row) for row in rows_of(request, seed, drawn.dropped))


def _named(prefix: str, rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    return ((f"{prefix}-{number}", row) for number, row in enumerate(rows))


def _write(
    run_dir: Path,
    split: str,
    found: Iterable[tuple[str, Row]],
    held_out: Set[str],
    drawn: Drawn,
) -> None:
    """Write the rows whose prompts are not held out."""
    rows: list[Row] = []
    for request_id, row in found:
        if _prompt(row["messages"]) in held_out:
            drawn.dropped["prompt is in another split"] += 1
        else:
            drawn.rows[row["task"]] += 1
            rows.append({**row, "request_id": request_id})
    if not rows:
        raise StageError(f"data: no {split} rows are left: {dict(drawn.dropped)}")
    with replacing(run_dir / "data" / f"{split}.parquet") as part:
        Dataset.from_list(rows).to_parquet(str(part))


def _prompts(request: PlanRequest, seed: int) -> Iterable[tuple[Message, ...]]:
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    yield outline_prompt(envelope, lines)
    for brief in coach.week_briefs(envelope, lines, seed):
        yield week_prompt(brief)


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


def _card(recipe: Recipe, drawn: dict[str, Drawn], mixed: list[Mixed]) -> str:
    template = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    ).from_string(_CARD.read_text("utf-8"))
    return template.render(recipe=recipe, drawn=drawn, mixed=mixed)
