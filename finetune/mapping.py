"""Other people's data: what a recipe says of a source, and one row of it as chat messages.

Knows nothing of files or of the hub: a row is a mapping of columns to values, wherever it is from.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from finetune.errors import RowError, StageError
from finetune.files import digest

SUFFIXES = (".csv", ".jsonl", ".parquet")
TASKS = ("outline", "week", "understand")
# Names of roles in use: OpenAI's, ShareGPT's (FineTome-100k), Gemma's.
ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
# What Llama, Gemma and GPT-2 read as the end of a turn or text, wherever it stands.
_SPECIAL = re.compile(r"<\|\w+\|>|<(?:start|end)_of_turn>|</?s>|<(?:bos|eos|pad)>")

Message = dict[str, str]


class Columns(BaseModel):
    """Which column holds what: `prompt` and `answer`, or `messages`, or `plan`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str | None = None
    answer: str | None = None
    system: str | None = None
    """Beside prompt and answer: the system message."""
    messages: str | None = None
    """A list of turns, {role, content} or ShareGPT's {from, value}; in a CSV file, as JSON."""
    plan: str | None = None
    """A plan in the plan JSON; it becomes an outline row and a row per week."""
    group: str | None = None
    """Rows with the same value stay in one split; without it, rows with the same prompt do."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        pair = (self.prompt, self.answer)
        forms = [all(pair), self.messages is not None, self.plan is not None]
        if sum(forms) != 1 or any(pair) != all(pair):
            raise ValueError("give prompt and answer, or messages, or plan")
        if self.system is not None and not all(pair):
            raise ValueError("system goes with prompt and answer")
        return self

    @property
    def names(self) -> dict[str, str]:
        """The columns that are read, by what they hold."""
        return self.model_dump(exclude_none=True)


class Source(BaseModel):
    """Further rows for training and validation: a file of one's own, or a dataset of the hub."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    """Its rows carry it as their task."""
    path: Path | None = None
    """A CSV, JSONL or Parquet file, told by its suffix."""
    hub: str | None = None
    """A dataset of the hub, `owner/name`, or a folder that holds one."""
    subset: str | None = None
    """Of the hub dataset, where it has several."""
    split: str = "train"
    """Of the hub dataset."""
    revision: str | None = None
    """Of the hub dataset: a commit or tag, so that it stays the same."""
    columns: Columns
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Of the final training rows, and at most this of the validation rows. None: all rows."""
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """The share of its groups that is kept for validation."""
    max_characters: Annotated[int, Field(gt=0)] = 8000
    """Longer rows are refused. A token is some 4 characters of English, fewer with a small
    vocabulary; a row has to fit the model's context."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.hub is None):
            raise ValueError("give path or hub")
        if self.path is not None and self.path.suffix not in SUFFIXES:
            raise ValueError(f"path must end in one of {', '.join(SUFFIXES)}")
        if self.name in TASKS:
            raise ValueError(f"name must not be one of {', '.join(TASKS)}")
        return self

    @property
    def place(self) -> str:
        """The file or dataset."""
        return str(self.path or self.hub)


def _mixable(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    names = [source.name for source in sources]
    if len(set(names)) != len(names):
        raise ValueError("two sources have the same name")
    if sum(source.share or 0.0 for source in sources) >= 1:
        raise ValueError("the shares must add up to less than 1")
    return sources


Sources = Annotated[tuple[Source, ...], AfterValidator(_mixable)]
"""Names are given once, and the shares leave room for the other rows."""


def sources_identity(sources: Sequence[Source]) -> dict[str, Any]:
    """What tells whether the sources are still the same; nothing where there are none.

    Raises:
        StageError: a file is missing.
    """
    for source in sources:
        if source.path is not None and not source.path.is_file():
            raise StageError(f"sources.{source.name}.path: there is no file {source.path}")
    found = [
        source.model_dump(mode="json")
        | ({} if source.path is None else {"digest": digest(source.path)})
        for source in sources
    ]
    return {"sources": found} if found else {}


def read_messages(row: Mapping[str, Any], source: Source) -> list[Message]:
    """The chat messages of one row: perhaps a system turn, then user and assistant in turns.

    Raises:
        RowError: there is nothing in it to learn from, or it is too long.
    """
    columns = source.columns
    if columns.messages is not None:
        messages = [_turn(turn) for turn in _turns(field_of(row, columns.messages))]
    else:
        parts = (
            ("system", columns.system),
            ("user", columns.prompt),
            ("assistant", columns.answer),
        )
        messages = [
            {"role": role, "content": _text(field_of(row, column), column)}
            for role, column in parts
            # A row may do without a system message.
            if column is not None and (role != "system" or row.get(column))
        ]
    _check(messages, source.max_characters)
    return messages


def field_of(row: Mapping[str, Any], column: str) -> Any:
    """One column of a row.

    Raises:
        RowError: the row has no such column.
    """
    if column not in row:
        raise RowError("no such column", column)
    return row[column]


def first_question(messages: Sequence[Message]) -> str:
    """What the user says first."""
    return next(turn["content"] for turn in messages if turn["role"] == "user")


def _turns(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise RowError("messages are not JSON") from None
    if not isinstance(value, list) or not value:
        raise RowError("no messages")
    return value


def _turn(turn: Any) -> Message:
    if not isinstance(turn, Mapping):
        raise RowError("a turn is not a role with text")
    keys = ("from", "value") if "from" in turn else ("role", "content")
    role, content = (turn.get(key) for key in keys)
    if not isinstance(role, str) or role not in ROLES:
        raise RowError("wrong roles", f"unknown role {role!r}")
    return {"role": ROLES[role], "content": _text(content, role)}


def _text(value: Any, where: str) -> str:
    if value is not None and not isinstance(value, str):
        raise RowError("not text", f"{where} is a {type(value).__name__}")
    if value is None or not value.strip():
        raise RowError("empty text", where)
    return value.strip()


def _check(messages: Sequence[Message], max_characters: int) -> None:
    roles = [turn["role"] for turn in messages]
    if "assistant" not in roles:
        raise RowError("no assistant turn")
    turns = roles[1:] if roles[0] == "system" else roles
    if len(turns) % 2 or turns != ["user", "assistant"] * (len(turns) // 2):
        raise RowError("wrong roles", f"not user and assistant in turns: {', '.join(roles)}")
    length = sum(len(turn["content"]) for turn in messages)
    if length > max_characters:
        raise RowError("too long", f"{length} characters, at most {max_characters}")
    for turn in messages:
        if found := _SPECIAL.search(turn["content"]):
            raise RowError("holds a special token", found[0])
