"""A finished run as a model folder: the GGUF, its figures, and a card that says what it is.

The card is for people and for the hub: its head is the hub's metadata. Knows nothing of uploading.
"""

import json
import shlex
import shutil
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from gguf import GGUFReader
from jinja2 import Environment, StrictUndefined

from finetune import config
from finetune.config import Pretrained, Recipe
from finetune.errors import RecipeError, StageError
from finetune.files import replacing, write_json
from finetune.runs import Run, read_run
from finetune.stages import fingerprint

_TEMPLATE = Path(__file__).with_name("card.md.jinja")

_ROWS = (
    ("outline_valid_free", "outlines valid, free"),
    ("week_valid_free", "weeks valid, free"),
    ("outline_valid_grammar", "outlines valid, with grammar"),
    ("week_valid_grammar", "weeks valid, with grammar"),
    ("nll", "nats per token of the coach's text"),
    ("perplexity", "perplexity"),
    ("chat_perplexity", "perplexity on general chat"),
    (
        "file_same_completions",
        "greedy completions that the file writes as the unquantised model does",
    ),
    ("file_same_tokens", "greedy tokens, up to the first other one"),
    ("file_perplexity_change", "rise of the perplexity by quantisation, as a share"),
    ("samples_per_s", "completions a second"),
)

_METHODS = {
    "full": "every weight",
    "lora": "low-rank adapters (LoRA), then merged",
    "qlora": "low-rank adapters on a base in 4 bits (QLoRA), merged in 16 bits",
    "prompt": "a few vectors before every prompt (prompt tuning)",
    "qat": "every weight, read as if it were quantised (quantisation-aware training)",
}

_OWN = ("apache-2.0", "")
# Licences of the bases, by what their names hold.
_LICENCES = {
    "llama-3.2": (
        "llama3.2",
        "Built with Llama. Llama 3.2 is licensed under the Llama 3.2 Community License, "
        "Copyright © Meta Platforms, Inc. All Rights Reserved.",
    ),
    "gemma": (
        "gemma",
        "Gemma is provided under and subject to the Gemma Terms of Use found at "
        "ai.google.dev/gemma/terms.",
    ),
    "gpt2": ("mit", "GPT-2 is under a modified MIT licence."),
    "runs/nano": _OWN,
    "models/nano": _OWN,
}
_UNKNOWN = ("other", "The licence of the base holds for this model too.")


def install(recipe: Recipe, run_dir: Path, folder: Path, repo: str | None = None) -> Path:
    """Write `<name>.gguf`, `metrics.json` and `README.md` to `folder`, and nothing else is there.

    `repo` is where on the hub the folder will be; the card then says how to use it from there.

    Raises:
        StageError: the run is not finished.
    """
    run = finished(recipe, run_dir)
    with replacing(folder) as part:
        part.mkdir()
        file = part / f"{recipe.name}.gguf"
        shutil.copyfile(run.weights["tuned"], file)
        settings = recipe.model_dump(mode="json")
        metrics = {
            **run.metrics,
            "recipe": recipe.name,
            "seed": recipe.seed,
            "hardware": run.hardware,
            "hours": round(run.hours or 0, 3),
            "parameters": _parameters(file),
            "trained_parameters": run.trained_parameters,
            "data_fingerprint": run.stages["tokens"]["fingerprint"],
            "settings": settings,
            "config_fingerprint": fingerprint(settings),
        }
        write_json(part / "metrics.json", metrics)
        card = _card(recipe, run, metrics, file.stat().st_size, repo)
        (part / "README.md").write_text(card, encoding="utf-8")
    return folder


def finished(recipe: Recipe, run_dir: Path) -> Run:
    """The run of a recipe.

    Raises:
        StageError: a stage is not done.
    """
    run = read_run(run_dir, recipe.name)
    for stage in ("data", "tokens", recipe.method_name, "export", "evaluate"):
        if stage not in run.stages:
            raise StageError(f"{recipe.name}: {stage} is not done in {run_dir}")
    return run


def shortfall(metrics: Mapping[str, Any], bar: float) -> str | None:
    """Why a model is not good enough for release, with the figures; None if it is."""
    shares = {task: metrics["tuned"][f"{task}_valid_free"] for task in ("week", "outline")}
    if min(shares.values()) >= bar:
        return None
    figures = " and ".join(f"{percent(share, 1)} of the {task}s" for task, share in shares.items())
    return f"without the grammar {figures} are valid; the bar is {percent(bar)} of both"


def percent(share: float, digits: int = 0) -> str:
    """A share in percent, e.g. `53 %`."""
    return f"{share * 100:.{digits}f} %"


def command(recipe: Recipe) -> str:
    """What makes this model: the shipped recipe that is nearest, with the settings that differ."""
    makers = []
    if recipe.name in config.recipe_names():
        makers = [
            (name, overrides)
            for name in config.recipe_names()
            if _makes(name, overrides := _differences(recipe, name), recipe)
        ]
    if not makers:
        return f"python -m finetune run --recipe {recipe.name}.yaml"
    name, overrides = min(makers, key=lambda maker: len(maker[1]))
    return " ".join(["python -m finetune run --recipe", name, *map(shlex.quote, overrides)])


def _differences(recipe: Recipe, name: str) -> list[str]:
    """The overrides that turn the shipped recipe into this one, but for sections to leave out."""
    shipped = dict(_flat(config.load(name).model_dump(mode="json")))
    return [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in _flat(recipe.model_dump(mode="json"))
        if key not in shipped or shipped[key] != value
    ]


def _makes(name: str, overrides: list[str], recipe: Recipe) -> bool:
    try:
        return config.load(name, overrides) == recipe
    except RecipeError:
        return False


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _parameters(file: Path) -> int:
    """Weights in a GGUF file; shared ones count once."""
    return sum(prod(map(int, tensor.shape)) for tensor in GGUFReader(file).tensors)


def _card(recipe: Recipe, run: Run, metrics: dict[str, Any], size: int, repo: str | None) -> str:
    template = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    ).from_string(_TEMPLATE.read_text("utf-8"))
    base = recipe.base.pretrained if isinstance(recipe.base, Pretrained) else None
    licence, notice = _licence(base)
    methods = {"base": f"the base, {'further' if base else 'from random weights'}", **_METHODS}
    return template.render(
        name=recipe.name,
        base=base,
        # A folder on this machine is no address.
        base_on_hub=bool(base) and not Path(base).exists(),
        licence=licence,
        notice=notice,
        quantisation=recipe.export.quantisation,
        size=size,
        repo=repo,
        metrics=metrics,
        # Older figures lack some.
        rows=[row for row in _ROWS if row[0] in metrics["tuned"]],
        tokens=run.stages["tokens"]["facts"],
        trained=[(stage, methods[stage], facts) for stage, facts in run.trained.items()],
        short=shortfall(metrics, recipe.publish.min_valid),
        bar=percent(recipe.publish.min_valid),
        command=command(recipe),
    )


def _licence(base: str | None) -> tuple[str, str]:
    if base is None:
        return _OWN
    name = base.lower()
    return next((found for part, found in _LICENCES.items() if part in name), _UNKNOWN)
