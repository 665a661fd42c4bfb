"""Training learns, repeats itself, and survives being cut off."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from finetune.callbacks import last_whole
from finetune.config import Recipe
from finetune.methods import tune
from finetune.models import load_model, new_model
from finetune.nll import assistant_nll
from finetune.pretrain import train_base
from finetune.stages import marker
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from finetune.training import fit
from tests.integration.finetune.conftest import TINY, tiny_recipe

ROOT = Path(__file__).parents[3]


def beginning(run_dir: Path, folder: Path, *needed: str) -> Path:
    """A run folder that holds only what a training stage reads."""
    for part in ("tokenizer", "tokens", *needed):
        shutil.copytree(run_dir / part, folder / part)
    return folder


def test_each_stage_lowers_the_loss(run_dir: Path, recipe: Recipe) -> None:
    rows = list(read_tokens(run_dir, "validation"))
    random = new_model(recipe.base.architecture, load_tokenizer(run_dir / "tokenizer"), 0)
    losses = [
        assistant_nll(model, rows).mean
        for model in (random, load_model(run_dir / "base"), load_model(run_dir / "merged"))
    ]
    assert losses[0] - 2 > losses[1] > losses[2]


def test_one_seed_gives_one_model(run_dir: Path, tmp_path: Path) -> None:
    weights = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        folder = beginning(run_dir, tmp_path / name)
        train_base(tiny_recipe("base.training.steps=5", f"seed={seed}"), folder)
        weights.append(load_file(folder / "base" / "model.safetensors"))
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    assert not all(torch.equal(weights[0][key], weights[2][key]) for key in weights[0])


@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_resumed_base_equals_one_that_was_not_cut_off(
    run_dir: Path, tmp_path: Path, precision: str, accumulation: int
) -> None:
    recipe = tiny_recipe(
        "base.training.steps=8",
        "base.training.checkpoint_steps=4",
        "base.training.log_steps=2",
        f"base.training.precision={precision}",
        f"base.training.accumulation={accumulation}",
    )
    whole = beginning(run_dir, tmp_path / "whole")
    facts = train_base(recipe, whole)
    cut = beginning(run_dir, tmp_path / "cut")
    shutil.copytree(
        whole / "base-checkpoints" / "checkpoint-4", cut / "base-checkpoints" / "checkpoint-4"
    )
    assert train_base(recipe, cut)["loss"] == facts["loss"]
    expected = load_file(whole / "base" / "model.safetensors")
    found = load_file(cut / "base" / "model.safetensors")
    assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_resumed_adapters_equal_ones_that_were_not_cut_off(run_dir: Path, tmp_path: Path) -> None:
    """With dropout, so that the state of the random numbers is part of what is kept."""
    recipe = tiny_recipe(
        "lora.training.steps=8", "lora.training.checkpoint_steps=4", "lora.dropout=0.1"
    )
    whole = beginning(run_dir, tmp_path / "whole", "base")
    tune(recipe, whole)
    cut = beginning(run_dir, tmp_path / "cut", "base")
    shutil.copytree(
        whole / "adapter-checkpoints" / "checkpoint-4", cut / "adapter-checkpoints" / "checkpoint-4"
    )
    tune(recipe, cut)
    expected = load_file(whole / "adapter" / "adapter_model.safetensors")
    found = load_file(cut / "adapter" / "adapter_model.safetensors")
    assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_a_checkpoint_that_was_cut_off_is_not_used(run_dir: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe("base.training.steps=8", "base.training.checkpoint_steps=4")
    folder = beginning(run_dir, tmp_path / "cut")
    train_base(recipe, folder)
    checkpoints = folder / "base-checkpoints"
    (checkpoints / "checkpoint-8" / "whole.json").unlink()
    assert last_whole(checkpoints) == checkpoints / "checkpoint-4"


def test_a_model_that_knows_its_rows_by_heart_stops(run_dir: Path, recipe: Recipe) -> None:
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = read_tokens(run_dir, "train").filter(lambda row: row["length"] < 250).select(range(4))
    model = new_model(recipe.base.architecture, tokenizer, 1)
    training = tiny_recipe(
        "base.training.steps=150", "base.training.checkpoint_steps=1000"
    ).base.training
    fit(
        model, rows, tokenizer, training, seed=1, learn_all=True, folder=run_dir.parent / "by-heart"
    )
    for row in rows:
        learnt = [token for token in row["labels"] if token != -100]
        prompt = torch.tensor([row["input_ids"][: -len(learnt)]])
        written = model.eval().generate(prompt, max_new_tokens=200, do_sample=False, use_cache=True)
        assert written[0, prompt.shape[1] :].tolist() == learnt


def test_a_killed_command_goes_on(run_dir: Path, tmp_path: Path) -> None:
    folder = beginning(run_dir, tmp_path / "killed")
    shutil.copytree(run_dir / "data", folder / "data")
    (folder / "stages").mkdir()
    for stage in ("tokenizer", "tokens"):
        shutil.copy(marker(run_dir, stage), marker(folder, stage))
    command = [sys.executable, "-m", "finetune", "train", "--recipe", "nano"]
    command += ["--run-dir", str(folder), *TINY, "base.training.checkpoint_steps=5"]
    command += ["base.training.steps=60", "lora.training.steps=3"]

    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    patience = time.monotonic() + 120
    while last_whole(folder / "base-checkpoints") is None:
        assert process.poll() is None
        assert time.monotonic() < patience
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "base").exists()

    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "tokens: done before, skipped" in again.stdout
    assert "base: going on" in again.stdout
    straight = beginning(run_dir, tmp_path / "straight")
    train_base(tiny_recipe("base.training.steps=60"), straight)
    expected = load_file(straight / "base" / "model.safetensors")
    found = load_file(folder / "base" / "model.safetensors")
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    assert not (folder / "base-checkpoints").exists()

    third = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert third.stdout.count("done before, skipped") == 4
    assert (folder / "adapter" / "adapter_model.safetensors").exists()
