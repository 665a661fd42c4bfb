"""Further rows are read, checked, kept apart by split and mixed in by share."""

import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, config
from rich.console import Console

from finetune import dataset, inspect
from finetune.config import Recipe, load
from finetune.dataset import rows_of
from finetune.duplicates import normal
from finetune.errors import StageError
from finetune.mapping import Source, first_question
from finetune.sources import SPLITS, Mixed, add_sources, read_source
from finetune.tokenizer import train_tokenizer
from tests.support.plans import make_request
from tests.unit.finetune.test_plan_rows import written

Row = dict[str, Any]
CHAT = {"messages": "conversations"}
PAIR = {"prompt": "question", "answer": "plan"}


def words(rng: random.Random, count: int) -> str:
    return " ".join(f"word{rng.randrange(5000)}" for _ in range(count))


def sharegpt(count: int, seed: int = 0) -> list[Row]:
    """Conversations as in FineTome-100k, of one round or two."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        turns = [("human", words(rng, 10)), ("gpt", words(rng, 30))] * (1 + number % 2)
        talk = [{"from": role, "value": text} for role, text in turns]
        rows.append({"conversations": talk, "source": "made", "score": 5.0})
    return rows


def lines(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recipe(*sources: Row, seed: int = 1) -> Recipe:
    return load("nano", [f"sources={json.dumps(sources, default=str)}", f"seed={seed}"])


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run with the coach's rows: 2 runners in training, 1 for each of the others."""
    data = tmp_path / "run" / "data"
    data.mkdir(parents=True)
    for split, races in (("train", ("5K", "10K")), ("validation", ("half",)), ("test", ("10K",))):
        rows = []
        for race in races:
            request = make_request(race=race, weeks=12, details=f"{split}, on grass please")
            for row in rows_of(request, 0, Counter()):
                rows.append({**row, "request_id": f"{split}-{race}"})
        Dataset.from_list(rows).to_parquet(str(data / f"{split}.parquet"))
    return data.parent


def split_rows(run_dir: Path, split: str) -> list[Row]:
    path = run_dir / "data" / f"{split}.parquet"
    return Dataset.from_parquet(str(path), keep_in_memory=True).to_list()


def of(run_dir: Path, split: str, name: str) -> list[Row]:
    return [row for row in split_rows(run_dir, split) if row["request_id"].startswith(f"{name}-")]


def rejects(run_dir: Path) -> list[tuple[int, str]]:
    text = (run_dir / "data" / "rejects.jsonl").read_text("utf-8")
    return [(entry["row"], entry["reason"]) for entry in map(json.loads, text.splitlines())]


def numbers(rows: list[Row]) -> set[int]:
    return {int(row["request_id"].rpartition("-")[2]) for row in rows}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_file_gives_the_same_rows(run_dir: Path, tmp_path: Path, suffix: str) -> None:
    rng = random.Random(3)
    rows = [{"question": words(rng, 9), "plan": words(rng, 20), "club": "x"} for _ in range(20)]
    rows[4]["plan"] = " "
    rows[5]["question"] = '10, with "quotes"\nand two lines, zoë'
    path = tmp_path / f"mine{suffix}"
    table = Dataset.from_list(rows)
    if suffix == ".csv":
        table.to_csv(str(path), index=False)
    elif suffix == ".parquet":
        table.to_parquet(str(path))
    else:
        lines(path, rows)
    before = split_rows(run_dir, "train")
    (found,) = add_sources(
        recipe({"name": "mine", "path": path, "columns": PAIR, "validation": 0}), run_dir
    )
    after = split_rows(run_dir, "train")
    assert after[: len(before)] == before
    assert [row["messages"] for row in after[len(before) :]] == [
        [
            {"role": "user", "content": row["question"]},
            {"role": "assistant", "content": row["plan"]},
        ]
        for number, row in enumerate(rows)
        if number != 4
    ]
    assert {row["task"] for row in after[len(before) :]} == {"mine"}
    assert rejects(run_dir) == [(5, "empty text")]
    assert (found.read, found.rejected) == (20, {"empty text": 1})
    assert found.rows == {"train": 19, "validation": 0}


def test_figures_in_a_csv_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("question,plan\n05,NA\n1e3,\n", encoding="utf-8")
    mine = Source.model_validate({"name": "mine", "path": path, "columns": PAIR})
    rows = [row for _, row in read_source(mine, tmp_path / "cache")]
    assert rows == [{"question": "05", "plan": "NA"}, {"question": "1e3", "plan": ""}]


def test_lines_that_cannot_be_learnt_from_are_listed_with_their_number(
    run_dir: Path, tmp_path: Path
) -> None:
    path = lines(tmp_path / "chat.jsonl", sharegpt(3))
    with path.open("a", encoding="utf-8") as file:
        file.write("{broken\n\n[1]\n")
        file.write(json.dumps({"conversations": [{"from": "human", "value": "Hi"}]}) + "\n")
        file.write(json.dumps({"other": 1}) + "\n")
        file.write(json.dumps(sharegpt(1)[0]).replace("word", "\\ud800", 1) + "\n")
    add_sources(recipe({"name": "chat", "path": path, "columns": CHAT}), run_dir)
    assert rejects(run_dir) == [
        (4, "not JSON"),
        (6, "not JSON"),
        (7, "no assistant turn"),
        (8, "no such column"),
        (9, "not text"),
    ]


@pytest.mark.parametrize("share", [0.1, 0.25])
def test_a_share_is_that_of_the_final_rows(run_dir: Path, tmp_path: Path, share: float) -> None:
    path = lines(tmp_path / "chat.jsonl", sharegpt(60))
    own = lines(tmp_path / "own.jsonl", sharegpt(10, seed=5))
    add_sources(
        recipe(
            {"name": "replay", "path": path, "columns": CHAT, "share": share},
            {"name": "own", "path": own, "columns": CHAT},
        ),
        run_dir,
    )
    for split in ("train", "validation"):
        total, replay = len(split_rows(run_dir, split)), len(of(run_dir, split, "replay"))
        assert replay == round(share * total)
    # All of it, but for what is kept for validation.
    assert len(of(run_dir, "train", "own")) == 9
    assert len(of(run_dir, "validation", "own")) == 1


def test_two_shares_are_both_met(run_dir: Path, tmp_path: Path) -> None:
    sources = [
        {
            "name": name,
            "path": lines(tmp_path / f"{name}.jsonl", sharegpt(60, seed)),
            "columns": CHAT,
            "share": share,
        }
        for name, seed, share in (("one", 1, 0.2), ("two", 2, 0.3))
    ]
    add_sources(recipe(*sources), run_dir)
    total = len(split_rows(run_dir, "train"))
    assert len(of(run_dir, "train", "one")) == round(0.2 * total)
    assert len(of(run_dir, "train", "two")) == round(0.3 * total)


def test_too_few_rows_for_a_share_are_an_error(run_dir: Path, tmp_path: Path) -> None:
    path = lines(tmp_path / "chat.jsonl", sharegpt(5))
    with pytest.raises(StageError, match=r"sources\.replay\.share: 0\.5 .* only 5 are left"):
        add_sources(
            recipe({"name": "replay", "path": path, "columns": CHAT, "share": 0.5}), run_dir
        )


def test_the_seed_decides_which_rows(run_dir: Path, tmp_path: Path) -> None:
    path = lines(tmp_path / "chat.jsonl", sharegpt(60))
    source = {"name": "replay", "path": path, "columns": CHAT, "share": 0.2}
    coach = {split: (run_dir / "data" / f"{split}.parquet").read_bytes() for split in SPLITS}
    drawn = []
    for seed in (1, 1, 2):
        for split, content in coach.items():
            (run_dir / "data" / f"{split}.parquet").write_bytes(content)
        add_sources(recipe(source, seed=seed), run_dir)
        drawn.append(split_rows(run_dir, "train"))
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert len(drawn[0]) == len(drawn[2])


def test_groups_and_prompts_stay_in_one_split(run_dir: Path, tmp_path: Path) -> None:
    rng = random.Random(7)
    rows = []
    for number in range(60):
        question = words(rng, 10) if number % 3 else "How shall I train for  a 10K?"
        rows.append({"question": question, "plan": words(rng, 30), "runner": number // 4})
    path = lines(tmp_path / "mine.jsonl", rows)
    mine = {"name": "mine", "path": path, "columns": {**PAIR, "group": "runner"}, "validation": 0.4}
    (found,) = add_sources(recipe(mine), run_dir)
    runners, prompts = (
        [
            {
                key(row)
                for split_row in [of(run_dir, split, "mine")]
                for number in numbers(split_row)
                for row in [rows[number - 1]]
            }
            for split in ("train", "validation")
        ]
        for key in (lambda row: row["runner"], lambda row: normal(row["question"]))
    )
    assert len(runners[1]) == 6
    assert not runners[0] & runners[1]
    assert not prompts[0] & prompts[1]
    # The prompt of many runners stands in validation, so that it leaves training.
    assert found.repeated["prompt in another split"] > 0


def test_repeats_are_removed_across_splits_and_sources(run_dir: Path, tmp_path: Path) -> None:
    base = sharegpt(30, seed=1)
    exact = [json.loads(json.dumps(row)) for row in base]
    near = [json.loads(json.dumps(row)) for row in base]
    for row in exact:
        row["conversations"][0]["value"] = row["conversations"][0]["value"].upper()
    for row in near:
        # Another word at both ends: the prompt is a new one, most of the text is not.
        row["conversations"][0]["value"] = f"first {row['conversations'][0]['value']}"
        row["conversations"][-1]["value"] += " last"
    sources = [
        {"name": name, "path": lines(tmp_path / f"{name}.jsonl", rows), "columns": CHAT}
        for name, rows in (("base", base), ("exact", exact), ("near", near))
    ]
    found = dict(zip(("base", "exact", "near"), add_sources(recipe(*sources), run_dir)))
    assert found["base"].rows.total() + found["base"].repeated.total() == 30
    kept = {name: found[name].rows.total() for name in found}
    assert sum(kept.values()) <= 31
    train = [set(normal(_said(row)).split()) for row in split_rows(run_dir, "train")]
    for name in found:
        for row in of(run_dir, "validation", name):
            spoken = set(normal(_said(row)).split())
            shares = [len(spoken & other) / len(spoken | other) for other in train]
            assert max(shares) < 0.5
    assert found["near"].repeated["near duplicate"] > 20
    assert found["exact"].repeated.total() > 20


def _said(row: Row) -> str:
    return "\n".join(turn["content"] for turn in row["messages"] if turn["role"] != "system")


def test_the_coachs_plans_do_not_come_back_as_ones_own(run_dir: Path, tmp_path: Path) -> None:
    """The plan of the test split in a file; without the guard its prompts would be trained on."""
    plans = [
        written(make_request(race="10K", weeks=12, details="test, on grass please")),
        written(make_request(race="marathon", level="advanced", weeks=16, days_per_week=6), seed=4),
        {"schema": "runplan/1"},
    ]
    path = lines(tmp_path / "plans.jsonl", [{"plan": plan} for plan in plans])
    mine = {"name": "mine", "path": path, "columns": {"plan": "plan"}, "validation": 0}
    (found,) = add_sources(recipe(mine), run_dir)
    rows = of(run_dir, "train", "mine")
    assert numbers(rows) == {2}
    assert Counter(row["task"] for row in rows) == {"outline": 1, "week": 16}
    assert found.repeated.total() == 1
    assert rejects(run_dir) == [(3, "not a valid plan")]
    tested = {normal(first_question(row["messages"])) for row in split_rows(run_dir, "test")}
    asked = {normal(first_question(row["messages"])) for row in split_rows(run_dir, "train")}
    assert not tested & asked


def test_a_folder_that_holds_a_dataset_stands_for_the_hub(run_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    Dataset.from_list(sharegpt(20)).to_parquet(str(folder / "train.parquet"))
    (found,) = add_sources(recipe({"name": "fine", "hub": folder, "columns": CHAT}), run_dir)
    assert found.rows == {"train": 18, "validation": 2}
    longest = max(len(row["messages"]) for row in of(run_dir, "train", "fine"))
    assert longest == 4


def test_the_hub_out_of_reach_is_one_clear_error(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "HF_HUB_OFFLINE", True)
    fine = {"name": "fine", "hub": "mlabonne/FineTome-100k", "columns": CHAT, "share": 0.1}
    with pytest.raises(StageError, match=r"^sources\.fine\.hub: mlabonne/FineTome-100k: .*\S$"):
        add_sources(recipe(fine), run_dir)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"split": "nope"}, r"sources\.fine\.hub: .*nope"),
        (
            {"columns": {"messages": "talk"}},
            r"sources\.fine\.columns\.messages: .*no column 'talk'",
        ),
        ({"columns": {"plan": "source"}}, r"sources\.fine: no row of .* is left.*not a valid plan"),
    ],
)
def test_what_is_wrong_with_a_dataset_is_named(
    run_dir: Path, tmp_path: Path, changes: Row, said: str
) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    Dataset.from_list(sharegpt(3)).to_parquet(str(folder / "train.parquet"))
    with pytest.raises(StageError, match=said):
        add_sources(recipe({"name": "fine", "hub": folder, "columns": CHAT, **changes}), run_dir)


def test_a_broken_file_is_named(run_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(StageError, match=r"sources\.mine\.path: .*mine\.parquet: \S"):
        add_sources(recipe({"name": "mine", "path": path, "columns": PAIR}), run_dir)


def test_the_card_counts_and_inspect_shows_the_result(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*sharegpt(30), {"conversations": []}]
    path = lines(tmp_path / "chat.jsonl", rows)
    mixed = recipe({"name": "replay", "path": path, "columns": CHAT})
    found: list[Mixed] = add_sources(mixed, run_dir)
    drawn = {split: dataset.Drawn() for split in SPLITS}
    card = dataset._card(mixed, drawn, found)
    line = "| replay | chat.jsonl | 31 | no messages: 1 | none | 27 | 3 |"
    assert line in card.splitlines()
    (run_dir / "data" / "README.md").write_text(card, encoding="utf-8")
    texts = [_said(row) for split in SPLITS for row in split_rows(run_dir, split)]
    train_tokenizer(texts, 600, 2048).save_pretrained(run_dir / "tokenizer")
    console = Console(record=True, file=io.StringIO(), width=160)
    inspect.show(mixed, run_dir, console)
    shown = console.export_text()
    assert shown.count("replay, row ") == inspect.SHOWN
    assert line in shown
    assert of(run_dir, "train", "replay")[0]["messages"][0]["content"] in shown.replace("\n", "")


def test_a_card_without_sources_does_not_speak_of_them() -> None:
    card = dataset._card(load("nano"), {split: dataset.Drawn() for split in SPLITS}, [])
    assert "ource" not in card
    assert "rejects" not in card
