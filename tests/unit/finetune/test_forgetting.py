import json
from pathlib import Path

import pytest
from datasets import Dataset

from finetune import config
from finetune.config import GENERAL_CHAT, Recipe
from finetune.duplicates import Seen
from finetune.errors import StageError
from finetune.forgetting import chat_rows, forgetting
from finetune.mapping import ROLES
from finetune.tokenizer import train_tokenizer
from finetune.tokens import IGNORED

CHAT = [json.loads(line)["messages"] for line in GENERAL_CHAT.read_text("utf-8").splitlines()]
REPLAY = "sources=[{name: replay, hub: owner/chat, columns: {messages: turns}, share: 0.1}]"
OWN = "sources=[{name: club, path: club.csv, columns: {prompt: q, answer: a}}]"
PLANS = "sources=[{name: plans, hub: owner/plans, columns: {plan: plan}}]"


def conversation(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer, and validation rows of the coach and of three sources."""
    folder = tmp_path_factory.mktemp("run")
    texts = [turn["content"] for messages in CHAT for turn in messages]
    train_tokenizer(texts, 400, 1024).save_pretrained(folder / "tokenizer")
    rows = [
        {"task": task, "messages": conversation(f"{task} {number}", "x" * number)}
        for number in range(1, 9)
        for task in ("outline", "club", "replay", "plans")
    ]
    (folder / "data").mkdir()
    Dataset.from_list(rows).to_parquet(folder / "data" / "validation.parquet")
    return folder


def recipe(*overrides: str) -> Recipe:
    return config.load("nano", overrides)


def test_the_chat_that_ships_is_questions_with_answers() -> None:
    assert len(CHAT) == 40
    seen = Seen()
    for messages in CHAT:
        assert [turn["role"] for turn in messages] == ["user", "assistant"]
        assert set(ROLES.values()) >= {turn["role"] for turn in messages}
        assert seen.add("\n".join(turn["content"] for turn in messages)) is None
        assert not any("running" in turn["content"].split() for turn in messages)


@pytest.mark.parametrize("sources", [(), (OWN,), (PLANS,)])
def test_without_chat_of_the_hub_it_is_taken(run_dir: Path, sources: tuple[str, ...]) -> None:
    rows, name = chat_rows(recipe(*sources), run_dir)
    assert (len(rows), name) == (40, "general_chat.jsonl")
    for row in rows:
        learnt = [label for label in row["labels"] if label != IGNORED]
        assert 0 < len(learnt) < row["length"]


def test_held_out_rows_of_the_hub_come_first(run_dir: Path) -> None:
    rows, name = chat_rows(recipe(REPLAY), run_dir)
    assert name == "owner/chat"
    assert len(rows) == 8
    lengths = {sum(label != IGNORED for label in row["labels"]) for row in rows}
    assert len(lengths) > 1


def test_there_may_be_fewer(run_dir: Path) -> None:
    for sources, count in (((), 5), ((REPLAY,), 3)):
        rows, _ = chat_rows(recipe(f"evaluate.chat_rows={count}", *sources), run_dir)
        assert len(rows) == count


def test_a_row_beyond_the_context_is_refused(run_dir: Path, tmp_path: Path) -> None:
    train_tokenizer(["a"], 300, 64).save_pretrained(tmp_path / "tokenizer")
    (tmp_path / "data").symlink_to(run_dir / "data")
    with pytest.raises(StageError, match="more than context_length 64"):
        chat_rows(recipe(), tmp_path)


def test_forgetting_is_a_share() -> None:
    assert forgetting(10.0, 12.5) == 0.25
    assert forgetting(10.0, 9.0) == pytest.approx(-0.1)
    assert forgetting(7.0, 7.0) == 0
