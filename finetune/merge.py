"""Adapters folded into the base, and proof that nothing changed by it."""

from pathlib import Path

import torch
from peft import PeftModel
from transformers import LlamaForCausalLM

from finetune.config import Recipe
from finetune.errors import ParityError
from finetune.files import remove, replacing
from finetune.models import load_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import IGNORED, read_tokens
from finetune.training import Collator

_CHECKED_ROWS = 8


def merge(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Write base plus adapters to `merged/` in float32.

    The merged model is compared as saved and loaded again, and the base without adapters must
    fail the same comparison: otherwise adapters that do nothing would pass it.

    Returns:
        the largest difference of a logit, of the merged model and of the base.

    Raises:
        ParityError: the merged model differs by more than `merge.tolerance`, or the base does not.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = read_tokens(run_dir, "validation")
    rows = rows.select(range(min(_CHECKED_ROWS, len(rows))))
    batch = Collator(tokenizer.pad_token_id)(list(rows))
    learnt = batch["labels"] != IGNORED

    adapted = PeftModel.from_pretrained(load_model(run_dir / "base"), str(run_dir / "adapter"))
    expected = logits(adapted, batch["input_ids"])[learnt]
    remove(run_dir / "merged")
    with replacing(run_dir / "merged") as part:
        merged = adapted.merge_and_unload()
        merged.save_pretrained(part)
        tokenizer.save_pretrained(part)
        found = logits(load_model(part), batch["input_ids"])[learnt]
        base = logits(load_model(run_dir / "base"), batch["input_ids"])[learnt]
        difference = (found - expected).abs().max().item()
        base_difference = (base - expected).abs().max().item()
        if difference > recipe.merge.tolerance:
            raise ParityError(
                f"merged logits differ from the adapters' by {difference:.2g}, "
                f"more than merge.tolerance {recipe.merge.tolerance:.2g}"
            )
        if base_difference <= recipe.merge.tolerance:
            raise ParityError("the adapters change nothing: base and tuned give the same logits")
    return {"difference": difference, "base_difference": base_difference}


@torch.no_grad()
def logits(model: LlamaForCausalLM | PeftModel, input_ids: torch.Tensor) -> torch.Tensor:
    """The model's logits for right-padded ids."""
    return model.eval()(input_ids=input_ids).logits
