"""The steps of a training run, in order, each done once.

Every stage leaves a marker with the fingerprint of its settings and inputs. A stage whose marker
fits is skipped; one made with other settings is refused, or made anew with `redo`. Training stages
go on from their checkpoints. All results of a run are below one folder. Of several processes
(`accelerate launch`) all train together, and the first does everything else.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune import ranks
from finetune.config import CHAT_TEMPLATE, GENERAL_CHAT, METHODS, Pretrained, Recipe
from finetune.errors import StageError
from finetune.files import digest, read_json, remove, write_json
from finetune.machine import machine
from finetune.mapping import sources_identity
from finetune.memory import peak_mb, reset_peak

Work = Callable[[Recipe, Path], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Stage:
    """One step. `inputs` and `outputs` are paths below the run folder."""

    name: str
    settings: Callable[[Recipe], dict[str, Any]]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    work: Work
    scratch: tuple[str, ...] = ()
    """Kept when a stage is cut off, so that it can go on; worthless under other settings."""
    trains: bool = False
    """All processes work on it; else the first alone."""


WHOLE = ("full", "qat")
"""Methods that train every weight, so that nothing is left to merge."""
_SPLITS = tuple(f"data/{split}.parquet" for split in ("train", "validation", "test"))


def _data(recipe: Recipe, run_dir: Path) -> None:
    from finetune import dataset

    dataset.build(recipe, run_dir)


def _tokenizer(recipe: Recipe, run_dir: Path) -> dict[str, int]:
    from finetune.files import replacing
    from finetune.tokenizer import adopt_tokenizer, train_tokenizer
    from finetune.tokens import read_rows

    if isinstance(recipe.base, Pretrained):
        tokenizer = adopt_tokenizer(recipe.base)
    else:
        rows = read_rows(run_dir / "data" / "train.parquet")
        texts = (turn["content"] for messages in rows["messages"] for turn in messages)
        size = recipe.tokenizer.vocab_size
        tokenizer = train_tokenizer(texts, size, recipe.base.context_length)
    with replacing(run_dir / "tokenizer") as part:
        tokenizer.save_pretrained(part)
    return {"vocab_size": len(tokenizer)}


def _tokens(_: Recipe, run_dir: Path) -> dict[str, int]:
    from finetune.tokens import write_tokens

    return write_tokens(run_dir)


def _base(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    from finetune.pretrain import train_base

    return train_base(recipe, run_dir)


def _tune(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    if recipe.runtime.backend == "unsloth":
        from finetune import unsloth_backend

        return unsloth_backend.tune(recipe, run_dir)
    from finetune.methods import tune

    return tune(recipe, run_dir)


def _merge(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    from finetune.merge import merge

    return merge(recipe, run_dir)


def _export(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    from finetune.export import export

    return export(recipe, run_dir)


def _tokenizer_settings(recipe: Recipe) -> dict[str, Any]:
    if isinstance(recipe.base, Pretrained):
        return {"base": recipe.base.decided(), "chat_template": digest(CHAT_TEMPLATE)}
    return {
        "tokenizer": recipe.tokenizer.decided(),
        "context_length": recipe.base.context_length,
        "chat_template": digest(CHAT_TEMPLATE),
    }


def _method(name: str) -> Stage:
    """Tuning by one of the methods. Those that train every weight leave nothing to merge."""
    whole = name in WHOLE
    return Stage(
        name,
        lambda recipe: {"seed": recipe.seed, name: recipe.method.decided()},
        ("tokens/train", "tokenizer", "base"),
        ("merged",) if whole else ("adapter",),
        _tune,
        scratch=("tuned-checkpoints",) if whole else ("adapter-checkpoints",),
        trains=True,
    )


def _evaluate(recipe: Recipe, run_dir: Path) -> None:
    from finetune import evaluate

    write_json(run_dir / "metrics.json", evaluate.run(recipe, run_dir))


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            "data",
            lambda recipe: (
                {"seed": recipe.seed, "data": recipe.data.decided()}
                | sources_identity(recipe.sources)
            ),
            (),
            _SPLITS,
            _data,
        ),
        Stage(
            "tokenizer",
            _tokenizer_settings,
            ("data/train.parquet",),
            ("tokenizer",),
            _tokenizer,
        ),
        Stage(
            "tokens",
            lambda _: {},
            ("data/train.parquet", "data/validation.parquet", "tokenizer"),
            ("tokens/train", "tokens/validation"),
            _tokens,
        ),
        Stage(
            "base",
            lambda recipe: {"seed": recipe.seed, "base": recipe.base.decided()},
            ("tokens/train", "tokenizer"),
            ("base",),
            _base,
            scratch=("base-checkpoints",),
            trains=True,
        ),
        *(_method(name) for name in METHODS),
        Stage(
            "merge",
            lambda recipe: {"merge": recipe.merge.decided()},
            ("tokens/validation", "tokenizer", "base", "adapter"),
            ("merged",),
            _merge,
        ),
        Stage(
            "export",
            lambda recipe: {"export": recipe.export.decided(), "name": recipe.name},
            ("data/test.parquet", "tokens/validation", "tokenizer", "base", "merged"),
            ("gguf/base.gguf", "gguf/tuned.gguf"),
            _export,
        ),
        Stage(
            "evaluate",
            lambda recipe: {
                "seed": recipe.seed,
                "evaluate": recipe.evaluate.decided(),
                "general_chat": digest(GENERAL_CHAT),
            },
            (
                "data/validation.parquet",
                "data/test.parquet",
                "tokens/validation",
                "tokenizer",
                "base",
                "merged",
                "gguf/base.gguf",
                "gguf/tuned.gguf",
            ),
            ("metrics.json",),
            _evaluate,
        ),
    )
}


def marker(run_dir: Path, stage: str) -> Path:
    """Where a stage says that it is done."""
    return run_dir / "stages" / f"{stage}.json"


def stages_of(recipe: Recipe, names: Iterable[str]) -> list[str]:
    """Of these stages, those that a run of this recipe has.

    Raises:
        StageError: there are none of them.
    """
    method = recipe.method_name
    left_out = {name for name in METHODS if name != method}
    reason = ""
    if method == "prompt":
        # The tuned prompt lives beside the model: there is no model of its own to write as GGUF.
        left_out |= {"merge", "export", "evaluate"}
        reason = "a tuned prompt is no model of its own; use adapter/ on base/ with transformers"
    elif method in WHOLE:
        left_out.add("merge")
        reason = f"{method} trains every weight and leaves nothing to merge"
    if chosen := [name for name in names if name not in left_out]:
        return chosen
    raise StageError(reason)


def run_stages(
    names: Iterable[str],
    recipe: Recipe,
    run_dir: Path,
    *,
    redo: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Run stages in the order given, skipping those that are done with these settings.

    Raises:
        StageError: an input is missing, or results of other settings are in the way and `redo`
            is off.
    """
    for name in names:
        run_stage(STAGES[name], recipe, run_dir, redo=redo, say=say)


def run_stage(
    stage: Stage,
    recipe: Recipe,
    run_dir: Path,
    *,
    redo: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Run one stage, or skip it, as `run_stages` does."""
    ranks.meet()
    wanted = ranks.ask_first(lambda: _begin(stage, recipe, run_dir, redo=redo, say=say))
    if wanted is None:
        return
    since = time.monotonic()
    reset_peak()
    facts = (stage.work(recipe, run_dir) or {}) if stage.trains or ranks.first() else {}
    if ranks.first():
        seconds = round(time.monotonic() - since, 1)
        used = {"seconds": seconds, "peak_memory_mb": peak_mb()}
        write_json(
            marker(run_dir, stage.name),
            {**wanted, "machine": machine(), "facts": {**used, **facts}},
        )
        for path in stage.scratch:
            remove(run_dir / path)
        remove(marker(run_dir, f"{stage.name}.begun"))
        say(f"{stage.name}: done in {seconds:.0f} s {json.dumps(facts) if facts else ''}".rstrip())
    ranks.wait()


def _begin(
    stage: Stage, recipe: Recipe, run_dir: Path, *, redo: bool, say: Callable[[str], None]
) -> dict[str, Any] | None:
    """What the marker of a stage is to hold when it is done; None where it is done already."""
    missing = [path for path in stage.inputs if not (run_dir / path).exists()]
    if missing:
        raise StageError(
            f"{stage.name}: {run_dir / missing[0]} is missing; run the stages before it"
        )
    parts = {
        "settings": stage.settings(recipe),
        "inputs": {path: digest(run_dir / path) for path in stage.inputs},
    }
    wanted = {"fingerprint": fingerprint(parts), **parts}
    done, begun = marker(run_dir, stage.name), marker(run_dir, f"{stage.name}.begun")
    for found in (done, begun):
        if found.exists() and (others := differences(read_json(found), wanted)):
            if not redo:
                raise StageError(
                    f"{stage.name}: {run_dir} holds this stage with other {', '.join(others)}; "
                    "give another --run-dir, or --redo to make it anew"
                )
            say(f"{stage.name}: made anew, other {', '.join(others)}")
            for path in (*stage.outputs, *stage.scratch):
                remove(run_dir / path)
            remove(done)
            remove(begun)
    if done.exists() and all((run_dir / path).exists() for path in stage.outputs):
        say(f"{stage.name}: done before, skipped")
        return None
    say(f"{stage.name}: {'going on' if begun.exists() else 'begins'}")
    write_json(begun, wanted)
    return wanted


def fingerprint(value: Any) -> str:
    """A short digest of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Dotted names of the settings and inputs that differ."""
    return [
        name
        for part in ("settings", "inputs")
        for name in _changed(found.get(part, {}), wanted[part], "")
    ]


def _changed(found: Any, wanted: Any, path: str) -> list[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return [
            name
            for key in sorted(found.keys() | wanted.keys())
            for name in _changed(found.get(key), wanted.get(key), f"{path}.{key}".lstrip("."))
        ]
    return [path] if found != wanted else []
