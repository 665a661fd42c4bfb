"""Options of the training loop: when it stops, how the rate falls, where curves go."""

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from finetune.batching import batches
from finetune.config import Architecture, Runtime, Training
from finetune.errors import StageError
from finetune.files import read_json
from finetune.models import new_model
from finetune.nll import assistant_nll
from finetune.tokenizer import train_tokenizer
from finetune.tokens import tokenise
from finetune.training import fit

SHAPE = Architecture(
    hidden_size=32,
    layers=1,
    heads=2,
    kv_heads=1,
    feed_forward_size=64,
    context_length=64,
    rope_theta=10000.0,
)
ANSWERS = ["Tue easy 5", "Sun long 8\nTue easy 5", "Thu easy 4", "Sun long 9", "Sat easy 3"]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer([*ANSWERS, "Week 3"] * 3, 300, SHAPE.context_length)


@pytest.fixture(scope="module")
def rows(tokenizer: PreTrainedTokenizerFast) -> Dataset:
    return tokenise(
        Dataset.from_list(
            [
                {
                    "messages": [
                        {"role": "user", "content": f"Week {number}"},
                        {"role": "assistant", "content": answer},
                    ]
                }
                for number, answer in enumerate(ANSWERS)
            ]
        ),
        tokenizer,
    )


def training(**changes: Any) -> Training:
    settings: dict[str, Any] = {
        "steps": 4,
        "tokens_per_batch": 1000,
        "rows_per_batch": 2,
        "accumulation": 1,
        "learning_rate": 0.001,
        "final_rate_share": 0.0,
        "warmup_steps": 0,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "precision": "float32",
        "checkpoint_steps": 100,
        "log_steps": 1,
    }
    return Training.model_validate(settings | changes)


def curve(folder: Path, name: str = "tiny") -> list[dict[str, float]]:
    return read_json(folder / "curves" / f"{name}.json")["log_history"]


def test_it_stops_early_and_leaves_the_best_weights(
    tokenizer: PreTrainedTokenizerFast, rows: Dataset, tmp_path: Path
) -> None:
    """At so high a rate the loss soon rises. The validation loss is per token, as in the metrics."""
    model = new_model(SHAPE, tokenizer, 1)
    held_out = rows.select([3, 4])
    settings = training(steps=40, learning_rate=0.3, checkpoint_steps=1, patience=2)
    folder = tmp_path / "tiny-checkpoints"
    fit(model, rows, tokenizer, settings, seed=1, folder=folder, validation=held_out)
    losses = [entry["eval_loss"] for entry in curve(tmp_path) if "eval_loss" in entry]
    assert len(losses) < 40
    assert min(losses) == losses[-3]
    assert assistant_nll(model, list(held_out)).mean == pytest.approx(min(losses), rel=1e-6)


def test_epochs_read_every_row_that_often(
    tokenizer: PreTrainedTokenizerFast, rows: Dataset, tmp_path: Path
) -> None:
    model = new_model(SHAPE, tokenizer, 1)
    settings = training(steps=None, epochs=3, accumulation=2, schedule="linear")
    trained = fit(model, rows, tokenizer, settings, seed=1, folder=tmp_path / "tiny-checkpoints")
    assert trained.tokens == 3 * sum(rows["length"])
    rates = [entry["learning_rate"] for entry in curve(tmp_path) if "learning_rate" in entry]
    # Three batches, two of them in a step.
    assert rates == pytest.approx([0.001 * (6 - step) / 6 for step in range(6)])


def test_no_batch_has_more_rows_than_it_may() -> None:
    grouped = batches([5, 90, 7, 7, 30, 31, 8, 5] * 7, 1000, seed=3, most_rows=3)
    assert max(len(group) for group in grouped) == 3
    assert sorted(row for group in grouped for row in group) == list(range(56))


def test_watching_and_saving_memory_change_no_weight(
    tokenizer: PreTrainedTokenizerFast, rows: Dataset, tmp_path: Path
) -> None:
    losses = []
    for name, runtime in (
        ("plain", Runtime()),
        ("watched", Runtime(tracker="tensorboard", gradient_checkpointing=True)),
    ):
        model = new_model(SHAPE, tokenizer, 1)
        folder = tmp_path / f"{name}-checkpoints"
        fit(model, rows, tokenizer, training(), seed=1, folder=folder, runtime=runtime)
        losses.append([entry.get("loss") for entry in curve(tmp_path, name)])
    assert losses[0] == losses[1]
    assert list((tmp_path / "tracking" / "watched").glob("events.out.tfevents*"))
    assert not (tmp_path / "tracking" / "plain").exists()


def test_compiled_layers_learn_the_same(
    tokenizer: PreTrainedTokenizerFast, rows: Dataset, tmp_path: Path
) -> None:
    losses = []
    for name, runtime in (("plain", Runtime()), ("compiled", Runtime(compile=True))):
        model = new_model(SHAPE, tokenizer, 1)
        folder = tmp_path / f"{name}-checkpoints"
        fit(model, rows, tokenizer, training(), seed=1, folder=folder, runtime=runtime)
        assert model.model.layers[0]._compiled_call_impl is not None or name == "plain"
        losses.append([entry["loss"] for entry in curve(tmp_path, name) if "loss" in entry])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][0] != losses[0][-1]


def test_without_a_compiler_nothing_is_compiled(
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(StageError, match=r"runtime.compile: there is no C\+\+ compiler"):
        fit(
            new_model(SHAPE, tokenizer, 1),
            rows,
            tokenizer,
            training(),
            seed=1,
            folder=tmp_path / "tiny-checkpoints",
            runtime=Runtime(compile=True),
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"precision": "float16"}, "float16 needs a GPU"),
        ({"steps": None, "epochs": 1, "warmup_steps": 9}, "warmup_steps is 9, of 3 steps"),
    ],
)
def test_what_this_machine_or_data_set_cannot_do_is_one_line(
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    tmp_path: Path,
    changes: dict[str, Any],
    said: str,
) -> None:
    model = new_model(SHAPE, tokenizer, 1)
    with pytest.raises(StageError, match=said):
        fit(
            model,
            rows,
            tokenizer,
            training(**changes),
            seed=1,
            folder=tmp_path / "tiny-checkpoints",
        )
