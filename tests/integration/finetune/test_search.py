"""Searches that train: what falls behind ends early, and nothing is done twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

from finetune import config
from finetune.callbacks import last_whole
from finetune.files import write_json
from finetune.models import load_model
from finetune.nll import assistant_nll
from finetune.search import run
from finetune.search_space import Search
from finetune.stages import STAGES, marker, run_stages
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from tests.integration.finetune.conftest import TINY, write_rows

ROOT = Path(__file__).parents[3]
SETTINGS = [
    *TINY,
    "base.architecture.hidden_size=32",
    "base.architecture.layers=1",
    "base.training.steps=40",
    "base.training.checkpoint_steps=40",
    "lora.training.steps=27",
    "lora.training.validation_rows=12",
]
HALVING = {
    "name": "halving",
    "seed": 3,
    "sampler": "random",
    "pruner": "successive_halving",
    "trials": 6,
    "every_steps": 3,
    "space": {
        "lora.training.learning_rate": {"low": 0.00001, "high": 0.1, "log": True},
        "lora.rank": [4, 8, 16],
    },
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with data, tokenizer, tokens and base; tests only copy it."""
    folder = write_rows(tmp_path_factory.mktemp("begun"))
    recipe = config.load("nano", SETTINGS)
    write_json(marker(folder, "data"), {"settings": STAGES["data"].settings(recipe), "inputs": {}})
    run_stages(("data", "tokenizer", "tokens", "base"), recipe, folder)
    return folder


def found(folder: Path, name: str) -> dict[str, Any]:
    return json.loads((folder / "search" / name / "search.json").read_text())


@pytest.fixture(scope="module")
def halved(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run after a search with successive halving."""
    folder = tmp_path_factory.mktemp("halved") / "run"
    shutil.copytree(begun, folder)
    run(Search.model_validate(HALVING), "nano", SETTINGS, folder)
    return folder


def test_trials_that_fall_behind_end_early(halved: Path) -> None:
    summary = found(halved, "halving")
    assert summary["counts"]["pruned"] > 0
    assert summary["counts"]["complete"] > 0
    assert summary["counts"]["pruned"] + summary["counts"]["complete"] == 6
    assert summary["steps_without_pruning"] == 6 * 27
    assert summary["steps"] < 6 * 27
    assert summary["steps"] == sum(trial["steps"] for trial in summary["trials"])
    for trial in summary["trials"]:
        assert list(trial["losses"]) == [str(step) for step in range(3, trial["steps"] + 1, 3)]
        folder = halved / "search" / "halving" / f"trial-{trial['number']}"
        assert folder.exists() == (trial["state"] == "complete")


def test_the_best_trial_is_a_run_with_the_loss_that_was_reported(halved: Path) -> None:
    best = found(halved, "halving")["best"]
    folder = halved / "search" / "halving" / f"trial-{best['number']}"
    # Its base is the run's, not a copy.
    assert (folder / "base/model.safetensors").samefile(halved / "base/model.safetensors")
    rows = list(read_tokens(folder, "validation").select(range(12)))
    model = load_model(folder / "base", "float32")
    before = assistant_nll(model, rows).mean
    tuned = PeftModel.from_pretrained(model, folder / "adapter")
    assert assistant_nll(tuned, rows).mean == pytest.approx(best["loss"], rel=1e-5)
    assert best["loss"] < before - 0.01
    name, words = Search.model_validate(HALVING).words(best["values"], "nano", SETTINGS)
    run_stages(("merge",), config.load(name, words), folder)
    assert (folder / "merged" / "config.json").exists()


def test_a_killed_search_goes_on_and_repeats_nothing(
    begun: Path, halved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = tmp_path / "run", tmp_path / "halving.yaml"
    shutil.copytree(begun, folder)
    file.write_text(json.dumps(HALVING))
    command = [sys.executable, "-m", "finetune", "search", "--recipe", "nano"]
    command += ["--search", str(file), "--run-dir", str(folder), *SETTINGS]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    patience = time.monotonic() + 600
    checkpoints = folder / "search" / "halving" / "trial-0" / "adapter-checkpoints"
    try:
        while last_whole(checkpoints) is None:
            assert process.poll() is None
            assert time.monotonic() < patience
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()

    run(Search.model_validate(HALVING), "nano", SETTINGS, folder)
    assert "lora: going on" in capsys.readouterr().out
    # Number by number what it would have been without the kill.
    cut, straight = found(folder, "halving"), found(halved, "halving")
    assert [trial["values"] for trial in cut["trials"]] == [
        trial["values"] for trial in straight["trials"]
    ]
    for one, other in zip(cut["trials"], straight["trials"], strict=True):
        assert (one["state"], one["steps"]) == (other["state"], other["steps"])
        assert one["losses"] == pytest.approx(other["losses"], rel=1e-6)
    assert cut["steps"] == straight["steps"]


def test_a_grid_trains_each_base_once_and_counts_by_the_byte(begun: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    grid = Search.model_validate(
        {
            "name": "grid",
            "seed": 1,
            "sampler": "grid",
            "pruner": "none",
            "every_steps": 3,
            "loss": "byte",
            "space": {"base.training.learning_rate": [0.005, 0.001], "lora.rank": [4, 8, 16]},
        }
    )
    run(grid, "nano", [*SETTINGS, "lora.training.steps=4"], folder)
    summary = found(folder, "grid")
    assert [trial["values"] for trial in summary["trials"]] == list(grid.grid())
    assert summary["counts"]["complete"] == 6
    assert summary["steps"] == summary["steps_without_pruning"] == 24
    assert list(summary["trials"][0]["losses"]) == ["3", "4"]
    bases = [
        (folder / f"search/grid/trial-{number}/base/model.safetensors").stat().st_ino
        for number in range(6)
    ]
    assert bases == [bases[0]] * 3 + [bases[3]] * 3
    assert bases[0] == (folder / "base/model.safetensors").stat().st_ino != bases[3]

    best = folder / "search/grid" / f"trial-{summary['best']['number']}"
    rows = list(read_tokens(best, "validation").select(range(12)))
    tuned = PeftModel.from_pretrained(load_model(best / "base", "float32"), best / "adapter")
    learnt = [[token for token in row["labels"] if token >= 0] for row in rows]
    texts = load_tokenizer(best / "tokenizer").batch_decode(learnt, skip_special_tokens=True)
    written = sum(len(text.encode()) for text in texts)
    assert summary["best"]["loss"] == pytest.approx(assistant_nll(tuned, rows).total / written)


def test_a_loss_that_is_no_number_fails_the_trial_alone(begun: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    weights = load_file(folder / "base/model.safetensors")
    broken = {name: tensor * torch.nan for name, tensor in weights.items()}
    save_file(broken, folder / "base/model.safetensors", {"format": "pt"})
    run(Search.model_validate(HALVING | {"trials": 2}), "nano", SETTINGS, folder)
    trials = found(folder, "halving")["trials"]
    assert [trial["state"] for trial in trials] == ["fail", "fail"]
    assert trials[0]["problem"] == "the validation loss at step 3 is nan"
