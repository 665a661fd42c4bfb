"""Recipes: all of them load, and what is wrong is named."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from finetune import config
from finetune.errors import RecipeError


def test_every_recipe_loads_and_is_named_as_its_file() -> None:
    methods = {name: config.load(name).method_name for name in config.recipe_names()}
    assert methods == {
        "gemma-3-270m-lora": "lora",
        "gpt2-full": "full",
        "llama-3.2-1b-lora": "lora",
        "llama-3.2-1b-qlora": "qlora",
        "llama-3.2-3b-lora": "lora",
        "nano": "lora",
        "nano-onward": "lora",
    }
    for name in methods:
        assert config.load(name).name == name


@pytest.mark.parametrize("name", config.recipe_names())
def test_every_key_of_a_recipe_is_explained(name: str) -> None:
    seen: set[str] = set()
    for line in (config.RECIPES / f"{name}.yaml").read_text().splitlines():
        key, _, comment = line.partition("#")
        if ":" in key and key.split(":")[1].strip():
            word = key.split(":")[0].strip()
            assert comment.strip() or word in seen, line
            seen.add(word)


def test_overrides_change_one_value_and_keep_the_rest() -> None:
    recipe = config.load("nano", ["base.training.learning_rate=3e-3", "lora.rank=4"])
    assert recipe.base.training.learning_rate == 0.003
    assert recipe.lora.rank == 4
    assert recipe.base.architecture == config.load("nano").base.architecture


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("base.training.lr=1", "unknown key base.training.lr"),
        ("nonsense=1", "unknown key nonsense"),
        ("lora.rank=0", "lora.rank"),
        ("lora.rank=many", "lora.rank"),
        ("base.training.precision=int4", "base.training.precision"),
        ("base.training.warmup_steps=999999", "warmup_steps"),
        ("base.architecture.hidden_size=100", "base.architecture.hidden_size"),
        ("base.architecture.kv_heads=3", "kv_heads"),
        ("name=../outside", "name"),
        ("lora.rank", "section.key=value"),
        ("lora..rank=1", "section.key=value"),
        ("seed.deep=1", "seed"),
        ("lora.rank=[", "not a YAML value"),
    ],
)
def test_a_wrong_override_is_refused_by_name(override: str, named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        config.load("nano", [override])


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    settings = yaml.safe_load((config.RECIPES / "nano.yaml").read_text())
    del settings["lora"]["alpha"]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(settings))
    with pytest.raises(RecipeError, match=r"lora\.alpha"):
        config.load(file)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [", ""])
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(RecipeError, match=r"mine\.yaml"):
        config.load(file)


def test_an_unknown_recipe_names_those_there_are() -> None:
    with pytest.raises(RecipeError, match="nano"):
        config.load("giant")


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        config.load("nano").seed = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "override", "said"),
    [
        ("nano", "lora.training.steps=null", "either steps or epochs"),
        ("nano", "lora.training.epochs=2", "either steps or epochs"),
        ("nano", "lora.training.schedule=linear", "final_rate_share must be 0"),
        ("nano", "tokenizer=null", "belongs to a base from scratch"),
        ("nano", "lora=null", "exactly one of the sections"),
        ("gpt2-full", "base.dtype=float16", "too coarse"),
        ("gpt2-full", "base.dtpe=float16", r"unknown key base\.dtpe"),
        ("llama-3.2-1b-lora", "lora.double_quantisation=true", "unknown key lora.double_quant"),
        ("llama-3.2-1b-lora", "base.kept=0.5", "give training as well"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(name: str, override: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        config.load(name, [override])


def test_what_decides_a_run_leaves_out_what_is_as_before() -> None:
    """A key that came later does not make older runs look other."""
    recipe = config.load("nano", ["lora.dora=false", "lora.training.patience=0"])
    assert recipe.lora.decided() == config.load("nano").lora.decided()
    assert "dora" not in recipe.lora.decided()
    other = config.load("nano", ["lora.dora=true"])
    assert other.lora.decided()["dora"] is True
