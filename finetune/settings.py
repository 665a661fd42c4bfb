"""YAML files as typed settings, with one clear line for what is wrong in them."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from finetune.errors import RecipeError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        RecipeError: it is not YAML, or no mapping.
    """
    try:
        settings = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise RecipeError(f"{path.name}: not YAML: {error}") from error
    if not isinstance(settings, dict):
        raise RecipeError(f"{path.name}: it has to be a mapping of keys to values")
    return settings


def checked(kind: type[Model], settings: dict[str, Any], name: str) -> Model:
    """The settings as a `kind`; `name` says in messages where they are from.

    Raises:
        RecipeError: unknown keys or unusable values, all of them in one line.
    """
    try:
        return kind.model_validate(settings)
    except ValidationError as error:
        raise RecipeError(f"{name}: {_problems(error, kind)}") from error


def _problems(error: ValidationError, kind: type[BaseModel]) -> str:
    """One line with every wrong key, dotted."""
    lines = []
    for problem in error.errors():
        parts = [str(part) for part in problem["loc"]]
        # In angle brackets: which of several kinds it was taken for, and no key.
        key = ".".join(part for part in parts if not part.startswith("<"))
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key}")
        else:
            lines.append(f"{key or kind.__name__.lower()}: {problem['msg']}")
    return "; ".join(lines)
