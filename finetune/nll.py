"""How surprised a model is by what the assistant wrote, counted per token.

Trainer's `eval_loss` averages over batches and so depends on how rows are batched; this does not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from finetune.batching import Collator
from finetune.tokens import IGNORED


@dataclass(frozen=True)
class Nll:
    """A sum of negative log-likelihoods in nats, and over how many tokens."""

    total: float
    tokens: int

    @property
    def mean(self) -> float:
        """Nats per token."""
        return self.total / self.tokens

    @property
    def perplexity(self) -> float:
        """exp(nats per token)."""
        return math.exp(self.mean)


def measured(model: PreTrainedModel) -> PreTrainedModel:
    """The model ready to be measured: on the GPU where there is one, and without dropout."""
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


@torch.no_grad()
def assistant_nll(
    model: PreTrainedModel, rows: Sequence[dict[str, Any]], rows_per_batch: int = 16
) -> Nll:
    """Add up the loss over the tokens the assistant writes, in float32.

    Args:
        model: base, merged, or with adapters.
        rows: tokenised rows (`finetune.tokens.tokenise`).
        rows_per_batch: bounds the memory of the logits; the result does not depend on it.
    """
    collate = Collator(model.config.pad_token_id)
    ordered = sorted(rows, key=lambda row: row["length"])
    model.eval()
    total, tokens = 0.0, 0
    for start in range(0, len(ordered), rows_per_batch):
        batch = collate(ordered[start : start + rows_per_batch])
        labels = batch["labels"][:, 1:].to(model.device)
        # A tuned prompt stands before the row and has logits of its own.
        logits = model(input_ids=batch["input_ids"].to(model.device)).logits
        logits = logits[:, -batch["labels"].shape[1] : -1].float()
        total += torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
        ).item()
        tokens += int((labels != IGNORED).sum())
    return Nll(total, tokens)
