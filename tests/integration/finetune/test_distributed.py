"""Two processes of `accelerate launch` learn what one learns alone."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from datasets import Dataset
from safetensors.torch import load_file

from finetune import cli
from finetune.files import read_json
from tests.integration.finetune.conftest import TINY

ROOT = Path(__file__).parents[3]
CONFIGURATION = ROOT / "finetune" / "accelerate" / "cpu2.yaml"
# 19 batches of one row, 4 in a step: the last step of an epoch has 3, which two processes cannot
# share evenly. The second epoch is begun as well.
ROWS, ACCUMULATION, STEPS = 19, 4, 7
SETTINGS = [
    *TINY,
    "base.architecture.hidden_size=32",
    "base.architecture.layers=1",
    "base.architecture.feed_forward_size=64",
    "tokenizer.vocab_size=300",
    *(
        f"{section}.training.{setting}"
        for section in ("base", "lora")
        for setting in (
            f"steps={STEPS}",
            "rows_per_batch=1",
            "checkpoint_steps=4",
            "log_steps=1",
            "warmup_steps=1",
        )
    ),
]


def train(folder: Path, accumulation: int = ACCUMULATION, seed: int = 1) -> None:
    """By a process alone, this one."""
    settings = [*SETTINGS, *shares(accumulation), f"seed={seed}"]
    assert cli.main(["train", "--recipe", "nano", "--run-dir", str(folder), *settings]) == 0


def shares(accumulation: int) -> list[str]:
    return [f"{section}.training.accumulation={accumulation}" for section in ("base", "lora")]


def write_rows(folder: Path) -> Path:
    """Answers of unlike length, so that a mean of the processes' means would be another loss."""
    (folder / "data").mkdir(parents=True)
    for split, count in (("train", ROWS), ("validation", 4), ("test", 1)):
        rows = [
            {
                "messages": [
                    {"role": "user", "content": f"Week {number}"},
                    {"role": "assistant", "content": "Tue easy 5\n" * (number % 7) + "Sun long 9"},
                ]
            }
            for number in range(count)
        ]
        Dataset.from_list(rows).to_parquet(folder / "data" / f"{split}.parquet")
    return folder


@dataclass
class Runs:
    alone: Path
    together: Path
    output: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    alone = write_rows(tmp_path_factory.mktemp("alone"))
    train(alone)
    together = write_rows(tmp_path_factory.mktemp("together"))
    command = [
        *(sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(CONFIGURATION)),
        *("-m", "finetune", "train", "--recipe", "nano", "--run-dir", str(together)),
        *(*SETTINGS, *shares(ACCUMULATION), "seed=1"),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return Runs(alone, together, done.stdout)


FILES = ("base/model.safetensors", "adapter/adapter_model.safetensors")


def apart(one: Path, other: Path, file: str) -> float:
    """The largest difference of a weight."""
    expected, found = load_file(one / file), load_file(other / file)
    assert expected.keys() == found.keys()
    return max((expected[name] - found[name]).abs().max().item() for name in expected)


@pytest.mark.parametrize("file", FILES)
def test_two_processes_end_with_the_weights_of_one(runs: Runs, file: str) -> None:
    assert apart(runs.alone, runs.together, file) < 1e-5


@pytest.mark.parametrize(("accumulation", "seed"), [(2, 1), (4, 2)])
def test_half_the_batches_or_another_seed_do_not(
    runs: Runs, tmp_path: Path, accumulation: int, seed: int
) -> None:
    """What one process reads by itself, if the other's part were lost, leads elsewhere."""
    train(write_rows(tmp_path / "run"), accumulation, seed)
    for file in FILES:
        assert apart(runs.alone, tmp_path / "run", file) > 1e-3


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


def test_the_first_process_speaks_and_leaves_the_markers(runs: Runs) -> None:
    stages = ("tokenizer", "tokens", "base", "lora")
    for stage in stages:
        assert runs.output.count(f"{stage}: begins") == runs.output.count(f"{stage}: done in") == 1
    assert {path.name for path in (runs.together / "stages").iterdir()} == {
        f"{stage}.json" for stage in stages
    }
    assert not list(runs.together.glob("*-checkpoints"))
