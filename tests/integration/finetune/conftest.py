"""A whole small run: real rows by the coach, a model that trains in seconds."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasets import Dataset

from finetune import config
from finetune.config import Recipe
from finetune.stages import run_stages
from runplan import coach
from runplan.backends.base import Message
from runplan.envelope import build_envelope
from runplan.notation import print_outline, print_week
from runplan.prompts import outline_prompt, week_prompt
from runplan.request import PlanRequest

TINY = (
    "tokenizer.vocab_size=600",
    "base.architecture.hidden_size=64",
    "base.architecture.layers=2",
    "base.architecture.feed_forward_size=128",
    "base.training.steps=150",
    "base.training.warmup_steps=4",
    "base.training.accumulation=1",
    "base.training.tokens_per_batch=1024",
    "base.training.learning_rate=0.005",
    "base.training.precision=float32",
    "lora.rank=16",
    "lora.alpha=32",
    "lora.training.steps=12",
    "lora.training.warmup_steps=2",
    "lora.training.accumulation=1",
    "lora.training.tokens_per_batch=2048",
    "lora.training.learning_rate=0.003",
    "lora.training.precision=float32",
)
TRAIN = ("tokenizer", "tokens", "base", "lora", "merge", "export")


def tiny_recipe(*overrides: str) -> Recipe:
    return config.load("nano", [*TINY, *overrides])


def coach_rows(requests: int, seed: int) -> Iterator[dict[str, object]]:
    """An outline row and two week rows for each request."""
    rng = random.Random(seed)
    for number in range(requests):
        request = PlanRequest(
            race=rng.choice(("5K", "10K", "half")),
            level=rng.choice(("beginner", "intermediate")),
            weeks=rng.randint(6, 10),
            days_per_week=rng.randint(3, 5),
        )
        envelope = build_envelope(request)
        outline = coach.write_outline(envelope, number)
        yield _row(outline_prompt(envelope, outline), print_outline(outline), "outline", number)
        for line in rng.sample(outline, 2):
            brief = coach.week_brief(envelope, line, number)
            week = print_week(coach.follow(brief, number))
            yield _row(week_prompt(brief), week, "week", number)


def _row(prompt: tuple[Message, ...], answer: str, task: str, number: int) -> dict[str, object]:
    messages = [*prompt, {"role": "assistant", "content": answer}]
    return {"messages": messages, "task": task, "request_id": str(number)}


def write_rows(run_dir: Path) -> Path:
    """The data stage's results, in small."""
    (run_dir / "data").mkdir(parents=True)
    for seed, (split, requests) in enumerate((("train", 60), ("validation", 8), ("test", 8))):
        rows = Dataset.from_list(list(coach_rows(requests, seed)))
        rows.to_parquet(run_dir / "data" / f"{split}.parquet")
    return run_dir


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return tiny_recipe()


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> Path:
    """A finished run, up to the GGUF files. Shared: tests only read it."""
    folder = write_rows(tmp_path_factory.mktemp("run"))
    run_stages(TRAIN, recipe, folder)
    return folder
