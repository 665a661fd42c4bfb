"""Attention for short rows: the same as PyTorch's, in the models that are tuned."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from finetune import attention
from finetune.attention import LONGEST, NAME, attend, quick_attention

TOKENS = 12


@settings(deadline=None)
@given(
    st.integers(1, 3),
    st.sampled_from([(1, 1), (2, 1), (4, 2), (6, 2)]),
    st.integers(1, 40),
    st.sampled_from([2, 8]),
    st.integers(0, 99),
)
def test_it_is_causal_attention(
    batch: int, heads: tuple[int, int], tokens: int, size: int, seed: int
) -> None:
    draw = torch.Generator().manual_seed(seed)
    query, key, value = (
        torch.randn(batch, count, tokens, size, generator=draw, requires_grad=True)
        for count in (heads[0], heads[1], heads[1])
    )
    usual = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=0.3, enable_gqa=True
    )
    ours = attend(query, key, value, 0.3)
    torch.testing.assert_close(ours, usual)
    weights = torch.randn(usual.shape, generator=draw)
    for mine, theirs in zip(
        torch.autograd.grad(ours, (query, key, value), weights),
        torch.autograd.grad(usual, (query, key, value), weights),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)


def models() -> dict[str, PreTrainedModel]:
    """Small ones of each family; Gemma's window is shorter than the rows."""
    shape = {"vocab_size": 50, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8}
    window = {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]}
    torch.manual_seed(0)
    return {
        "llama": LlamaForCausalLM(LlamaConfig(**shape, **heads)),
        "gemma": Gemma3ForCausalLM(Gemma3TextConfig(**shape, **heads, **window)),
        "gpt2": GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2)),
    }


@pytest.mark.parametrize("family", ["llama", "gemma", "gpt2"])
@pytest.mark.parametrize("padded", [False, True])
def test_models_see_no_difference(
    family: str, padded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models()[family].eval()
    ids = torch.arange(2 * TOKENS).reshape(2, TOKENS)
    mask = torch.ones_like(ids)
    mask[0, :3] = 0  # on the left, so that tokens do see it
    given_mask = {"attention_mask": mask} if padded else {}
    used = []
    real = attend
    monkeypatch.setattr(attention, "attend", lambda *args: used.append(1) or real(*args))
    with torch.no_grad():
        usual = model(ids, **given_mask).logits
        with quick_attention(model):
            assert model.config._attn_implementation == NAME
            ours = model(ids, **given_mask).logits
    assert model.config._attn_implementation == "sdpa"
    rows = mask.bool() if padded else torch.ones_like(mask).bool()
    torch.testing.assert_close(ours[rows], usual[rows], atol=1e-5, rtol=1e-4)
    # Every layer uses it unless padding or a window needs a mask.
    assert len(used) == (0 if padded else 1 if family == "gemma" else 2)


def test_long_rows_are_left_to_the_usual_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LONGEST, torch.float32, TOKENS - 1)
    monkeypatch.setattr(attention, "attend", None)
    model = models()["llama"]
    ids = torch.arange(TOKENS)[None]
    usual = model(ids).logits
    with quick_attention(model):
        torch.testing.assert_close(model(ids).logits, usual)


def test_other_attention_is_left_alone() -> None:
    model = models()["llama"]
    model.set_attn_implementation("eager")
    with quick_attention(model):
        assert model.config._attn_implementation == "eager"
