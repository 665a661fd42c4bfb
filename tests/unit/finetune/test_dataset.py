import random
import re
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest
from datasets import Dataset

from finetune import dataset
from finetune.config import Recipe, load
from finetune.dataset import Drawn, Row, build, evaluation_requests, rows_of
from finetune.errors import StageError
from finetune.requests import sample_request
from runplan import coach
from runplan.briefs import WeekBrief
from runplan.drafts import slot_keys
from runplan.envelope import build_envelope, week_envelope
from runplan.notation import parse_outline
from runplan.prompts import outline_prompt, week_prompt
from runplan.request import PlanRequest
from runplan.writer import read_outline, read_week
from tests.support.plans import make_request

SPLITS = ("train", "validation", "test")
EVALUATED = 40


def recipe(*changes: str) -> Recipe:
    return load(
        "nano",
        [
            "data.train_requests=60",
            "data.validation_requests=12",
            "data.test_requests=10",
            "data.outline_requests=40",
            "data.wishes=60",
            f"evaluate.requests={EVALUATED}",
            *changes,
        ],
    )


def rows(run_dir: Path, split: str) -> list[Row]:
    path = run_dir / "data" / f"{split}.parquet"
    return Dataset.from_parquet(str(path), keep_in_memory=True).to_list()


def asked(run_dir: Path, split: str, *tasks: str) -> set[str]:
    """The prompts of a split; those of `tasks`, where some are named."""
    return {
        row["messages"][-2]["content"]
        for row in rows(run_dir, split)
        if not tasks or row["task"] in tasks
    }


def evaluation_prompts(count: int = 500) -> set[str]:
    """Made from the coach's outline, as the evaluation asks for them."""
    found = set()
    for request, seed in evaluation_requests(count):
        envelope = build_envelope(request)
        lines = coach.write_outline(envelope, seed)
        found.add(outline_prompt(envelope, lines)[-1]["content"])
        for brief in coach.week_briefs(envelope, lines, seed):
            found.add(week_prompt(brief)[-1]["content"])
    return found


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    build(recipe(), folder)
    return folder


def test_the_same_recipe_gives_the_same_files(run_dir: Path, tmp_path: Path) -> None:
    build(recipe(), tmp_path)
    for name in ("train.parquet", "validation.parquet", "test.parquet", "README.md"):
        assert (tmp_path / "data" / name).read_bytes() == (run_dir / "data" / name).read_bytes()


def test_another_seed_gives_other_rows_but_the_same_test(run_dir: Path, tmp_path: Path) -> None:
    build(recipe("seed=2"), tmp_path)
    assert asked(tmp_path, "train") != asked(run_dir, "train")
    assert rows(tmp_path, "test") == rows(run_dir, "test")


def test_no_evaluation_prompt_is_in_training_or_validation(run_dir: Path) -> None:
    held_out = evaluation_prompts()
    assert len(held_out) > 5000
    assert not held_out & asked(run_dir, "train")
    assert not held_out & asked(run_dir, "validation")
    assert asked(run_dir, "test") <= held_out


@pytest.mark.parametrize("task", ["outline", "understand"])
def test_validation_asks_for_nothing_of_training(task: str, run_dir: Path) -> None:
    train, validation = (asked(run_dir, split, task) for split in ("train", "validation"))
    assert train
    assert validation
    assert not train & validation


def test_a_planted_leak_is_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaks = cycle(request for request, _ in evaluation_requests(EVALUATED))
    turns = cycle((True, False))

    def sample(rng: random.Random, details: object) -> PlanRequest:
        return next(leaks) if next(turns) else sample_request(rng, lambda _: "")

    monkeypatch.setattr(dataset, "sample_request", sample)
    build(recipe(), tmp_path)
    held_out = evaluation_prompts()
    assert not held_out & asked(tmp_path, "train")
    assert not held_out & asked(tmp_path, "validation")
    card = (tmp_path / "data" / "README.md").read_text("utf-8")
    counted = [int(count) for count in re.findall(r"request is in another split: (\d+)", card)]
    # Every second one.
    assert counted[0] >= 28
    names = {row["request_id"] for row in rows(tmp_path, "train") if row["task"] == "week"}
    assert 25 <= len(names) <= 30


def test_a_leaked_week_is_dropped_alone(run_dir: Path, tmp_path: Path) -> None:
    """As when two runners without free text come to the same week."""
    request, seed = evaluation_requests(1)[0]
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    brief = coach.week_briefs(envelope, lines, seed)[3]
    week = week_prompt(brief)[-1]["content"]
    (tmp_path / "data").mkdir()
    drawn = Drawn()
    plans = dataset._plans("train", [(request, seed)], drawn)
    dataset._write(tmp_path, "train", plans, {week}, drawn)
    assert drawn.dropped == {"prompt is in another split": 1}
    assert drawn.rows["week"] == len(lines) - 1
    assert week not in asked(tmp_path, "train")


def test_nothing_left_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaks = cycle(request for request, _ in evaluation_requests(EVALUATED))
    monkeypatch.setattr(dataset, "sample_request", lambda *_: next(leaks))
    with pytest.raises(StageError, match=r"no train rows .*another split"):
        build(recipe("data.outline_requests=0", "data.wishes=0"), tmp_path)


@pytest.mark.parametrize("split", SPLITS)
def test_every_row_is_what_the_app_would_ask_and_take(run_dir: Path, split: str) -> None:
    requests = {
        "test": [request for request, _ in evaluation_requests(10)],
        "train": [r for r, _ in dataset._requests(f"{recipe().seed} train", 60, 0, set(), Drawn())],
        "validation": [
            r for r, _ in dataset._requests(f"{recipe().seed} validation", 12, 60, set(), Drawn())
        ],
    }[split]
    outlines = {}
    for row in rows(run_dir, split):
        if not row["request_id"].startswith(split):
            continue
        request = requests[int(row["request_id"].removeprefix(f"{split}-"))]
        envelope = build_envelope(request)
        *prompt, answer = row["messages"]
        assert answer["role"] == "assistant"
        if row["task"] == "outline":
            lines = read_outline(answer["content"], envelope)
            outlines[row["request_id"]] = lines
            assert row["week"] == 0
            assert tuple(prompt) == outline_prompt(envelope, lines)
        else:
            week = week_envelope(envelope, outlines[row["request_id"]][row["week"] - 1])
            draft = read_week(answer["content"], week)
            brief = WeekBrief(week, slot_keys(draft.sessions), draft.note)
            assert tuple(prompt) == week_prompt(brief)
    assert len(outlines) >= 0.9 * len(requests)


def test_the_card_counts_the_rows(run_dir: Path) -> None:
    card = (run_dir / "data" / "README.md").read_text("utf-8")
    for split in SPLITS:
        tasks = Counter(row["task"] for row in rows(run_dir, split))
        counts = f"{tasks['outline']} | {tasks['week']} | {tasks['understand']}"
        assert f"| {split} | {counts} | " in card
    assert "--recipe nano`, seed\n20261121" in card
    assert "{{" not in card
    assert "{%" not in card


def test_a_request_gives_an_outline_and_its_weeks() -> None:
    outline, *weeks = rows_of(make_request(weeks=12), 1, Counter())
    assert len(parse_outline(outline["messages"][2]["content"])) == 12
    assert [row["week"] for row in weeks] == list(range(1, 13))


def test_a_bad_plan_gives_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "week_problem", lambda *_: "wrong")
    dropped: Counter[str] = Counter()
    assert list(rows_of(make_request(), 1, dropped)) == []
    assert dropped == {"week would need a repair": 1}


def test_more_test_requests_than_there_are() -> None:
    with pytest.raises(StageError, match="holds 500 requests"):
        evaluation_requests(501)
