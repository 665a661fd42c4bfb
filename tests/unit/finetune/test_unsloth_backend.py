"""What Unsloth does not do, or not here, is said in one line."""

import sys
from pathlib import Path

import pytest

from finetune import config, unsloth_backend
from finetune.config import Recipe
from finetune.errors import StageError


def recipe(name: str, *overrides: str) -> Recipe:
    return config.load(name, ["runtime.backend=unsloth", *overrides])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (recipe("gpt2-full"), "trains lora and qlora here; full needs transformers"),
        (
            recipe("llama-3.2-1b-qlora", "qlora.double_quantisation=false"),
            "always has qlora.double_quantisation",
        ),
    ],
)
def test_what_it_does_not_train_is_refused(wanted: Recipe, said: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=rf"runtime\.backend: unsloth {said}"):
        unsloth_backend.tune(wanted, tmp_path)


def test_several_processes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(StageError, match=r"runtime\.backend: unsloth trains in one process"):
        unsloth_backend.tune(recipe("nano"), tmp_path)


def test_how_to_install_it_is_said_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(StageError, match=r"not installed \(pip install -r requirements-unsloth"):
        unsloth_backend.tune(recipe("nano"), tmp_path)
