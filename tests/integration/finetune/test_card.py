"""A finished run becomes a model folder whose card and figures agree."""

import shutil
from pathlib import Path

import pytest

from finetune.card import install
from finetune.config import Recipe
from finetune.errors import StageError
from finetune.files import read_json, write_json
from finetune.stages import marker
from runplan.backends.load import model_path
from tests.support.finished_run import FIGURES


@pytest.fixture
def finished(run_dir: Path, tmp_path: Path) -> Path:
    """The shared run, with figures in the place of those that `evaluate` measures."""
    folder = tmp_path / "run"
    shutil.copytree(run_dir / "stages", folder / "stages")
    shutil.copytree(run_dir / "gguf", folder / "gguf")
    tuned = {**FIGURES, "week_valid_free": 0.875}
    write_json(folder / "metrics.json", {"n_requests": 20, "base": FIGURES, "tuned": tuned})
    for stage in ("data", "evaluate"):
        shutil.copy(marker(run_dir, "export"), marker(folder, stage))
    return folder


def test_a_model_folder_holds_weights_figures_and_card(
    finished: Path, recipe: Recipe, tmp_path: Path
) -> None:
    folder = install(recipe, finished, tmp_path / "models" / "nano")
    assert {path.name for path in folder.iterdir()} == {"nano.gguf", "metrics.json", "README.md"}
    assert model_path(tmp_path / "models") == folder / "nano.gguf"
    assert (folder / "nano.gguf").read_bytes() == (finished / "gguf" / "tuned.gguf").read_bytes()

    metrics = read_json(folder / "metrics.json")
    assert metrics["tuned"]["week_valid_free"] == 0.875
    assert metrics["seed"] == recipe.seed
    assert metrics["settings"] == recipe.model_dump(mode="json")
    assert metrics["hours"] > 0
    assert {"hardware", "data_fingerprint", "config_fingerprint"} <= metrics.keys()

    card = (folder / "README.md").read_text()
    assert "| weeks valid, free | 0.625 | 0.875 |" in card
    assert "python -m finetune run --recipe nano" in card
    assert "{{" not in card
    assert "\n\n\n" not in card


def test_installing_again_leaves_nothing_old(
    finished: Path, recipe: Recipe, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "nano"
    folder.mkdir(parents=True)
    (folder / "old.gguf").write_text("old")
    install(recipe, finished, folder)
    assert not (folder / "old.gguf").exists()


def test_an_unfinished_run_is_not_installed(run_dir: Path, recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="data is not done"):
        install(recipe, run_dir, tmp_path / "nano")
    assert not (tmp_path / "nano").exists()
