"""What the app reads is what was trained: merge, GGUF, tokenizer, template."""

import copy
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.config import Recipe
from finetune.errors import ParityError
from finetune.files import read_json
from finetune.gguf import check_metadata, export_gguf
from finetune.merge import merge
from finetune.models import load_model
from finetune.stages import marker
from finetune.tokenizer import BEGIN, load_tokenizer
from finetune.tokens import read_rows
from runplan.backends.base import Job, Message
from runplan.backends.llama_cpp import LlamaCppBackend
from tests.integration.finetune.conftest import tiny_recipe

# Of two logits. llama.cpp keeps keys and values in 16 bits, so that its logits differ by about 0.001.
NEAR_TIE = 0.01

ODD_TEXTS = (
    "",
    " ",
    "   three before and after   ",
    "a  b   c\td\n\n\ne \n f\r\ng",
    "12345678 1,234.5 5.5 0042 ½ ٣٤ 4×400m",
    "I'll we've IT'S don't O'Brien’s",
    "Žluťoučký kůň 走るのが好き бег Ελληνικά עברית हिन्दी",
    "🏃🏽‍♀️🏅 flags 🇳🇿 ❤️",
    "zero\u200bwidth nbsp\u00a0here \ufeffbom e\u0301",
    "```code``` {name} $week <tag> [link] #1 @home",
    "!!!??? ... --- ___ ~~~ \\ / |",
    "\u0000\u0001 control",
)


@pytest.fixture(scope="module")
def tokenizer(run_dir: Path) -> PreTrainedTokenizerFast:
    return load_tokenizer(run_dir / "tokenizer")


@pytest.fixture(scope="module")
def tuned(run_dir: Path) -> LlamaForCausalLM:
    return load_model(run_dir / "merged").eval()


@pytest.fixture(scope="module")
def rounded(tuned: LlamaForCausalLM) -> LlamaForCausalLM:
    """The weights as an F16 file holds them."""
    return copy.deepcopy(tuned).half().float()


@pytest.fixture(scope="module")
def prompts(run_dir: Path) -> list[list[Message]]:
    rows = read_rows(run_dir / "data" / "test.parquet")
    return [
        [{"role": turn["role"], "content": turn["content"]} for turn in messages[:-1]]
        for messages in rows["messages"]
    ]


@pytest.fixture(scope="module")
def engine(
    run_dir: Path,
    tuned: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LlamaCppBackend]:
    path = tmp_path_factory.mktemp("gguf") / "tuned-f16.gguf"
    export_gguf(tuned, tokenizer, path, quantisation="F16", name="tiny")
    with closing(LlamaCppBackend(path)) as backend:
        yield backend


def test_merged_model_is_the_adapters_and_not_the_base(run_dir: Path, recipe: Recipe) -> None:
    facts = read_json(marker(run_dir, "merge"))["facts"]
    assert facts["difference"] < 1e-4
    assert facts["base_difference"] > 0.1


def test_merge_refuses_adapters_that_do_nothing(run_dir: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    for part in ("tokenizer", "tokens", "base", "adapter"):
        shutil.copytree(run_dir / part, tmp_path / part)
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    save_file({key: torch.zeros_like(value) for key, value in load_file(file).items()}, file)
    with pytest.raises(ParityError, match="change nothing"):
        merge(tiny_recipe(), tmp_path)
    assert not (tmp_path / "merged").exists()


def test_merge_refuses_a_difference_beyond_the_tolerance(run_dir: Path, tmp_path: Path) -> None:
    for part in ("tokenizer", "tokens", "base", "adapter"):
        shutil.copytree(run_dir / part, tmp_path / part)
    with pytest.raises(ParityError, match=r"merge\.tolerance"):
        merge(tiny_recipe("merge.tolerance=1e-12"), tmp_path)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_llama_cpp_reads_text_as_in_training(
    engine: LlamaCppBackend, tokenizer: PreTrainedTokenizerFast, text: str
) -> None:
    messages: list[Message] = [
        {"role": "system", "content": "You are a running coach."},
        {"role": "user", "content": f"x{text}x"},
    ]
    expected = tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    assert engine.prompt_tokens(messages) == expected
    assert expected.count(tokenizer.bos_token_id) == 1


def test_llama_cpp_reads_the_rows_as_in_training(
    engine: LlamaCppBackend, tokenizer: PreTrainedTokenizerFast, prompts: list[list[Message]]
) -> None:
    for messages in prompts:
        expected = tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
        assert engine.prompt_tokens(messages) == expected


def test_llama_cpp_writes_what_transformers_writes(
    engine: LlamaCppBackend,
    rounded: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    prompts: list[list[Message]],
) -> None:
    """Greedily, token for token; only where two tokens are as good as equal may it part."""
    jobs = [Job(tuple(prompt), None, seed=1, temperature=0.0, max_tokens=60) for prompt in prompts]
    written = dict(engine.complete(jobs))
    same = 0
    for index, prompt in enumerate(prompts):
        asked = tokenizer.apply_chat_template(
            prompt, add_generation_prompt=True, return_tensors="pt"
        )["input_ids"]
        answer = rounded.generate(
            asked,
            max_new_tokens=60,
            do_sample=False,
            use_cache=True,
            output_logits=True,
            return_dict_in_generate=True,
        )
        ids = answer.sequences[0, asked.shape[1] :]
        # The engine leaves out blank space before the first word.
        if written[index] == tokenizer.decode(ids, skip_special_tokens=True).lstrip():
            same += 1
            continue
        parted = next(
            step
            for step in range(len(ids))
            if not written[index].startswith(tokenizer.decode(ids[: step + 1]).lstrip())
        )
        best, second = answer.logits[parted][0].topk(2).values.tolist()
        assert best - second < NEAR_TIE, (index, parted, written[index])
    assert same >= 20


def test_metadata_that_differs_is_refused(run_dir: Path) -> None:
    other = load_tokenizer(run_dir / "tokenizer")
    other.eos_token = BEGIN
    with pytest.raises(ParityError, match="eos_token_id"):
        check_metadata(run_dir / "gguf" / "tuned.gguf", other, 1024)


def test_q8_0_keeps_norms_whole_and_weights_close(run_dir: Path, tuned: LlamaForCausalLM) -> None:
    tensors = {
        tensor.name: tensor for tensor in gguf.GGUFReader(run_dir / "gguf" / "tuned.gguf").tensors
    }
    kinds = {name: tensor.tensor_type.name for name, tensor in tensors.items()}
    assert {kind for name, kind in kinds.items() if "norm" in name} == {"F32"}
    assert {kind for name, kind in kinds.items() if "norm" not in name} == {"Q8_0"}
    stored = tensors["blk.0.ffn_up.weight"]
    found = gguf.quants.dequantize(stored.data, stored.tensor_type)
    expected = tuned.model.layers[0].mlp.up_proj.weight.detach().numpy()
    assert np.abs(found - expected).max() <= np.abs(expected).max() / 127
    assert "output.weight" not in tensors  # tied to the embeddings
