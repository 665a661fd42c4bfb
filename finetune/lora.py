"""The tuned model: low-rank adapters on the base learn what the assistant writes."""

from dataclasses import asdict
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model

from finetune.config import Recipe
from finetune.files import replacing
from finetune.models import load_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from finetune.training import fit


def train_lora(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Train adapters on `base/` and write them to `adapter/`; goes on from a checkpoint.

    Returns:
        `finetune.training.Trained`, and the number of adapter weights as `parameters`.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    torch.manual_seed(recipe.seed)
    # The embeddings are shared with the output, so that no adapter may sit there.
    model = get_peft_model(
        load_model(run_dir / "base"),
        LoraConfig(
            r=recipe.lora.rank,
            lora_alpha=recipe.lora.alpha,
            lora_dropout=recipe.lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    trained = fit(
        model,
        read_tokens(run_dir, "train"),
        tokenizer,
        recipe.lora.training,
        seed=recipe.seed,
        folder=run_dir / "adapter-checkpoints",
    )
    with replacing(run_dir / "adapter") as part:
        model.save_pretrained(str(part))
    return {**asdict(trained), "parameters": model.num_parameters(only_trainable=True)}
