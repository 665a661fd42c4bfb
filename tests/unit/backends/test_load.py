import sys
import types
from pathlib import Path

import pytest

from runplan.backends.load import MODEL_VARIABLE, load, model_path
from runplan.errors import BackendError


@pytest.fixture(autouse=True)
def _no_model_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)


def file(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"GGUF")
    return path


def test_coach_needs_no_model() -> None:
    assert load("coach") is None


def test_unknown_name() -> None:
    with pytest.raises(BackendError, match="unknown backend 'gpt': choose embedded or coach"):
        load("gpt")


def test_the_only_model_is_found(tmp_path: Path) -> None:
    path = file(tmp_path / "small" / "small.gguf")
    assert model_path(tmp_path) == path


def test_no_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="set RUNPLAN_MODEL to a GGUF file or use") as caught:
        model_path(tmp_path)
    assert "\n" not in str(caught.value)


def test_several_models_want_a_choice(tmp_path: Path) -> None:
    file(tmp_path / "a" / "a.gguf")
    file(tmp_path / "b" / "b.gguf")
    with pytest.raises(BackendError, match=r"several models .*a\.gguf, .*set RUNPLAN_MODEL"):
        model_path(tmp_path)


def test_variable_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path / "mine.gguf")
    monkeypatch.setenv(MODEL_VARIABLE, str(path))
    assert model_path(tmp_path / "unused") == path
    path.unlink()
    with pytest.raises(BackendError, match=r"RUNPLAN_MODEL names .*not a file"):
        load("embedded")


def test_a_file_that_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_VARIABLE, str(file(tmp_path / "mine.gguf")))
    with pytest.raises(BackendError, match="cannot be loaded"):
        load("embedded")


def hub(monkeypatch: pytest.MonkeyPatch, download: object) -> None:
    module = types.ModuleType("huggingface_hub")
    module.__dict__["hf_hub_download"] = download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)


def test_model_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub(monkeypatch, lambda repository, name: str(tmp_path / repository / name))
    monkeypatch.setenv(MODEL_VARIABLE, "hf:owner/name/folder/file.gguf")
    assert model_path() == tmp_path / "owner/name/folder/file.gguf"


def test_hub_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(repository: str, name: str) -> str:
        raise FileNotFoundError("offline")

    hub(monkeypatch, download)
    monkeypatch.setenv(MODEL_VARIABLE, "hf:owner/name/file.gguf")
    with pytest.raises(BackendError, match=r"cannot get hf:owner/name/file\.gguf: offline"):
        model_path()


def test_hub_address_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_VARIABLE, "hf:owner/name")
    with pytest.raises(BackendError, match=r"hf:owner/name/file\.gguf"):
        model_path()


def test_hub_package_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setenv(MODEL_VARIABLE, "hf:owner/name/file.gguf")
    with pytest.raises(BackendError, match="pip install huggingface_hub"):
        model_path()
