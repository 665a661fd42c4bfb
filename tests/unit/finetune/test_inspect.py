import io
from collections import Counter
from pathlib import Path

import pytest
from datasets import Dataset
from rich.console import Console

from finetune.config import load
from finetune.dataset import rows_of
from finetune.errors import StageError
from finetune.inspect import SHOWN, coloured, show
from finetune.tokenizer import load_tokenizer, train_tokenizer
from finetune.tokens import IGNORED, read_rows, tokenise
from tests.support.plans import make_request

RECIPE = load("nano")
CARD = "---\nfront\n---\n# Title\n\nProse.\n\n| Split | left out |\n|---|---|\n| train | 7 of [them] |\n\nMore."


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "data").mkdir()
    texts: list[str] = []
    for seed, split in enumerate(("train", "validation", "test")):
        rows = [
            row
            for days in (4, 5)
            for row in rows_of(
                make_request(weeks=6, days_per_week=days, details="sore knee, zoë"), seed, Counter()
            )
        ]
        Dataset.from_list(rows).to_parquet(str(folder / "data" / f"{split}.parquet"))
        texts += [message["content"] for row in rows for message in row["messages"]]
    (folder / "data" / "README.md").write_text(CARD, encoding="utf-8")
    train_tokenizer(texts, 500, 1024).save_pretrained(folder / "tokenizer")
    return folder


def shown(run_dir: Path) -> str:
    console = Console(record=True, file=io.StringIO(), width=120, force_terminal=True)
    show(RECIPE, run_dir, console)
    return console.export_text(clear=False)


def test_rows_of_both_tasks_lengths_and_what_was_left_out(run_dir: Path) -> None:
    text = shown(run_dir)
    assert text.count("outline, row ") == text.count("week, row ") == SHOWN
    assert "10K beginner 6 weeks 4 days km" in text
    assert "Details: sore knee, zoë" in text
    assert "<|start_header_id|>assistant<|end_header_id|>" in text
    assert "Note " in text
    for split in ("train", "validation", "test"):
        assert sum(line.count(f" {split} ") for line in text.splitlines() if "│" in line) == 2
    assert "| train | 7 of [them] |" in text
    assert "Prose." not in text


def test_every_learnt_token_is_green_and_no_other(run_dir: Path) -> None:
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = read_rows(run_dir / "data" / "train.parquet")
    row = tokenise(rows.select([0]), tokenizer)[0]
    text = coloured(row["input_ids"], row["labels"], tokenizer)
    green = "".join(
        text.plain[span.start : span.end] for span in text.spans if "green" in str(span.style)
    )
    answer = rows[0]["messages"][2]["content"]
    assert green.replace("�", "") == f"{answer}<|eot_id|>"
    assert text.plain.endswith(green)
    assert len(text.spans) == len(row["input_ids"])
    assert sum(label != IGNORED for label in row["labels"]) < len(row["labels"]) / 2


@pytest.mark.parametrize("missing", ["data", "tokenizer"])
def test_what_is_missing_is_named(run_dir: Path, tmp_path: Path, missing: str) -> None:
    for name in {"data", "tokenizer"} - {missing}:
        (tmp_path / name).symlink_to(run_dir / name)
    with pytest.raises(StageError, match=rf"{missing}.* is missing; run data and train first"):
        show(RECIPE, tmp_path)
