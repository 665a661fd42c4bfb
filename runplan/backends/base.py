"""The seam between the writer and whatever turns prompts into text."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict


class Message(TypedDict):
    """One chat turn, exactly as it stands in the training rows."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Job:
    """One completion to write.

    `grammar` is GBNF text (start rule `root`) or None for free decoding; `temperature` 0 is greedy;
    `max_tokens` bounds the completion; `bias` is added to the logits of the tokens of these words, in
    nats.
    """

    messages: tuple[Message, ...]
    grammar: str | None
    seed: int
    temperature: float
    max_tokens: int
    bias: tuple[tuple[str, float], ...] = ()


class Backend(Protocol):
    """Writes completions. Safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """The kind of engine, e.g. `embedded`."""

    @property
    def model(self) -> str:
        """Which weights, in words a runner may see."""

    def complete(self, jobs: Sequence[Job]) -> Generator[tuple[int, str]]:
        """Yield `(index into jobs, text)` as each completion ends, in whatever order they end.

        Closing the iterator cancels what is still running.

        Raises:
            BackendError: the engine failed or stopped answering.
        """
