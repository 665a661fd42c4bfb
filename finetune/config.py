"""Recipes: every setting of a training run, typed, read from `recipes/<name>.yaml`.

A recipe is one YAML file with the sections below; an override is `section.key=value`. Unknown keys
and values out of range are refused with the key named. The method of tuning is the section there is of
`full`, `lora`, `qlora`, `prompt` and `qat`. This module knows nothing of training.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from finetune.errors import RecipeError
from finetune.mapping import Sources
from finetune.settings import checked, read

RECIPES = Path(__file__).with_name("recipes")
CHAT_TEMPLATE = Path(__file__).parent.parent / "prompts" / "chat_template.jinja"
GENERAL_CHAT = Path(__file__).parent.parent / "data" / "general_chat.jsonl"

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Precision = Literal["float32", "bfloat16", "float16"]
Quantisation = Literal["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"]


class Section(BaseModel):
    """A part of a recipe: read-only, every key known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def decided(self) -> dict[str, Any]:
        """What a fingerprint is made of: keys with a default count only where they differ from it.

        So a key that is added later, with what was done before as its default, keeps old runs valid.
        """
        return self.model_dump(mode="json", exclude_defaults=True)


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
    """One run of the optimiser (AdamW with warm-up)."""

    steps: Count | None = None
    """Optimiser steps. Kept constant when a run is resumed: the schedule is made from it."""
    epochs: Count | None = None
    """Instead of steps: how often every row is read."""
    tokens_per_batch: Count
    """Tokens in one forward pass, padding included. Rows of like length go together, each its own
    sequence."""
    rows_per_batch: Count | None = None
    """The most rows in one forward pass; without it only the tokens are limited."""
    accumulation: Count
    """Forward passes in one optimiser step."""
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    """At its peak."""
    schedule: Literal["cosine", "linear"] = "cosine"
    """How the learning rate falls after the warm-up."""
    final_rate_share: Share
    """What is left of the learning rate at the end, as a share of the peak; 0 where it is linear."""
    warmup_steps: Annotated[int, Field(ge=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    max_grad_norm: Annotated[float, Field(gt=0)]
    optimizer: Literal["adamw", "adamw_8bit"] = "adamw"
    """In 8 bits the optimiser's memory is a quarter. Needs a GPU; without one it is plain AdamW."""
    precision: Precision
    """Of the arithmetic; weights that are trained are kept in float32, or in `base.dtype`."""
    patience: Annotated[int, Field(ge=0)] = 0
    """Checkpoints without a lower validation loss before training stops, with the best weights.
    0: never."""
    validation_rows: Count = 200
    """Rows for the validation loss, where there is patience."""
    checkpoint_steps: Count
    """Steps between two checkpoints (the last two are kept)."""
    log_steps: Count
    """Steps between two lines of progress."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        if self.steps is not None and self.warmup_steps >= self.steps:
            raise ValueError("warmup_steps must be smaller than steps")
        if self.schedule == "linear" and self.final_rate_share:
            raise ValueError("final_rate_share must be 0 where schedule is linear")
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


class Scratch(Section):
    """The base model: trained from scratch on every token of the rows."""

    architecture: Architecture
    training: Training

    @property
    def context_length(self) -> int:
        """The most tokens in one sequence."""
        return self.architecture.context_length


class Pretrained(Section):
    """The base model: one that others trained, with its own tokenizer and chat template."""

    pretrained: Annotated[str, Field(min_length=1)]
    """A folder that `save_pretrained` wrote, a name on the hub, or a `.gguf` file that this package
    exported: an installed model, whose weights are rounded to its quantisation."""
    dtype: Precision
    """Of the weights as they are kept and loaded."""
    context_length: Count
    """The most tokens in one sequence; longer rows are refused."""
    date_string: str = "26 Jul 2024"
    """What a chat template that tells the date is told, in training and in serving."""
    training: Training | None = None
    """Train every weight further, on what the assistant writes, before the model is tuned."""
    kept: Share = 0.0
    """Of the weights before that training, in the mean with those after it: the mean reads unseen text
    better than either (WiSE-FT; Wortsman et al. 2022, https://arxiv.org/abs/2109.01903)."""

    @model_validator(mode="after")
    def _kept_of_training(self) -> Self:
        if self.kept and self.training is None:
            raise ValueError("kept mixes in the weights before training: give training as well")
        return self

    @property
    def gguf(self) -> Path | None:
        """The file, where `pretrained` names one."""
        return Path(self.pretrained) if self.pretrained.endswith(".gguf") else None


def _base_kind(value: Any) -> str:
    keys = value if isinstance(value, dict) else type(value).model_fields
    return "<pretrained>" if "pretrained" in keys else "<scratch>"


# The tags are not part of a key: messages leave out what is in angle brackets.
Base = Annotated[
    Annotated[Scratch, Tag("<scratch>")] | Annotated[Pretrained, Tag("<pretrained>")],
    Discriminator(_base_kind),
]


class Full(Section):
    """The tuned model: every weight is trained."""

    dropout: Share = 0.0
    """Share of activations left out in training, wherever the model has dropout."""
    training: Training


class Lora(Section):
    """The tuned model: low-rank adapters, trained on the completions."""

    rank: Count
    alpha: Count
    """The adapters' output is scaled by alpha / rank."""
    dropout: Share
    rslora: bool = False
    """Scale by alpha / √rank instead, so that high ranks learn as fast as low ones."""
    dora: bool = False
    """Train the length of each column of weights as well as its direction; slower."""
    targets: Literal["all-linear"] | tuple[str, ...] = "all-linear"
    """Names of the layers with adapters; all linear ones but the output."""
    training: Training


class Qlora(Lora):
    """The same adapters on a base whose weights are held in 4 bits (NF4) while training."""

    double_quantisation: bool = True
    """Hold the scales of the 4-bit blocks in 8 bits."""


class Prompt(Section):
    """The tuned model: the base behind a few trained vectors, which stand before every prompt."""

    tokens: Count
    """How many vectors."""
    text: str | None = None
    """They start as these words; without it as random numbers."""
    training: Training


class Qat(Section):
    """The tuned model: every weight is trained while it is read as if it were quantised already."""

    bits: Literal[4, 8]
    """4 prepares for Q4_0, 8 for Q8_0: both hold blocks of 32 weights with one scale."""
    training: Training


Method = Full | Lora | Qlora | Prompt | Qat
METHODS = ("full", "lora", "qlora", "prompt", "qat")


class Merge(Section):
    """Adapters folded into the base."""

    tolerance: Annotated[float, Field(gt=0)]
    """The largest difference of a logit between adapters and merged model that passes."""
    perplexity_tolerance: Annotated[float, Field(gt=0)] = 0.05
    """By what share the merged model's perplexity may be above that of the model as it was trained."""
    dtype: Precision = "float32"
    """Of the merged weights."""


class Export(Section):
    """The file the app reads."""

    quantisation: Quantisation
    """Of the weight matrices; norms stay float32. Those with a K need rows of a multiple of 256."""
    perplexity_tolerance: Annotated[float, Field(gt=0)] = 0.1
    """By what share the file's perplexity may be above that of the model it is made from."""
    min_same_tokens: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share of greedy tokens, before the first other one, that llama.cpp must write alike."""


class Evaluate(Section):
    """The comparison of base and tuned on requests held out of training."""

    requests: Count
    """Requests whose outlines each model writes, with and without the grammar."""
    weeks_per_request: Count
    """The most weeks of each request that it writes."""
    nll_rows: Count
    """Validation rows for the loss in nats per token and the perplexity."""
    chat_rows: Count = 100
    """The most rows of general chat, whose perplexity tells what tuning makes a model forget."""


class Runtime(Section):
    """How a run is watched and what it may use. Nothing here changes what is learnt, so that a run
    may go on with other values.
    """

    backend: Literal["transformers", "unsloth"] = "transformers"
    """Who trains the adapters. unsloth has to be installed; it is faster on a GPU, and what it learns
    is the same but for rounding."""
    tracker: Literal["none", "tensorboard", "wandb"] = "none"
    """Where curves go as well: `tracking/` below the run's folder. wandb does not go online unless
    WANDB_MODE=online is set."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: about a third slower, much less memory."""
    compile: bool = False
    """Let PyTorch compile the layers first: about a third faster on a CPU, after a minute or two. Needs
    a C++ compiler. What is learnt is the same but for rounding."""
    memory_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The share of a GPU's memory that training may take."""


class Publish(Section):
    """What a model has to show before it is released."""

    min_valid: Annotated[float, Field(ge=0, le=1)] = 0.8
    """The share of weeks, and of outlines, that the tuned model writes validly without the grammar."""


class Recipe(Section):
    """Everything that decides what comes out of a training run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    """Where the model is installed: `models/<name>/`."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data: Data
    sources: Sources = ()
    """Further rows for training and validation, beside the coach's."""
    tokenizer: Tokenizer | None = None
    """For a base from scratch; a pretrained one brings its own."""
    base: Base
    full: Full | None = None
    lora: Lora | None = None
    qlora: Qlora | None = None
    prompt: Prompt | None = None
    qat: Qat | None = None
    merge: Merge
    export: Export
    evaluate: Evaluate
    publish: Publish = Publish()
    runtime: Runtime = Runtime()

    @model_validator(mode="after")
    def _one_method(self) -> Self:
        given = [name for name in METHODS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"exactly one of the sections {', '.join(METHODS)} is needed, "
                f"here: {', '.join(given) or 'none'}"
            )
        if self.base_dtype == "float16" and (self.full or self.qat):
            raise ValueError("base.dtype: every weight is trained, which float16 is too coarse for")
        if isinstance(self.base, Scratch) != (self.tokenizer is not None):
            raise ValueError("the section tokenizer belongs to a base from scratch, and only there")
        return self

    @property
    def base_dtype(self) -> Precision:
        """Of the base's weights in training."""
        return self.base.dtype if isinstance(self.base, Pretrained) else "float32"

    @property
    def method_name(self) -> str:
        """Which of `METHODS` this recipe tunes with; the name of its section and stage."""
        return next(name for name in METHODS if getattr(self, name) is not None)

    @property
    def method(self) -> Method:
        """The settings of that method."""
        return getattr(self, self.method_name)


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
    settings = read(path)
    for override in overrides:
        _apply(settings, override)
    return checked(Recipe, settings, path.name)


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
