"""What a run folder, or an installed model, tells about itself.

Reads only what is there: a run may be half done, and an installed model keeps its figures but not
its training. Knows nothing of how any of it is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.errors import StageError
from finetune.files import read_json

MODELS = ("base", "tuned")
# Where a finished training stage leaves what it logged; a running one has it in its checkpoints.
CURVES = "curves"

Log = list[dict[str, Any]]


@dataclass(frozen=True)
class Run:
    """One run. What is missing is empty, and `missing` says so in words."""

    label: str
    folder: Path
    metrics: dict[str, Any] = field(default_factory=dict)
    """As in `metrics.json`: figures of `base` and `tuned`, and what they were measured on."""
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Markers of the finished stages, in the order they ended."""
    curves: dict[str, Log] = field(default_factory=dict)
    """What was logged in training, by model (`base`, `tuned`)."""
    weights: dict[str, Path] = field(default_factory=dict)
    """GGUF files by model (`base`, `tuned`)."""
    missing: tuple[str, ...] = ()

    def setting(self, name: str) -> Any:
        """A setting of the recipe that the stages or the metrics recorded; None if none did."""
        for stage in self.stages.values():
            if name in stage["settings"]:
                return stage["settings"][name]
        return self.metrics.get("settings", {}).get(name)

    @property
    def trained(self) -> dict[str, dict[str, Any]]:
        """What each training stage left: seconds, tokens, loss, weights that were trained."""
        return {
            name: stage["facts"]
            for name, stage in self.stages.items()
            if "loss" in stage.get("facts", {})
        }

    @property
    def trained_parameters(self) -> dict[str, int]:
        """How many weights each training stage trained."""
        found = {name: facts["parameters"] for name, facts in self.trained.items()}
        return found or self.metrics.get("trained_parameters", {})

    @property
    def peak_memory_mb(self) -> dict[str, float]:
        """The most memory that training and evaluation held, by stage, in MB; older runs lack it."""
        found = {
            name: facts["peak_memory_mb"]
            for name, facts in self.trained.items()
            if "peak_memory_mb" in facts
        }
        return found | self.metrics.get("peak_memory_mb", {})

    @property
    def hours(self) -> float | None:
        """Hours of training."""
        if self.trained:
            return sum(float(facts["seconds"]) for facts in self.trained.values()) / 3600
        return self.metrics.get("hours")

    @property
    def hardware(self) -> str | None:
        """The machine it was trained on."""
        found = [self.stages[name]["machine"] for name in self.trained]
        return found[0] if found else self.metrics.get("hardware")


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """Read runs; those of the same name are told apart by the folders they are in.

    Raises:
        StageError: a folder is neither a run nor an installed model.
    """
    names = [folder.resolve().name for folder in folders]
    return [
        read_run(folder, name if names.count(name) == 1 else "/".join(folder.resolve().parts[-2:]))
        for folder, name in zip(folders, names, strict=True)
    ]


def read_run(folder: Path, label: str) -> Run:
    """Read one run folder or installed model."""
    markers = [
        path for path in (folder / "stages").glob("*.json") if not path.stem.endswith(".begun")
    ]
    markers.sort(key=lambda path: path.stat().st_mtime)
    stages = {path.stem: read_json(path) for path in markers}
    path = folder / "metrics.json"
    metrics = read_json(path) if path.exists() else {}
    if not (metrics or (folder / "stages").is_dir()):
        raise StageError(f"{folder} is neither a run nor an installed model")
    curves, weights = dict(_curves(folder)), dict(_weights(folder))
    return Run(
        label, folder, metrics, stages, curves, weights, tuple(_gaps(metrics, curves, weights))
    )


def _curves(folder: Path) -> Iterator[tuple[str, Log]]:
    found: dict[str, Path] = {}
    for path in folder.glob("*-checkpoints"):
        states = path.glob("checkpoint-*/trainer_state.json")
        if newest := max(states, key=lambda state: state.stat().st_mtime, default=None):
            found[_model(path.name.removesuffix("-checkpoints"))] = newest
    found |= {_model(path.stem): path for path in (folder / CURVES).glob("*.json")}
    for model in MODELS:
        if model in found:
            log = read_json(found[model])["log_history"]
            yield model, [entry for entry in log if "step" in entry]


def _model(trained: str) -> str:
    """Which model a stage trains; beside the base it is one method, under the name of what it writes."""
    return "base" if trained == "base" else "tuned"


def _weights(folder: Path) -> Iterator[tuple[str, Path]]:
    for model in MODELS:
        path = folder / "gguf" / f"{model}.gguf"
        if path.exists():
            yield model, path
    if installed := sorted(folder.glob("*.gguf")):
        yield "tuned", installed[0]


def _gaps(
    metrics: Mapping[str, Any], curves: Mapping[str, Log], weights: Mapping[str, Path]
) -> Iterator[str]:
    if not metrics:
        yield "has not been evaluated"
    if not curves:
        yield "kept no training curves"
    if absent := [model for model in MODELS if model not in weights]:
        yield f"has no GGUF of the {' and the '.join(absent)} model, so none of its texts are shown"
