"""Every method on every family of models: train, be cut off, go on, merge, load, serve."""

import re
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import PeftModel
from safetensors.torch import load_file

from finetune import config
from finetune.config import Recipe, Training
from finetune.errors import RecipeError, StageError
from finetune.gguf import export_gguf
from finetune.merge import merge
from finetune.methods import tune
from finetune.models import load_model
from finetune.nll import assistant_nll
from finetune.pretrain import train_base
from finetune.stages import run_stages, stages_of
from finetune.tokenizer import load_tokenizer, serving_template
from finetune.tokens import IGNORED, read_rows, read_tokens
from runplan.backends.base import Job, Message
from runplan.backends.llama_cpp import LlamaCppBackend
from tests.integration.finetune.conftest import write_rows
from tests.integration.finetune.families import CONTEXT, FAMILIES, stock_template

DATE = "26 Jul 2024"
TRAINING = {
    "steps": 4,
    "tokens_per_batch": 2048,
    "rows_per_batch": 4,
    "accumulation": 1,
    "learning_rate": 0.01,
    "schedule": "linear",
    "final_rate_share": 0.0,
    "warmup_steps": 0,
    "weight_decay": 0.01,
    "max_grad_norm": 1.0,
    "optimizer": "adamw_8bit",
    "precision": "float32",
    "checkpoint_steps": 2,
    "log_steps": 2,
}
ADAPTER = {"rank": 4, "alpha": 8, "dropout": 0.1, "training": TRAINING}
METHODS: dict[str, dict[str, Any]] = {
    "full": {"full": {"dropout": 0.1, "training": TRAINING}},
    "lora": {"lora": ADAPTER},
    "rslora": {"lora": {**ADAPTER, "rslora": True}},
    "dora": {"lora": {**ADAPTER, "dora": True}},
    "qlora": {"qlora": ADAPTER},
    "prompt": {"prompt": {"tokens": 4, "training": {**TRAINING, "learning_rate": 0.2}}},
    "qat": {"qat": {"bits": 4, "training": TRAINING}},
}
# By what weights may differ after a cut. bitsandbytes on a CPU is close, but not exact.
EXACTNESS = {"qlora": 0.005}
PAIRS = [
    (family, method)
    for family in FAMILIES
    for method in METHODS
    if (family, method) != ("gpt2", "qat")
]


def tuning(pretrained: Path, folder: Path, method: dict[str, Any]) -> Recipe:
    """A recipe for a pretrained model, as a user would write it."""
    with (config.RECIPES / "llama-3.2-1b-lora.yaml").open(encoding="utf-8") as file:
        settings = yaml.safe_load(file)
    del settings["lora"]
    settings |= method
    settings["base"] |= {
        "pretrained": str(pretrained),
        "dtype": "float32",
        "context_length": CONTEXT,
        "date_string": DATE,
    }
    settings["merge"] = {"tolerance": 0.0005, "perplexity_tolerance": 0.2}
    settings["runtime"] = {}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config.load(path)


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run folder for each family, up to its base. Shared: tests only read them."""
    folders = {}
    for family, make in FAMILIES.items():
        folder = tmp_path_factory.mktemp(family)
        if folders:
            shutil.copytree(folders["llama"] / "data", folder / "data")
        else:
            write_rows(folder)
        rows = read_rows(folder / "data" / "train.parquet")
        texts = [turn["content"] for messages in rows["messages"] for turn in messages]
        make(folder / "pretrained", texts)
        recipe = tuning(folder / "pretrained", folder, METHODS["lora"])
        run_stages(("tokenizer", "tokens", "base"), recipe, folder, say=lambda _: None)
        folders[family] = folder
    return folders


def beginning(
    base: Path, folder: Path, parts: Sequence[str] = ("tokenizer", "tokens", "base")
) -> Path:
    for part in parts:
        shutil.copytree(base / part, folder / part)
    return folder


def weights(folder: Path) -> dict[str, torch.Tensor]:
    (file,) = folder.glob("*.safetensors")
    return load_file(file)


@pytest.mark.parametrize(("family", "method"), PAIRS)
def test_trains_goes_on_after_a_cut_merges_and_loads(
    bases: dict[str, Path], tmp_path: Path, family: str, method: str
) -> None:
    recipe = tuning(bases[family] / "pretrained", tmp_path, METHODS[method])
    whole = beginning(bases[family], tmp_path / "whole")
    facts = tune(recipe, whole)
    name = "tuned" if recipe.method_name in ("full", "qat") else "adapter"
    output = "merged" if name == "tuned" else "adapter"
    assert (whole / "curves" / f"{name}.json").exists()

    cut = beginning(bases[family], tmp_path / "cut")
    half = Path(f"{name}-checkpoints") / "checkpoint-2"
    shutil.copytree(whole / half, cut / half)
    tune(recipe, cut)
    expected, found = weights(whole / output), weights(cut / output)
    assert expected.keys() == found.keys()
    furthest = max((expected[key] - found[key]).abs().max().item() for key in expected)
    assert furthest <= EXACTNESS.get(method, 0.0)

    base = load_model(whole / "base")
    rows = list(read_tokens(whole, "train"))[:16]
    before = assistant_nll(base, rows).mean
    assert 0 < facts["parameters"] <= base.num_parameters()
    if method == "prompt":
        tuned = PeftModel.from_pretrained(base, str(whole / "adapter"))
        with pytest.raises(StageError, match="no model of its own"):
            stages_of(recipe, ("merge",))
    else:
        if output == "adapter":
            merge(recipe, whole)
        tuned = load_model(whole / "merged")
        assert load_tokenizer(whole / "merged").chat_template
    assert assistant_nll(tuned, rows).mean < before


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_begin_and_end_as_they_should(bases: dict[str, Path], family: str) -> None:
    """The prompt is what the model's own template makes of it; the answer and its end are learnt."""
    folder = bases[family]
    tokenizer = load_tokenizer(folder / "tokenizer")
    messages = read_rows(folder / "data" / "train.parquet")["messages"]
    for row, turns in zip(read_tokens(folder, "train").select(range(20)), messages):
        place = next(p for p, label in enumerate(row["labels"]) if label != IGNORED)
        prompt = tokenizer.apply_chat_template(turns[:-1], add_generation_prompt=True)["input_ids"]
        learnt = [label for label in row["labels"] if label != IGNORED]
        assert row["input_ids"][:place] == prompt
        assert tokenizer.decode(learnt[:-1]) == turns[-1]["content"]
        assert learnt[-1] == tokenizer.eos_token_id != tokenizer.pad_token_id
        assert row["input_ids"].count(tokenizer.bos_token_id) == 1


@pytest.mark.parametrize(("family", "name"), [("llama", "llama3_2"), ("gemma", "gemma3")])
@pytest.mark.parametrize("prompt_alone", [True, False])
def test_marks_in_the_template_change_nothing(
    bases: dict[str, Path], family: str, name: str, prompt_alone: bool
) -> None:
    tokenizer = load_tokenizer(bases[family] / "tokenizer")
    turns = [
        {"role": "system", "content": " You are a coach. "},
        {"role": "user", "content": "Week 3\n\n"},
        {"role": "assistant", "content": "  Tue easy 5\n"},
        {"role": "user", "content": "And 4?"},
        {"role": "assistant", "content": "Sun long 8"},
    ]
    chat = turns[:-1] if prompt_alone else turns
    texts = [
        tokenizer.apply_chat_template(
            chat,
            tokenize=False,
            add_generation_prompt=prompt_alone,
            chat_template=template,
            **pinned,
        )
        for template, pinned in (
            (stock_template(name), {"date_string": DATE}),
            (tokenizer.chat_template, {}),
            (serving_template(tokenizer.chat_template), {}),
        )
    ]
    assert texts[0] == texts[1] == texts[2]
    assert family != "llama" or f"Today Date: {DATE}" in texts[0]
    assert not re.search(r"\{%-? *(end)?generation", serving_template(tokenizer.chat_template))


def test_adapters_on_shared_embeddings_are_refused(bases: dict[str, Path], tmp_path: Path) -> None:
    targets = {"lora": {**ADAPTER, "targets": ["q_proj", "lm_head"]}}
    recipe = tuning(bases["llama"] / "pretrained", tmp_path, targets)
    with pytest.raises(StageError, match="lm_head: the embeddings are shared"):
        tune(recipe, beginning(bases["llama"], tmp_path / "run"))


def test_gpt2_learns_its_new_special_tokens(bases: dict[str, Path], tmp_path: Path) -> None:
    recipe = tuning(bases["gpt2"] / "pretrained", tmp_path, METHODS["lora"])
    folder = beginning(bases["gpt2"], tmp_path / "run")
    tune(recipe, folder)
    merge(recipe, folder)
    base, merged = load_model(folder / "base"), load_model(folder / "merged")
    moved = (base.transformer.wte.weight != merged.transformer.wte.weight).any(dim=1)
    assert base.config.new_token_ids
    assert moved.nonzero().flatten().tolist() == base.config.new_token_ids
    assert merged.lm_head.weight is merged.transformer.wte.weight


def test_gpt2_is_not_trained_as_if_quantised(bases: dict[str, Path], tmp_path: Path) -> None:
    recipe = tuning(bases["gpt2"] / "pretrained", tmp_path, METHODS["qat"])
    with pytest.raises(StageError, match="Conv1D"):
        tune(recipe, beginning(bases["gpt2"], tmp_path / "run"))


def test_a_pretrained_base_may_be_trained_further(bases: dict[str, Path], tmp_path: Path) -> None:
    recipe = tuning(bases["llama"] / "pretrained", tmp_path, METHODS["lora"])
    training = Training(**TRAINING | {"optimizer": "adamw"})
    base = recipe.base.model_copy(update={"training": training})
    recipe = recipe.model_copy(update={"base": base})
    whole, cut = (
        beginning(bases["llama"], tmp_path / name, ("tokenizer", "tokens"))
        for name in ("whole", "cut")
    )
    facts = train_base(recipe, whole)
    assert facts["tokens"] > 0
    half = Path("base-checkpoints") / "checkpoint-2"
    shutil.copytree(whole / half, cut / half)
    train_base(recipe, cut)
    expected, found = weights(whole / "base"), weights(cut / "base")
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    rows = list(read_tokens(whole, "train"))[:16]
    before, after = (
        assistant_nll(load_model(run / "base"), rows).mean for run in (bases["llama"], whole)
    )
    assert after < before

    kept = recipe.model_copy(update={"base": base.model_copy(update={"kept": 0.25})})
    shutil.copytree(whole / "base-checkpoints", cut / "base-checkpoints", dirs_exist_ok=True)
    train_base(kept, cut)
    start, mean = weights(bases["llama"] / "base"), weights(cut / "base")
    assert mean.keys() == start.keys()
    for key, trained in expected.items():
        assert torch.allclose(mean[key], 0.25 * start[key] + 0.75 * trained, atol=1e-6)


def test_a_pretrained_model_that_is_not_there_is_one_line(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    recipe = tuning(tmp_path / "nowhere", tmp_path, METHODS["lora"])
    with pytest.raises(StageError, match=r"base\.pretrained") as caught:
        run_stages(("tokenizer",), recipe, bases["llama"], redo=False, say=lambda _: None)
    assert "\n" not in str(caught.value)


def test_one_method_is_needed(tmp_path: Path) -> None:
    for methods in ({}, {**METHODS["lora"], **METHODS["qat"]}):
        with pytest.raises(RecipeError, match="exactly one of the sections"):
            tuning(tmp_path, tmp_path, methods)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_llama_cpp_reads_and_writes_as_transformers(
    bases: dict[str, Path], tmp_path: Path, family: str
) -> None:
    folder = bases[family]
    model = load_model(folder / "base").half().float().eval()
    tokenizer = load_tokenizer(folder / "tokenizer")
    export_gguf(model, tokenizer, tmp_path / "f16.gguf", quantisation="F16", name="tiny")
    rows = read_rows(folder / "data" / "test.parquet")["messages"][:8]
    prompts: list[list[Message]] = [
        [{"role": turn["role"], "content": turn["content"]} for turn in row[:-1]] for row in rows
    ]
    same = 0
    with closing(LlamaCppBackend(tmp_path / "f16.gguf")) as backend:
        jobs = [Job(tuple(p), None, seed=1, temperature=0.0, max_tokens=12) for p in prompts]
        written = dict(backend.complete(jobs))
        for index, prompt in enumerate(prompts):
            asked = tokenizer.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"]
            assert backend.prompt_tokens(prompt) == asked
            ids = model.generate(torch.tensor([asked]), max_new_tokens=12, do_sample=False)[0]
            text = tokenizer.decode(ids[len(asked) :], skip_special_tokens=True)
            same += written[index] == text.lstrip()
    # Random weights leave near ties; a wrong tensor would leave nothing equal.
    assert same >= 4


def test_gemma_is_not_written_as_gguf(bases: dict[str, Path], tmp_path: Path) -> None:
    folder = bases["gemma"]
    with pytest.raises(StageError, match="SentencePiece"):
        export_gguf(
            load_model(folder / "base"),
            load_tokenizer(folder / "tokenizer"),
            tmp_path / "gemma.gguf",
            quantisation="F16",
            name="tiny",
        )
