"""The base model: a Llama with random weights learns every token, or a pretrained model is taken over."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from datasets import Dataset
from transformers import PreTrainedModel

from finetune import ranks
from finetune.config import Pretrained, Recipe, Training
from finetune.files import replacing
from finetune.models import adopt_model, new_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from finetune.training import fit


def train_base(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Train the base and write it to `base/`; goes on from a checkpoint where there is one.

    A pretrained base may be trained further or only be copied, so that what is on the hub may change
    during a run.

    Returns:
        the number of weights as `parameters`, and where it was trained `finetune.training.Trained`.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    base = recipe.base
    if isinstance(base, Pretrained):
        if base.training is None and not ranks.first():
            return {}
        model = adopt_model(base, tokenizer, recipe.seed)
    else:
        model = new_model(base.architecture, tokenizer, recipe.seed)
    trained = {} if base.training is None else _train(model, base.training, recipe, run_dir)
    weights = ranks.gathered(model)
    if ranks.first():
        if isinstance(base, Pretrained) and base.kept:
            start = adopt_model(base, tokenizer, recipe.seed)
            _pull_back(weights or dict(model.named_parameters()), start, base.kept)
        with replacing(run_dir / "base") as part:
            model.save_pretrained(part, state_dict=weights)
    return {**trained, "parameters": model.num_parameters()}


def _train(
    model: PreTrainedModel, training: Training, recipe: Recipe, run_dir: Path
) -> dict[str, float]:
    """Train in place. A new model knows no words yet and learns those of the prompts as well."""
    new = not isinstance(recipe.base, Pretrained)
    rows = read_tokens(run_dir, "train")
    trained = fit(
        model,
        _all_learnt(rows) if new else rows,
        load_tokenizer(run_dir / "tokenizer"),
        training,
        seed=recipe.seed,
        learn_all=new,
        folder=run_dir / "base-checkpoints",
        validation=read_tokens(run_dir, "validation"),
        runtime=recipe.runtime,
    )
    return asdict(trained)


def _pull_back(weights: Mapping[str, torch.Tensor], start: PreTrainedModel, share: float) -> None:
    """Move the weights in place towards those they started from, by this share of the way.

    What is shared between layers has one name among the parameters and is moved once.
    """
    with torch.no_grad():
        for name, before in start.named_parameters():
            weights[name].lerp_(before.to(weights[name]), share)


def _all_learnt(rows: Dataset) -> Dataset:
    """The rows with the prompts' tokens to be learnt as well."""
    return rows.remove_columns("labels").add_column("labels", rows["input_ids"])
