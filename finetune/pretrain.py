"""The base model: a Llama with random weights learns what the assistant writes."""

from dataclasses import asdict
from pathlib import Path

from finetune.config import Recipe
from finetune.files import replacing
from finetune.models import new_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from finetune.training import fit


def train_base(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Train the base and write it to `base/`; goes on from a checkpoint where there is one.

    Returns:
        `finetune.training.Trained`, and the number of weights as `parameters`.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    model = new_model(recipe.base.architecture, tokenizer, recipe.seed)
    trained = fit(
        model,
        read_tokens(run_dir, "train"),
        tokenizer,
        recipe.base.training,
        seed=recipe.seed,
        folder=run_dir / "base-checkpoints",
    )
    with replacing(run_dir / "base") as part:
        model.save_pretrained(part)
    return {**asdict(trained), "parameters": model.num_parameters()}
