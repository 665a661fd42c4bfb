"""What is left of a trained model in its files, and what evaluation says of both."""

from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.config import Export, Pretrained, Recipe
from finetune.errors import ParityError, StageError
from finetune.export import Kept, compare, read_back, refuse
from finetune.files import read_json
from finetune.gguf import export_gguf
from finetune.models import adopt_model, load_model
from finetune.stages import marker
from finetune.tokenizer import adopt_tokenizer, load_tokenizer
from finetune.tokens import read_rows, read_tokens
from runplan.backends.base import Message
from tests.integration.finetune.families import CONTEXT, FAMILIES

TIMES = 4
"""How often each number stands in the wide model: 64 of them become 256."""


@pytest.fixture(scope="module")
def tokenizer(run_dir: Path) -> PreTrainedTokenizerFast:
    return load_tokenizer(run_dir / "tokenizer")


@pytest.fixture(scope="module")
def prompts(run_dir: Path) -> list[tuple[Message, ...]]:
    rows = read_rows(run_dir / "data" / "test.parquet").select(range(8))
    return [
        tuple(Message(role=turn["role"], content=turn["content"]) for turn in messages[:-1])
        for messages in rows["messages"]
    ]


@pytest.fixture(scope="module")
def rows(run_dir: Path) -> list[dict[str, object]]:
    return list(read_tokens(run_dir, "validation"))[:16]


@pytest.fixture(scope="module")
def wide(run_dir: Path) -> LlamaForCausalLM:
    """The trained model with every number of its stream four times: it computes the same."""
    narrow = load_model(run_dir / "merged")
    settings = narrow.config.to_dict()
    settings["hidden_size"] *= TIMES
    settings["head_dim"] = narrow.config.hidden_size // narrow.config.num_attention_heads
    weights = {}
    for name, tensor in narrow.state_dict().items():
        if tensor.ndim == 1:
            weights[name] = tensor.repeat(TIMES) / (TIMES if name == "model.norm.weight" else 1)
        elif "embed" in name or "lm_head" in name:
            weights[name] = tensor.repeat(1, TIMES)
        elif "o_proj" in name or "down_proj" in name:
            weights[name] = tensor.repeat(TIMES, 1)
        else:
            weights[name] = tensor.repeat(1, TIMES) / TIMES
    model = LlamaForCausalLM(LlamaConfig(**settings)).eval()
    model.load_state_dict(weights)
    ids = torch.arange(1, 40)[None]
    with torch.no_grad():
        assert torch.allclose(model(ids).logits, narrow.eval()(ids).logits, atol=1e-3)
    return model


def test_the_export_stage_keeps_what_it_found(run_dir: Path) -> None:
    facts = read_json(marker(run_dir, "export"))["facts"]
    for name in ("base", "tuned"):
        kept = Kept(**facts[name])
        assert abs(kept.perplexity_change) < 0.02
        assert kept.perplexity > 1
        # So little trained, the model hesitates often, and one other token ends a comparison.
        assert kept.same_tokens > 0.6
        assert kept.same_completions >= 0.4
    assert facts["tuned"]["perplexity"] != facts["base"]["perplexity"]


def test_every_stage_tells_its_memory(run_dir: Path, recipe: Recipe) -> None:
    for stage in ("tokenizer", "base", recipe.method_name, "merge", "export"):
        assert read_json(marker(run_dir, stage))["facts"]["peak_memory_mb"] > 100


@pytest.mark.parametrize(
    ("quantisation", "rise"),
    [("Q6_K", 0.01), ("Q5_K_M", 0.02), ("Q4_K_M", 0.2)],
)
def test_k_quants_are_the_model_to_llama_cpp(
    wide: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    prompts: list[tuple[Message, ...]],
    rows: list[dict[str, object]],
    tmp_path: Path,
    quantisation: str,
    rise: float,
) -> None:
    path, whole = tmp_path / "few.gguf", tmp_path / "whole.gguf"
    export_gguf(wide, tokenizer, path, quantisation=quantisation, name="wide")
    export_gguf(wide, tokenizer, whole, quantisation="Q8_0", name="wide")
    assert path.stat().st_size < 0.95 * whole.stat().st_size
    kept = compare(wide, tokenizer, path, prompts, rows)
    assert kept.same_tokens >= Export(quantisation="Q8_0").min_same_tokens
    assert abs(kept.perplexity_change) < rise


def test_a_file_of_another_model_is_refused(
    run_dir: Path,
    tokenizer: PreTrainedTokenizerFast,
    prompts: list[tuple[Message, ...]],
    rows: list[dict[str, object]],
) -> None:
    tuned = load_model(run_dir / "merged")
    kept = compare(tuned, tokenizer, run_dir / "gguf" / "base.gguf", prompts, rows)
    right = read_json(marker(run_dir, "export"))["facts"]["tuned"]
    assert kept.same_tokens < right["same_tokens"]
    with pytest.raises(ParityError, match=r"base\.gguf: Q8_0 raises the perplexity"):
        refuse("base.gguf", kept, Export(quantisation="Q8_0", perplexity_tolerance=0.005))
    limits = Export(quantisation="Q8_0", perplexity_tolerance=9, min_same_tokens=1)
    with pytest.raises(ParityError, match=r"fewer than export\.min_same_tokens 1"):
        refuse("base.gguf", kept, limits)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_file_is_read_back_as_the_model(family: str, tmp_path: Path) -> None:
    FAMILIES[family](tmp_path, ["Tue easy 5 strides 4\nThu hills 6: 8x45s\nSun long 8"])
    base = Pretrained(pretrained=str(tmp_path), dtype="float32", context_length=CONTEXT)
    tokenizer = adopt_tokenizer(base)
    model = adopt_model(base, tokenizer, 1).eval()
    path = tmp_path / "model.gguf"
    export_gguf(model, tokenizer, path, quantisation="F16", name=family)
    ids = torch.arange(1, 120)[None]
    with torch.no_grad():
        expected, found = (one(ids).logits for one in (model, read_back(path, model).eval()))
    assert (found - expected).abs().max() < 0.01 * expected.abs().max()


def test_k_quants_of_narrow_models_are_refused(
    run_dir: Path, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    model = load_model(run_dir / "merged")
    with pytest.raises(
        StageError, match="blocks of 256 weights, and the rows of this model have 64"
    ):
        export_gguf(model, tokenizer, tmp_path / "no.gguf", quantisation="Q4_K_M", name="narrow")
    assert list(tmp_path.iterdir()) == []
