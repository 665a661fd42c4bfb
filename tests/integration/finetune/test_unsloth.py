"""Unsloth, in a process of its own, trains the adapters that transformers and peft train."""

import sys
from pathlib import Path

import pytest

from finetune import config
from finetune.files import read_json
from finetune.stages import run_stages
from tests.support.short_run import STEPS, difference, settings, write_rows

# Where `make test` puts it: beside the environment, so that nothing else finds it.
UNSLOTH = Path(sys.prefix) / "unsloth"
STAGES = ("tokenizer", "tokens", "base", "lora")
ADAPTER = "adapter/adapter_model.safetensors"


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_rows(tmp_path_factory.mktemp("usual"))
    run_stages(STAGES, config.load("nano", settings()), folder)
    return folder


def losses(folder: Path) -> list[float]:
    history = read_json(folder / "curves" / "adapter.json")["log_history"]
    return [entry["loss"] for entry in history if "loss" in entry]


@pytest.mark.skipif(not UNSLOTH.exists(), reason="Unsloth is not there; make test installs it")
def test_unsloth_learns_what_transformers_learns(
    usual: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.syspath_prepend(UNSLOTH)
    folder = write_rows(tmp_path / "run")
    recipe = config.load("nano", [*settings(), "runtime.backend=unsloth"])
    run_stages((*STAGES, "merge"), recipe, folder)
    assert "Unsloth (CPU): LlamaForCausalLM" in capfd.readouterr().out
    assert "unsloth" not in sys.modules
    assert losses(folder) == pytest.approx(losses(usual), abs=2e-4)
    assert len(losses(folder)) == STEPS
    assert difference(usual / ADAPTER, folder / ADAPTER) < 1e-4


def test_another_seed_leads_elsewhere(usual: Path, tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "run")
    run_stages(STAGES, config.load("nano", settings(seed=2)), folder)
    assert difference(usual / ADAPTER, folder / ADAPTER) > 1e-2
