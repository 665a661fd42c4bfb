"""Backends by the names that `--backend` takes."""

import os
from pathlib import Path

from runplan.backends.base import Backend
from runplan.backends.llama_cpp import LlamaCppBackend
from runplan.errors import BackendError

NAMES = ("embedded", "coach")

# Another GGUF instead of the shipped one: a path, or `hf:owner/name/file.gguf` on the Hugging Face hub.
MODEL_VARIABLE = "RUNPLAN_MODEL"
MODELS = Path(__file__).parents[2] / "models"


def load(name: str) -> Backend | None:
    """The backend of that name, its model loaded; None is the coach, which needs none.

    Raises:
        BackendError: the name is unknown, or the model is missing or cannot be loaded.
    """
    if name == "coach":
        return None
    if name == "embedded":
        path = model_path()
        return LlamaCppBackend(path, name=name)
    raise BackendError(f"unknown backend {name!r}: choose {' or '.join(NAMES)}")


def model_path(models: Path = MODELS) -> Path:
    """The GGUF to run: what RUNPLAN_MODEL says, else the only one in `models/*/`.

    Raises:
        BackendError: there is none, there are several, or the hub does not give it.
    """
    chosen = os.environ.get(MODEL_VARIABLE, "").strip()
    if chosen.startswith("hf:"):
        return _from_hub(chosen.removeprefix("hf:"))
    if chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            raise BackendError(f"{MODEL_VARIABLE} names {path}, which is not a file")
        return path
    found = sorted(models.glob("*/*.gguf"))
    if not found:
        raise BackendError(
            f"no model in {models}: set {MODEL_VARIABLE} to a GGUF file or use the backend coach"
        )
    if len(found) > 1:
        names = ", ".join(str(path.relative_to(models)) for path in found)
        raise BackendError(f"several models in {models} ({names}): set {MODEL_VARIABLE} to one")
    return found[0]


def _from_hub(address: str) -> Path:
    owner, _, rest = address.partition("/")
    repository, _, file = rest.partition("/")
    if not (owner and repository and file):
        raise BackendError(f"{MODEL_VARIABLE} must read hf:owner/name/file.gguf, not hf:{address}")
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise BackendError("models from the hub need: pip install huggingface_hub") from error
    try:
        return Path(hf_hub_download(f"{owner}/{repository}", file))
    except (OSError, ValueError) as error:
        raise BackendError(f"cannot get hf:{address}: {error}") from error
