"""Recipes: all of them load, and what is wrong is named."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from finetune import config
from finetune.errors import RecipeError


def test_every_recipe_loads_and_is_named_as_its_file() -> None:
    names = config.recipe_names()
    assert names == ["nano"]
    for name in names:
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
