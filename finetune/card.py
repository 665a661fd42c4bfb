"""A finished run as a model folder: the GGUF, its figures, and a card that says what it is."""

import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from finetune.config import Recipe
from finetune.errors import StageError
from finetune.files import read_json, replacing, write_json
from finetune.stages import fingerprint, marker

_TEMPLATE = Path(__file__).with_name("card.md.jinja")

_ROWS = (
    ("outline_valid_free", "outlines valid, free"),
    ("week_valid_free", "weeks valid, free"),
    ("outline_valid_grammar", "outlines valid, with grammar"),
    ("week_valid_grammar", "weeks valid, with grammar"),
    ("nll", "nats per token of the coach's text"),
    ("perplexity", "perplexity"),
    ("samples_per_s", "completions a second"),
)


def install(recipe: Recipe, run_dir: Path, folder: Path) -> Path:
    """Write `<name>.gguf`, `metrics.json` and `README.md` to `folder`, and nothing else is there.

    Raises:
        StageError: the run is not finished.
    """
    facts = {name: _facts(run_dir, name) for name in ("data", "tokens", "base", "lora", "evaluate")}
    settings = recipe.model_dump()
    metrics = {
        **read_json(run_dir / "metrics.json"),
        "recipe": recipe.name,
        "seed": recipe.seed,
        "hardware": facts["base"]["machine"],
        "hours": round((facts["base"]["seconds"] + facts["lora"]["seconds"]) / 3600, 3),
        "data_fingerprint": facts["tokens"]["fingerprint"],
        "settings": settings,
        "config_fingerprint": fingerprint(settings),
    }
    with replacing(folder) as part:
        part.mkdir()
        file = part / f"{recipe.name}.gguf"
        shutil.copyfile(run_dir / "gguf" / "tuned.gguf", file)
        write_json(part / "metrics.json", metrics)
        (part / "README.md").write_text(
            _card(recipe, metrics, facts, file.stat().st_size), encoding="utf-8"
        )
    return folder


def _facts(run_dir: Path, stage: str) -> dict[str, Any]:
    path = marker(run_dir, stage)
    if not path.exists():
        raise StageError(f"install: {stage} is not done in {run_dir}")
    done = read_json(path)
    return {**done["facts"], "fingerprint": done["fingerprint"], "machine": done["machine"]}


def _card(
    recipe: Recipe, metrics: dict[str, Any], facts: dict[str, dict[str, Any]], size: int
) -> str:
    template = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    ).from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(
        name=recipe.name,
        parameters=facts["base"]["parameters"],
        quantisation=recipe.export.quantisation,
        size=size,
        metrics=metrics,
        rows=_ROWS,
        tokens=facts["tokens"],
        base=facts["base"],
        lora=facts["lora"],
        hardware=metrics["hardware"],
        seed=recipe.seed,
    )
