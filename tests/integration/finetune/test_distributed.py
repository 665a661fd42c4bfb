"""Two processes of `accelerate launch` learn what one learns alone."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from finetune import cli, config
from finetune.errors import StageError
from finetune.files import read_json
from finetune.pretrain import train_base
from tests.support.short_run import STEPS, difference, settings, write_rows

ROOT = Path(__file__).parents[3]
CONFIGURATION = ROOT / "finetune" / "accelerate" / "cpu2.yaml"
CHECKPOINT = "base-checkpoints/checkpoint-4"
FILES = ("base/model.safetensors", "adapter/adapter_model.safetensors")


def command(folder: Path, *overrides: str) -> list[str]:
    return ["train", "--recipe", "nano", "--run-dir", str(folder), *overrides]


@dataclass(frozen=True)
class Runs:
    alone: Path
    together: Path
    output: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The base of the run together was begun by one process; its adapters were not."""
    alone = write_rows(tmp_path_factory.mktemp("alone"))
    assert cli.main(command(alone, *settings())) == 0
    together = write_rows(tmp_path_factory.mktemp("together"))
    begun = tmp_path_factory.mktemp("begun")
    for needed in ("tokenizer", "tokens"):
        shutil.copytree(alone / needed, begun / needed)
    train_base(config.load("nano", settings()), begun)
    shutil.copytree(begun / CHECKPOINT, together / CHECKPOINT)
    launch = ("accelerate.commands.launch", "--config_file", str(CONFIGURATION), "-m", "finetune")
    done = subprocess.run(
        [sys.executable, "-m", *launch, *command(together, *settings())],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return Runs(alone, together, done.stdout)


@pytest.mark.parametrize("file", FILES)
def test_two_processes_end_with_the_weights_of_one(runs: Runs, file: str) -> None:
    """The last step of an epoch has three batches, which two processes cannot share evenly."""
    assert difference(runs.alone / file, runs.together / file) < 1e-5


def test_two_processes_go_on_from_the_checkpoint_of_one(runs: Runs) -> None:
    (bar,) = set(re.findall(r"base: .*?\| (\d/\d) \[00:00<\?", runs.output))
    assert bar == f"4/{STEPS}"


@pytest.mark.parametrize(("accumulation", "seed"), [(2, 1), (4, 2)])
def test_half_the_batches_or_another_seed_lead_elsewhere(
    runs: Runs, tmp_path: Path, accumulation: int, seed: int
) -> None:
    """As if each process learnt from its own share alone."""
    other = write_rows(tmp_path / "run")
    assert cli.main(command(other, *settings(accumulation, seed))) == 0
    for file in FILES:
        assert difference(runs.alone / file, other / file) > 1e-3


@pytest.mark.parametrize("name", ["base", "adapter"])
def test_the_curves_are_those_of_one(runs: Runs, name: str) -> None:
    losses, tokens = [], []
    for folder in (runs.alone, runs.together):
        state = read_json(folder / "curves" / f"{name}.json")
        losses.append([entry["loss"] for entry in state["log_history"] if "loss" in entry])
        tokens.append(state["num_input_tokens_seen"])
    assert len(losses[0]) == STEPS
    assert losses[1] == pytest.approx(losses[0], abs=2e-4)
    assert tokens[0] == tokens[1]


def test_only_the_first_process_speaks_and_leaves_markers(runs: Runs) -> None:
    stages = ("tokenizer", "tokens", "base", "lora")
    for stage in stages:
        assert runs.output.count(f"{stage}: begins") == runs.output.count(f"{stage}: done in") == 1
    assert {path.name for path in (runs.together / "stages").iterdir()} == {
        f"{stage}.json" for stage in stages
    }
    assert not list(runs.together.glob("*-checkpoints"))
    assert read_json(runs.together / "stages" / "lora.json")["machine"].startswith("2 processes, ")


def test_batches_that_cannot_be_shared_are_refused(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(StageError, match="base: accumulation is 4, which 3 processes cannot share"):
        train_base(config.load("nano", settings()), runs.alone)


def test_one_process_does_not_take_several_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trainer would give each a part of every batch, without counting their tokens together."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert cli.main(command(write_rows(tmp_path / "run"), *settings())) == 2
    assert "2 GPUs are in sight: start with accelerate launch" in capsys.readouterr().err
