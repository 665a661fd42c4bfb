"""Adapters trained by Unsloth, where `runtime.backend` asks for it. The only file that imports it.

Unsloth changes transformers and trl in the whole process and has to be imported before them. So it
trains in a process of its own, and the stages before and after are what they are without it. Rows,
schedule and checkpoints are not decided here.
"""

import importlib.util
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from finetune import ranks
from finetune.config import Lora, Qlora, Recipe
from finetune.errors import StageError

if TYPE_CHECKING:
    from peft import PeftModel

INSTALL = "pip install -r requirements-unsloth.txt; without a GPU, with --no-deps"


def tune(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Do what `finetune.methods.tune` does, with Unsloth's model, in a process of its own.

    Raises:
        StageError: Unsloth is not installed, or does not do what the recipe asks for.
    """
    if problem := _problem(recipe):
        raise StageError(f"runtime.backend: {problem}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_tune, recipe, run_dir).result()


def _problem(recipe: Recipe) -> str | None:
    method = recipe.method
    if not isinstance(method, Lora):
        return f"unsloth trains lora and qlora here; {recipe.method_name} needs transformers"
    if isinstance(method, Qlora) and not method.double_quantisation:
        return "unsloth always has qlora.double_quantisation"
    if ranks.processes() > 1:
        return "unsloth trains in one process; start it without accelerate launch"
    if importlib.util.find_spec("unsloth") is None:
        return f"unsloth is not installed ({INSTALL})"
    return None


def _tune(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    # It would ask the hub for a file, to be counted, and write its cache to the current folder.
    os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(run_dir / "unsloth-cache"))
    import unsloth  # noqa: F401  (changes transformers and trl as it is loaded)

    from finetune.memory import peak_mb
    from finetune.methods import tune

    facts = tune(recipe, run_dir, prepare=_prepared)
    return {**facts, "peak_memory_mb": peak_mb()}


def _prepared(recipe: Recipe, run_dir: Path) -> "PeftModel":
    """The base with adapters, as `finetune.methods` makes it."""
    from unsloth import FastLanguageModel

    from finetune.methods import lora_config

    method, base = recipe.method, run_dir / "base"
    config = lora_config(method, base)
    if config.trainable_token_indices:
        raise StageError("runtime.backend: unsloth does not learn this base's new special tokens")
    # Its own way of recomputing also keeps activations in the machine's memory.
    recompute = "unsloth" if recipe.runtime.gradient_checkpointing else False
    model, _ = FastLanguageModel.from_pretrained(
        str(base),
        tokenizer_name=str(run_dir / "tokenizer"),
        max_seq_length=recipe.base.context_length,
        dtype=recipe.base_dtype,
        load_in_4bit=isinstance(method, Qlora),
        use_gradient_checkpointing=recompute,
    )
    if isinstance(method, Qlora) and not getattr(model, "is_loaded_in_4bit", False):
        raise StageError("runtime.backend: unsloth cannot hold this model in 4 bits here; use lora")
    return FastLanguageModel.get_peft_model(
        model,
        r=config.r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        use_rslora=config.use_rslora,
        use_dora=config.use_dora,
        target_modules=config.target_modules,
        use_gradient_checkpointing=recompute,
        random_state=recipe.seed,
    )
