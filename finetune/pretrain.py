"""The base model: a Llama with random weights learns every token, or a pretrained model is taken over."""

from dataclasses import asdict
from pathlib import Path

from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from finetune import ranks
from finetune.config import Pretrained, Recipe
from finetune.files import replacing
from finetune.models import adopt_model, new_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from finetune.training import fit


def train_base(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Train the base and write it to `base/`; goes on from a checkpoint where there is one.

    A pretrained base is only copied, so that what is on the hub may change during a run.

    Returns:
        the number of weights as `parameters`, and where it was trained `finetune.training.Trained`.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    if isinstance(recipe.base, Pretrained):
        return _adopt(recipe.base, tokenizer, recipe.seed, run_dir) if ranks.first() else {}
    model = new_model(recipe.base.architecture, tokenizer, recipe.seed)
    trained = fit(
        model,
        _all_learnt(read_tokens(run_dir, "train")),
        tokenizer,
        recipe.base.training,
        seed=recipe.seed,
        learn_all=True,
        folder=run_dir / "base-checkpoints",
        validation=read_tokens(run_dir, "validation"),
        runtime=recipe.runtime,
    )
    weights = ranks.gathered(model)
    if ranks.first():
        with replacing(run_dir / "base") as part:
            model.save_pretrained(part, state_dict=weights)
    return {**asdict(trained), "parameters": model.num_parameters()}


def _adopt(
    base: Pretrained, tokenizer: PreTrainedTokenizerFast, seed: int, run_dir: Path
) -> dict[str, float]:
    adopted = adopt_model(base, tokenizer, seed)
    with replacing(run_dir / "base") as part:
        adopted.save_pretrained(part)
    return {"parameters": adopted.num_parameters()}


def _all_learnt(rows: Dataset) -> Dataset:
    """The rows with the prompts' tokens to be learnt as well: a new model knows no words yet."""
    return rows.remove_columns("labels").add_column("labels", rows["input_ids"])
