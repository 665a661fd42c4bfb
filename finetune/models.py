"""Making, adopting and loading models."""

from pathlib import Path
from typing import Literal

import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from finetune.config import Architecture, Precision, Pretrained
from finetune.errors import StageError, first_line
from finetune.tokenizer import NEW_TOKENS

FAMILIES = ("llama", "gemma3_text", "gpt2")
"""Architectures that are tried and tested, by their `model_type`."""

# How much of what a head reads it writes at first.
COPIED = 0.7


def new_model(
    shape: Architecture, tokenizer: PreTrainedTokenizerFast, seed: int
) -> LlamaForCausalLM:
    """A Llama with random weights (float32), the same for the same seed."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.feed_forward_size,
        max_position_embeddings=shape.context_length,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        use_cache=False,
        attn_implementation="sdpa",
        dtype=torch.float32,
    )
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config)
    _mimic(model)
    return model


@torch.no_grad()
def _mimic(model: LlamaForCausalLM) -> None:
    """Start attention as trained models have it: tokens look for their like, and copy what they see.

    Queries equal keys and what a head writes is what it reads, both beside the usual noise (mimetic
    initialisation, Trockman & Kolter 2023). The plan's numbers stand in the prompt, and so a small
    model learns sooner to look them up.
    """
    heads, shared = model.config.num_attention_heads, model.config.num_key_value_heads
    for layer in model.model.layers:
        attention = layer.self_attn
        keys, values = (
            torch.linalg.qr(torch.randn_like(weight.T))[0].T
            for weight in (attention.k_proj.weight, attention.v_proj.weight)
        )
        attention.k_proj.weight += keys
        attention.q_proj.weight += _per_head(keys, heads, shared)
        attention.v_proj.weight += values
        attention.o_proj.weight += COPIED * _per_head(values, heads, shared).T * shared / heads


def _per_head(weight: torch.Tensor, heads: int, shared: int) -> torch.Tensor:
    """The rows of each key head once for every query head that shares it."""
    return weight.unflatten(0, (shared, -1)).repeat_interleave(heads // shared, 0).flatten(0, 1)


def adopt_model(base: Pretrained, tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """A pretrained model that speaks with `tokenizer`: room for its tokens, and its special ones.

    Tokens the model did not know begin near the mean of those it knows; they are kept in the
    configuration as `new_token_ids`, so that adapters can train them.

    Raises:
        StageError: there is no such model, or it is of a family that is not known here.
    """
    try:
        model = _read_gguf(base.gguf, base) if base.gguf else _read(base.pretrained, base)
    except OSError as error:
        raise StageError(f"base.pretrained: {first_line(error)}") from error
    config = model.config
    if config.model_type not in FAMILIES:
        raise StageError(
            f"base.pretrained: {config.model_type} is not one of {', '.join(FAMILIES)}"
        )
    if base.context_length > config.max_position_embeddings:
        raise StageError(
            f"base.context_length: {base.pretrained} has {config.max_position_embeddings} positions"
        )
    if len(tokenizer) > config.vocab_size:
        torch.manual_seed(seed)
        model.resize_token_embeddings(len(tokenizer))
    config.new_token_ids = tokenizer.init_kwargs.get(NEW_TOKENS, [])
    for part in (config, model.generation_config):
        part.bos_token_id = tokenizer.bos_token_id
        part.eos_token_id = tokenizer.eos_token_id
        part.pad_token_id = tokenizer.pad_token_id
    return model


def _read(folder: str | Path, base: Pretrained, **where: str) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, base.dtype), attn_implementation="sdpa", **where
    )


def _read_gguf(file: Path, base: Pretrained) -> PreTrainedModel:
    """The model of a GGUF file, as one that was never quantised: others can be trained, not saved."""
    rounded = _read(file.parent, base, gguf_file=file.name)
    del rounded.config.quantization_config
    model = AutoModelForCausalLM.from_config(
        rounded.config, dtype=getattr(torch, base.dtype), attn_implementation="sdpa"
    )
    model.load_state_dict(rounded.state_dict())
    return model


def load_model(folder: Path, dtype: Precision | Literal["auto"] = "float32") -> PreTrainedModel:
    """Read a saved model; `auto` keeps the type of its weights."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
