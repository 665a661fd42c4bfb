"""What a card says of the model: how it was made, what it came from, whether it is good enough."""

import shlex
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from finetune import config
from finetune.card import command, install, shortfall
from finetune.config import Pretrained
from finetune.files import read_json, write_json
from tests.support.finished_run import FIGURES, write_finished_run


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["seed=3", "lora.rank=16", "lora.targets=[q_proj, v_proj]"],
        [
            "lora=null",
            "full.training={steps: 9, tokens_per_batch: 64, accumulation: 1, "
            "learning_rate: 0.001, final_rate_share: 0, warmup_steps: 1, weight_decay: 0, "
            "max_grad_norm: 1, precision: float32, checkpoint_steps: 3, log_steps: 1}",
        ],
    ],
)
def test_the_command_on_the_card_makes_the_same_model(overrides: list[str]) -> None:
    recipe = config.load("nano", overrides)
    *program, name = shlex.split(command(recipe))[:6]
    assert (program, name) == (["python", "-m", "finetune", "run", "--recipe"], "nano")
    assert config.load(name, shlex.split(command(recipe))[6:]) == recipe


def test_the_command_on_the_card_is_of_the_nearest_recipe() -> None:
    recipe = config.load("nano-onward", ["name=nano"])
    assert command(recipe) == "python -m finetune run --recipe nano-onward name=nano"


def test_a_recipe_of_ones_own_is_named_as_a_file() -> None:
    recipe = config.load("nano", ["name=mine"])
    assert command(recipe) == "python -m finetune run --recipe mine.yaml"


@pytest.mark.parametrize(
    ("base", "licence", "said"),
    [
        ("meta-llama/Llama-3.2-1B-Instruct", "llama3.2", "Built with Llama."),
        ("google/gemma-3-270m-it", "gemma", "Gemma Terms of Use"),
        ("somebody/else", "other", "The licence of the base holds"),
    ],
)
def test_a_tuned_model_names_its_base_and_keeps_its_licence(
    base: str, licence: str, said: str, tmp_path: Path
) -> None:
    recipe = config.load("nano").model_copy(
        update={"base": Pretrained(pretrained=base, dtype="bfloat16", context_length=2048)}
    )
    folder = install(recipe, write_finished_run(tmp_path / "run"), tmp_path / "model", "me/plans")
    card = ModelCard.load(folder / "README.md")
    assert (card.data.base_model, card.data.license) == (base, licence)
    assert said in card.text
    assert "from scratch by the recipe" not in card.text


@pytest.mark.parametrize(("rise", "said"), [(0.25, "25.0 % above"), (-0.125, "12.5 % below")])
def test_forgetting_and_memory_are_told_where_they_were_measured(
    rise: float, said: str, tmp_path: Path
) -> None:
    recipe = config.load("nano")
    run = write_finished_run(tmp_path / "run")
    old = (install(recipe, run, tmp_path / "old") / "README.md").read_text()
    assert "Forgetting" not in old
    assert "memory" not in old

    metrics = read_json(run / "metrics.json")
    for name in ("base", "tuned"):
        metrics[name] |= {"chat_perplexity": 40.0, "file_same_tokens": 0.75}
    metrics |= {"chat": "general_chat.jsonl", "forgetting": rise}
    metrics["peak_memory_mb"] = {"base": 1234.5, "evaluate": 800.0}
    write_json(run / "metrics.json", metrics)
    card = (install(recipe, run, tmp_path / "new") / "README.md").read_text()
    assert f"(`general_chat.jsonl`) the tuned model's perplexity is {said} the base's." in card
    assert "| perplexity on general chat | 40.000 | 40.000 |" in card
    assert "| greedy tokens, up to the first other one | 0.750 | 0.750 |" in card
    assert "| Peak memory | base 1,234 MB, evaluate 800 MB |" in card
    assert "\n\n\n" not in old + card


def test_both_weeks_and_outlines_have_to_reach_the_bar() -> None:
    good = {**FIGURES, "week_valid_free": 0.8, "outline_valid_free": 0.9}
    assert shortfall({"tuned": good}, 0.8) is None
    for task in ("week", "outline"):
        weak = {"tuned": {**good, f"{task}_valid_free": 0.799}}
        assert f"79.9 % of the {task}s" in (shortfall(weak, 0.8) or "")
