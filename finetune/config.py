"""Recipes: every setting of a training run, typed, read from `recipes/<name>.yaml`.

A recipe is one YAML file with the sections below; an override is `section.key=value`. Unknown keys
and values out of range are refused with the key named. This module knows nothing of training.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from finetune.errors import RecipeError

RECIPES = Path(__file__).with_name("recipes")
CHAT_TEMPLATE = Path(__file__).parent.parent / "prompts" / "chat_template.jinja"

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Section(BaseModel):
    """A part of a recipe: read-only, every key known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(Section):
    """How many requests are drawn for each split; each gives an outline row and a row per week."""

    train_requests: Count
    validation_requests: Count
    test_requests: Count
    outline_requests: Annotated[int, Field(ge=0)]
    """Further training requests that give an outline row alone: there are few outlines otherwise."""
    drill_share: Annotated[float, Field(ge=0, le=1)]
    """Of these, the share with numbers at random, which cannot be guessed from race and level."""
    wishes: Annotated[int, Field(ge=0)]
    """Free texts for training to understand; validation has a tenth."""


class Tokenizer(Section):
    """The byte-level BPE tokenizer, trained on the rows it will read."""

    vocab_size: Annotated[int, Field(ge=300)]
    """Entries including the 256 bytes and the special tokens."""


class Training(Section):
    """One run of the optimiser (AdamW, cosine schedule with warm-up)."""

    steps: Count
    """Optimiser steps. Kept constant when a run is resumed: the schedule is made from it."""
    tokens_per_batch: Count
    """Tokens in one forward pass, padding included. Rows of like length go together, each its own
    sequence."""
    accumulation: Count
    """Forward passes in one optimiser step."""
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    """At its peak."""
    final_rate_share: Share
    """What is left of the learning rate at the end, as a share of the peak."""
    warmup_steps: Annotated[int, Field(ge=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    max_grad_norm: Annotated[float, Field(gt=0)]
    precision: Literal["float32", "bfloat16"]
    """Of the arithmetic; weights are kept in float32."""
    checkpoint_steps: Count
    """Steps between two checkpoints (the last two are kept)."""
    log_steps: Count
    """Steps between two lines of progress."""

    @model_validator(mode="after")
    def _warm_up_ends(self) -> Self:
        if self.warmup_steps >= self.steps:
            raise ValueError("warmup_steps must be smaller than steps")
        return self


class Architecture(Section):
    """The shape of a Llama trained from scratch; input and output embeddings are one matrix."""

    hidden_size: Annotated[int, Field(gt=0, multiple_of=32)]
    """Width. A multiple of 32, the block size of the quantised export."""
    layers: Count
    heads: Count
    kv_heads: Count
    feed_forward_size: Annotated[int, Field(gt=0, multiple_of=32)]
    context_length: Count
    """The most tokens in one sequence, prompt and completion together."""
    rope_theta: Annotated[float, Field(gt=0)]
    """Base of the rotary position frequencies."""

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden_size % self.heads or (self.hidden_size // self.heads) % 2:
            raise ValueError("hidden_size must be an even multiple of heads")
        if self.heads % self.kv_heads:
            raise ValueError("heads must be a multiple of kv_heads")
        return self


class Base(Section):
    """The base model: trained from scratch on what the assistant writes; prompts are mostly chance."""

    architecture: Architecture
    training: Training


class Lora(Section):
    """The tuned model: low-rank adapters on every linear layer, trained on the completions."""

    rank: Count
    alpha: Count
    """The adapters' output is scaled by alpha / rank."""
    dropout: Share
    training: Training


class Merge(Section):
    """Adapters folded into the base."""

    tolerance: Annotated[float, Field(gt=0)]
    """The largest difference of a logit between adapters and merged model that passes."""


class Export(Section):
    """The file the app reads."""

    quantisation: Literal["F16", "Q8_0", "Q4_0"]
    """Of the weight matrices; norms stay float32."""


class Evaluate(Section):
    """The comparison of base and tuned on requests held out of training."""

    requests: Count
    """Requests whose outlines each model writes, with and without the grammar."""
    weeks_per_request: Count
    """The most weeks of each request that it writes."""
    nll_rows: Count
    """Validation rows for the loss in nats per token and the perplexity."""


class Recipe(Section):
    """Everything that decides what comes out of a training run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    """Where the model is installed: `models/<name>/`."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data: Data
    tokenizer: Tokenizer
    base: Base
    lora: Lora
    merge: Merge
    export: Export
    evaluate: Evaluate


def recipe_names() -> list[str]:
    """The recipes that ship, by name."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def load(recipe: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe (a shipped name or a YAML file) and apply `section.key=value` overrides.

    Raises:
        RecipeError: no such recipe, an unknown key, or a value out of range.
    """
    path = Path(recipe)
    if path.suffix not in {".yaml", ".yml"}:
        path = RECIPES / f"{recipe}.yaml"
    if not path.is_file():
        raise RecipeError(f"no recipe {str(recipe)!r}; there are: {', '.join(recipe_names())}")
    try:
        settings = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise RecipeError(f"{path.name}: not YAML: {error}") from error
    if not isinstance(settings, dict):
        raise RecipeError(f"{path.name}: a recipe is a mapping of sections")
    for override in overrides:
        _apply(settings, override)
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise RecipeError(f"{path.name}: {_problems(error)}") from error


def _apply(settings: dict[str, Any], override: str) -> None:
    """Put one `section.key=value` in its place; whether the key exists is checked by the types."""
    dotted, equals, value = override.partition("=")
    if not equals or not all(dotted.split(".")):
        raise RecipeError(f"override {override!r} is not of the form section.key=value")
    *sections, key = dotted.split(".")
    place = settings
    for section in sections:
        inner = place.setdefault(section, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"override {override!r}: {section!r} is a value, not a section")
        place = inner
    try:
        place[key] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"override {override!r}: not a YAML value") from error


def _problems(error: ValidationError) -> str:
    """One line with every wrong key, dotted."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "recipe"
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key}")
        else:
            lines.append(f"{key}: {problem['msg']}")
    return "; ".join(lines)
