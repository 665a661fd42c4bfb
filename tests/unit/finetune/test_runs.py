"""What can be read off a run, finished, under way, or installed."""

import shutil
from pathlib import Path

import pytest

from finetune.errors import StageError
from finetune.files import write_json
from finetune.runs import read_run, read_runs
from tests.support.finished_run import MACHINE, log, write_finished_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_finished_run(tmp_path_factory.mktemp("runs") / "nano")


def test_a_finished_run_tells_everything(folder: Path) -> None:
    run = read_run(folder, "nano")
    assert run.missing == ()
    assert run.hours == pytest.approx(1.0)
    assert run.hardware == MACHINE
    assert run.setting("seed") == 7
    assert run.setting("colour") is None
    assert list(run.trained) == ["base", "lora"]
    assert list(run.curves) == ["base", "tuned"]
    assert set(run.weights) == {"base", "tuned"}


def test_a_run_under_way_shows_its_newest_checkpoint(tmp_path: Path) -> None:
    write_json(tmp_path / "stages" / "base.begun.json", {})
    for number in (100, 200):
        checkpoint = tmp_path / "base-checkpoints" / f"checkpoint-{number}"
        write_json(checkpoint / "trainer_state.json", {"log_history": log(4.0, number)})
    run = read_run(tmp_path, "half")
    assert run.stages == {}
    assert run.curves["base"][-1]["step"] == 200
    assert "has not been evaluated" in run.missing
    assert run.hours is None


def test_an_installed_model_keeps_its_figures(tmp_path: Path, folder: Path) -> None:
    shutil.copy(folder / "gguf" / "tuned.gguf", tmp_path / "nano.gguf")
    write_json(
        tmp_path / "metrics.json",
        {"hours": 2.5, "hardware": "a laptop", "settings": {"seed": 3}, "base": {}, "tuned": {}},
    )
    run = read_run(tmp_path, "nano")
    assert (run.hours, run.hardware, run.setting("seed")) == (2.5, "a laptop", 3)
    assert set(run.weights) == {"tuned"}
    assert run.missing[0] == "kept no training curves"


def test_any_other_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="neither a run nor an installed model"):
        read_runs([tmp_path])


def test_namesakes_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / "a" / "nano", tmp_path / "b" / "nano", tmp_path / "wide"]
    for folder in folders:
        write_json(folder / "metrics.json", {"n_requests": 1})
    assert [run.label for run in read_runs(folders)] == ["a/nano", "b/nano", "wide"]
