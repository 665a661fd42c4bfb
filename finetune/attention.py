"""Causal attention that is quick for short rows on a CPU.

PyTorch's own CPU kernel takes two to four times as long for rows of some 200 tokens
(`benchmarks/attention.py`), a third of the time of a training step. Where it is the better one, for
long rows and wherever a mask is needed, it is called. Knows nothing of training.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

NAME = "short_causal"
LONGEST = {torch.bfloat16: 512, torch.float32: 256}
"""Tokens of the longest rows for which it pays, by the type of the arithmetic."""


@contextmanager
def quick_attention(model: PreTrainedModel) -> Iterator[None]:
    """Let `model` use it for as long as this lasts, on a CPU and in place of PyTorch's kernel."""
    # Others, as Unsloth, put attention of their own in its place.
    usual = model.config._attn_implementation
    applies = usual == "sdpa" and not torch.cuda.is_available()
    if applies:
        model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        if applies:
            model.set_attn_implementation(usual)


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float
) -> torch.Tensor:
    """Attention of every token to itself and those before it, as plain matrix products.

    Args:
        query: (batch, heads, tokens, head size).
        key: (batch, key heads, tokens, head size); consecutive heads share one.
        value: as `key`.
        scaling: of the scores, usually 1 / √(head size).

    Returns:
        (batch, heads, tokens, head size).
    """
    batch, heads, tokens, size = query.shape
    shared = key.shape[1]
    keys, values = (part.reshape(batch * shared, tokens, size) for part in (key, value))
    # Heads that share keys stand below each other, so that one product serves them all.
    queries = (query * scaling).reshape(batch * shared, -1, size)
    scores = torch.bmm(queries, keys.transpose(1, 2)).view(batch * shared, -1, tokens, tokens)
    later = scores.new_full((tokens, tokens), float("-inf")).triu(1)
    shares = torch.softmax(scores + later, -1).view(batch * shared, -1, tokens)
    return torch.bmm(shares, values).view(batch, heads, tokens, size)


def _forward(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    tokens = query.shape[2]
    if (
        attention_mask is not None
        or dropout
        or key.shape[2] != tokens
        or tokens > LONGEST.get(query.dtype, 0)
    ):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **others
        )
    result = attend(query, key, value, query.shape[-1] ** -0.5 if scaling is None else scaling)
    return result.transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, _forward)
# It needs a mask where PyTorch's kernel does: for padding on the left, and for windows that slide.
AttentionMaskInterface.register(NAME, sdpa_mask)
