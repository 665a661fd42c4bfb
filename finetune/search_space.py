"""Searches: which settings of a recipe are tried, and how, read from `searches/<name>.yaml`.

A search is one YAML file with the keys below, typed as a recipe is: unknown keys are refused. This
module knows what a trial's settings are, nothing of how trials are chosen, trained or compared.
"""

import itertools
import json
import math
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from finetune import config
from finetune.config import Count, Recipe, Section
from finetune.errors import RecipeError
from finetune.settings import checked, read

SEARCHES = Path(__file__).with_name("searches")
Scalar = bool | int | float | str
Values = dict[str, Scalar]
"""The values of a trial, by the names in `space`."""

_METHOD = "method."
_RECIPE = "recipe"


class Range(Section):
    """Numbers from `low` to `high`, both included; whole ones if both are written so."""

    low: int | float
    high: int | float
    log: bool = False
    """Drawn evenly by order of magnitude."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if self.log and self.low <= 0:
            raise ValueError("low must be above 0 where log is true")
        return self

    @property
    def whole(self) -> bool:
        """Whole numbers only."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _kind(value: Any) -> str:
    if isinstance(value, Range) or (isinstance(value, dict) and value.keys() & {"low", "high"}):
        return "<range>"
    return "<groups>" if isinstance(value, dict) else "<choices>"


# The tags are not part of a key: messages leave out what is in angle brackets.
Parameter = Annotated[
    Annotated[tuple[Scalar, ...], Field(min_length=1), Tag("<choices>")]
    | Annotated[Range, Tag("<range>")]
    | Annotated[dict[str, dict[str, Scalar]], Field(min_length=1), Tag("<groups>")],
    Discriminator(_kind),
]


class Search(Section):
    """What is tried. In keys of a recipe `method.` stands for the section of the recipe's method."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    """Of the study, and of its folder in `runs/<recipe>/search/`."""
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    """Of what is drawn here; each trial trains with the recipe's own seed."""
    sampler: Literal["tpe", "grid", "random"]
    """tpe: near what did well. grid: every combination. random: evenly."""
    pruner: Literal["hyperband", "successive_halving", "none"]
    """What ends trials that fall behind."""
    keep_one_in: Annotated[int, Field(ge=2)] = 3
    """Of the trials at one step, the share that the pruner lets go on."""
    trials: Count | None = None
    """How many; a grid has as many as it has combinations."""
    every_steps: Count
    """Steps between two measurements of the validation loss, each with a checkpoint."""
    loss: Literal["token", "byte"] = "token"
    """Nats per token the assistant writes, or per byte of its text: tokens of different tokenizers
    cannot be compared."""
    fixed: Annotated[dict[str, Scalar], Field(default_factory=dict)]
    """Settings of every trial; the command line goes before them."""
    space: Annotated[dict[str, Parameter], Field(min_length=1)]
    """What differs: a key of the recipe and its choices or range; or a name of your own and groups
    of settings, each with its name. The key `recipe` chooses among recipes."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        ranges = [name for name, values in self.space.items() if isinstance(values, Range)]
        if self.sampler == "grid" and ranges:
            raise ValueError(f"space.{ranges[0]}: a grid needs choices, not a range")
        if (self.sampler == "grid") != (self.trials is None):
            raise ValueError("trials belongs to the samplers tpe and random, and is needed there")
        for name, values in self.space.items():
            if isinstance(values, tuple) and len(set(values)) < len(values):
                raise ValueError(f"space.{name}: a choice is there twice")
        return self

    @property
    def size(self) -> float:
        """How many combinations there are; infinite where a range is of fractions."""
        return math.prod(
            (values.high - values.low + 1 if values.whole else math.inf)
            if isinstance(values, Range)
            else len(values)
            for values in self.space.values()
        )

    def grid(self) -> Iterator[Values]:
        """Every combination of the choices."""
        for combination in itertools.product(*map(tuple, self.space.values())):
            yield dict(zip(self.space, combination, strict=True))

    def corners(self) -> Iterator[Values]:
        """Every choice, and both ends of every range, with the first of all others."""
        ends = {
            name: (values.low, values.high) if isinstance(values, Range) else tuple(values)
            for name, values in self.space.items()
        }
        first = {name: values[0] for name, values in ends.items()}
        yield first
        yield from (first | {name: value} for name in ends for value in ends[name][1:])

    def untried(self, tried: Iterable[Values], seed: int) -> Values:
        """A combination drawn from those that are not in `tried`; there must be one."""
        rng, known = random.Random(seed), list(tried)
        while (
            drawn := {name: _drawn(rng, values) for name, values in self.space.items()}
        ) in known:
            pass
        return drawn

    def words(self, values: Values, recipe: str, overrides: Iterable[str]) -> tuple[str, list[str]]:
        """The recipe and the overrides of a trial, as on a command line."""
        name = str(values.get(_RECIPE, recipe))
        method = config.load(name).method_name
        chosen: dict[str, Scalar] = {}
        for key, value in values.items():
            group = self.space[key]
            if key != _RECIPE:
                chosen |= group[str(value)] if isinstance(group, dict) else {key: value}
        chosen["method.training.checkpoint_steps"] = self.every_steps
        words = [
            *(_override(key, value, method) for key, value in self.fixed.items()),
            *overrides,
            *(_override(key, value, method) for key, value in chosen.items()),
        ]
        # The last of a key counts.
        return name, list({word.partition("=")[0]: word for word in words}.values())

    def recipe(self, values: Values, recipe: str, overrides: Iterable[str]) -> Recipe:
        """The recipe of a trial.

        Raises:
            RecipeError: an unknown key, or values that do not go together.
        """
        return config.load(*self.words(values, recipe, overrides))


def _drawn(rng: random.Random, values: Parameter) -> Scalar:
    if not isinstance(values, Range):
        return rng.choice(list(values))
    return (
        rng.randint(values.low, values.high)
        if values.whole
        else rng.uniform(values.low, values.high)
    )


def _override(key: str, value: Scalar, method: str) -> str:
    if key.startswith(_METHOD):
        key = f"{method}.{key.removeprefix(_METHOD)}"
    return f"{key}={json.dumps(value)}"


def search_names() -> list[str]:
    """The searches that ship, by name."""
    return sorted(path.stem for path in SEARCHES.glob("*.yaml"))


def load(search: str, trials: int | None = None) -> Search:
    """Read a search (a shipped name or a YAML file); `trials` goes before what it says.

    Raises:
        RecipeError: no such search, an unknown key, or a value out of range.
    """
    path = Path(search)
    if path.suffix not in {".yaml", ".yml"}:
        path = SEARCHES / f"{search}.yaml"
    if not path.is_file():
        raise RecipeError(f"no search {search!r}; there are: {', '.join(search_names())}")
    settings = read(path) | ({} if trials is None else {"trials": trials})
    return checked(Search, settings, path.name)
