"""Adapters folded into the base, and proof that nothing changed by it."""

from pathlib import Path

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from finetune.batching import Collator
from finetune.config import Qlora, Recipe
from finetune.errors import ParityError
from finetune.files import remove, replacing
from finetune.methods import load_nf4
from finetune.models import load_model
from finetune.nll import assistant_nll
from finetune.tokenizer import load_tokenizer
from finetune.tokens import IGNORED, read_tokens

_CHECKED_ROWS = 8


def merge(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Write base plus adapters to `merged/`, in `merge.dtype`.

    The merged model is compared as saved and loaded again, and the base without adapters must
    fail the same comparison: otherwise adapters that do nothing would pass it. Adapters that were
    trained on a 4-bit base are merged into the base as it was before, and the perplexity is compared
    with what it was in training.

    Returns:
        the largest difference of a logit, of the merged model and of the base; and the perplexities
        of the model as it was trained and of the merged one.

    Raises:
        ParityError: the merged model differs by more than `merge.tolerance`, its perplexity by more
            than `merge.perplexity_tolerance`, or the base does not differ.
    """
    settings = recipe.merge
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = read_tokens(run_dir, "validation")
    checked = list(rows.select(range(min(_CHECKED_ROWS, len(rows)))))
    batch = Collator(tokenizer.pad_token_id)(checked)
    learnt = batch["labels"] != IGNORED

    base = load_model(run_dir / "base", settings.dtype)
    unadapted = logits(base, batch["input_ids"])[learnt]
    adapted = PeftModel.from_pretrained(base, str(run_dir / "adapter"))
    expected = logits(adapted, batch["input_ids"])[learnt]
    if isinstance(recipe.method, Qlora):
        coarse = load_nf4(run_dir / "base", recipe.method, recipe.base_dtype)
        trained = PeftModel.from_pretrained(coarse, str(run_dir / "adapter"))
        before = assistant_nll(trained, checked).perplexity
    else:
        before = assistant_nll(adapted, checked).perplexity
    remove(run_dir / "merged")
    with replacing(run_dir / "merged") as part:
        adapted.merge_and_unload().save_pretrained(part)
        tokenizer.save_pretrained(part)
        merged = load_model(part, settings.dtype)
        difference = (logits(merged, batch["input_ids"])[learnt] - expected).abs().max().item()
        base_difference = (unadapted - expected).abs().max().item()
        after = assistant_nll(merged, checked).perplexity
        if difference > settings.tolerance:
            raise ParityError(
                f"merged logits differ from the adapters' by {difference:.2g}, "
                f"more than merge.tolerance {settings.tolerance:.2g}"
            )
        if base_difference <= settings.tolerance:
            raise ParityError("the adapters change nothing: base and tuned give the same logits")
        if after > before * (1 + settings.perplexity_tolerance):
            raise ParityError(
                f"merging raises the perplexity from {before:.4g} to {after:.4g}, more than "
                f"merge.perplexity_tolerance {settings.perplexity_tolerance:.2g}"
            )
    return {
        "difference": difference,
        "base_difference": base_difference,
        "perplexity_trained": round(before, 5),
        "perplexity_merged": round(after, 5),
    }


@torch.no_grad()
def logits(model: PreTrainedModel | PeftModel, input_ids: torch.Tensor) -> torch.Tensor:
    """The model's logits for right-padded ids."""
    return model.eval()(input_ids=input_ids).logits
