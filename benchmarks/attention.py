"""Attention of short rows on a CPU: ours against PyTorch's kernel, forwards and backwards.

Batches of some 4,000 tokens with nano's heads (4, of which pairs share keys, 64 wide). The ratio is of
the shortest rows; `by_tokens` shows where PyTorch's kernel overtakes, which `finetune.attention.LONGEST`
follows.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import torch
from torch.nn.functional import scaled_dot_product_attention

from benchmarks._report import report, spread
from finetune.attention import attend

TOKENS_IN_BATCH = 4096
LENGTHS = (190, 512, 1024)
HEADS, KEY_HEADS, SIZE = 4, 2, 64
Attention = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def main(options: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks attention", description=__doc__)
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--repeats", type=int, default=15, help="of each measurement")
    given = parser.parse_args(options)
    sides: dict[str, Attention] = {
        "ours": lambda query, key, value: attend(query, key, value, SIZE**-0.5),
        "peer": lambda query, key, value: scaled_dot_product_attention(
            query, key, value, is_causal=True, enable_gqa=True
        ),
    }
    by_tokens: dict[int, dict[str, float]] = {}
    found = {}
    for tokens in LENGTHS:
        times = {
            name: _milliseconds(side, tokens, getattr(torch, given.precision), given.repeats)
            for name, side in sides.items()
        }
        found[tokens] = times
        medians = {name: spread(values)["median"] for name, values in times.items()}
        by_tokens[tokens] = {**medians, "ratio": round(medians["peer"] / medians["ours"], 2)}
    shortest = found[LENGTHS[0]]
    report(
        "attention",
        {"ms": spread(shortest["ours"])},
        {"name": "scaled_dot_product_attention", "ms": spread(shortest["peer"])},
        by_tokens[LENGTHS[0]]["ratio"],
        by_tokens=by_tokens,
        precision=given.precision,
    )


def _milliseconds(
    attention: Attention, tokens: int, dtype: torch.dtype, repeats: int
) -> list[float]:
    """Of one layer, one batch; the first is left out."""
    torch.manual_seed(0)
    rows = TOKENS_IN_BATCH // tokens
    query, key, value = (
        torch.randn(rows, heads, tokens, SIZE, dtype=dtype, requires_grad=True)
        for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    )
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        result = attention(query, key, value)
        result.backward(torch.ones_like(result))
        times.append((time.perf_counter() - start) * 1000)
    return times[1:]
