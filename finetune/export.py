"""The GGUF files of a run, each compared with the model it was made from.

Two comparisons: llama.cpp reads the file and writes greedily what transformers writes with the model as
it was, from the held-out prompts; and the file's weights, read back by transformers, are no more
surprised by the validation rows. Knows nothing of how a file is laid out.
"""

from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from finetune.config import Export, Recipe
from finetune.errors import ParityError
from finetune.gguf import export_gguf
from finetune.models import load_model
from finetune.nll import assistant_nll, measured
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_rows, read_tokens
from runplan.backends.base import Job, Message
from runplan.backends.llama_cpp import LlamaCppBackend

FILES = {"base": "base.gguf", "merged": "tuned.gguf"}
_ROWS, _PROMPTS, _TOKENS = 100, 16, 48
"""Validation rows; held-out prompts, and the tokens written from each."""


@dataclass(frozen=True)
class Kept:
    """How much of a model is left in its file."""

    same_completions: float
    """The share of prompts from which llama.cpp writes the same."""
    same_tokens: float
    """The share of tokens that come before the first other one."""
    perplexity: float
    """Of the assistant's text in the validation rows, with the file's weights."""
    perplexity_change: float
    """Against the model, as a share of its perplexity."""


def export(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    """Write `gguf/base.gguf` and `gguf/tuned.gguf`, and check them.

    Returns:
        of each file the bytes, as `<file>_bytes`, and `Kept`.

    Raises:
        StageError: models of this kind cannot be written so.
        ParityError: a file is further from its model than `export` of the recipe allows.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = _spread(read_tokens(run_dir, "validation"), _ROWS)
    held_out = _spread(read_rows(run_dir / "data" / "test.parquet"), _PROMPTS)
    prompts = [
        tuple(Message(role=turn["role"], content=turn["content"]) for turn in row["messages"][:-1])
        for row in held_out
    ]
    facts: dict[str, Any] = {}
    for folder, file in FILES.items():
        path = run_dir / "gguf" / file
        model = load_model(run_dir / folder, "auto")
        export_gguf(
            model,
            tokenizer,
            path,
            quantisation=recipe.export.quantisation,
            name=f"runplan {recipe.name}",
        )
        kept = compare(model, tokenizer, path, prompts, rows)
        refuse(path.name, kept, recipe.export)
        facts |= {f"{path.stem}_bytes": path.stat().st_size, path.stem: asdict(kept)}
    return facts


def compare(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    path: Path,
    prompts: list[tuple[Message, ...]],
    rows: list[dict[str, Any]],
) -> Kept:
    """Compare a GGUF file with the model it was made from."""
    model = measured(model)
    with closing(LlamaCppBackend(path)) as engine:
        jobs = [Job(prompt, None, 0, 0.0, _TOKENS) for prompt in prompts]
        written = [text for _, text in sorted(engine.complete(jobs))]
    same, total, whole = 0, 0, 0
    for prompt, text in zip(prompts, written, strict=True):
        pieces = greedy(model, tokenizer, prompt)
        # The engine leaves out blank space before the first word.
        alike = sum(text.startswith(piece.lstrip()) for piece in pieces)
        whole += text == pieces[-1].lstrip()
        same, total = same + alike, total + len(pieces)
    before = assistant_nll(model, rows).perplexity
    after = assistant_nll(measured(read_back(path, model)), rows).perplexity
    return Kept(
        same_completions=round(whole / len(prompts), 4),
        same_tokens=round(same / total, 4),
        perplexity=round(after, 5),
        perplexity_change=round(after / before - 1, 5),
    )


def read_back(path: Path, model: PreTrainedModel) -> PreTrainedModel:
    """The weights of a GGUF file in a model of the same shape, as transformers reads them."""
    return AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, config=model.config, dtype=model.dtype
    )


@torch.no_grad()
def greedy(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, prompt: tuple[Message, ...]
) -> list[str]:
    """The likeliest completion, as it grows token by token."""
    asked = tokenizer.apply_chat_template(
        list(prompt), add_generation_prompt=True, return_tensors="pt", return_dict=True
    ).to(model.device)
    answer = model.generate(**asked, max_new_tokens=_TOKENS, do_sample=False, use_cache=True)
    ids = answer[0, asked["input_ids"].shape[1] :]
    return [tokenizer.decode(ids[:end], skip_special_tokens=True) for end in range(1, len(ids) + 1)]


def refuse(name: str, kept: Kept, limits: Export) -> None:
    """Raise ParityError when a file is too far from its model."""
    if kept.perplexity_change > limits.perplexity_tolerance:
        raise ParityError(
            f"{name}: {limits.quantisation} raises the perplexity by {kept.perplexity_change:.1%}, "
            f"more than export.perplexity_tolerance {limits.perplexity_tolerance:g}; more bits keep more"
        )
    if kept.same_tokens < limits.min_same_tokens:
        raise ParityError(
            f"{name}: llama.cpp writes {kept.same_tokens:.1%} of the tokens as transformers does, "
            f"fewer than export.min_same_tokens {limits.min_same_tokens:g}"
        )


def _spread(rows: Dataset, count: int) -> list[dict[str, Any]]:
    """So many rows from all over."""
    step = max(1, len(rows) // count)
    return list(islice(rows.select(range(0, len(rows), step)), count))
