"""What the model writes, as values: outline lines and weeks, before paces and totals exist."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from runplan.plan import Phase
from runplan.units import number

BlockUnit = Literal["s", "min", "m", "km", "mi"]


@dataclass(frozen=True)
class Blocks:
    """The work of a session: `6x45s`, `20min`, `5x800m`, or run–walk `8x2min/1min`.

    `size` is in `unit`; `walk_min` (minutes of walking after each run) only in run–walk sessions.
    """

    repeat: int
    size: float
    unit: BlockUnit
    walk_min: float | None = None

    def __str__(self) -> str:
        times = f"{self.repeat}x" if self.repeat > 1 or self.walk_min is not None else ""
        walk = "" if self.walk_min is None else f"/{number(self.walk_min)}min"
        return f"{times}{number(self.size)}{self.unit}{walk}"


@dataclass(frozen=True)
class OutlineLine:
    """One week of the outline. In the race week `long` is None and `distance` leaves the race out."""

    number: int
    phase: Phase
    distance: float
    long: float | None
    focus: str


class SessionDraft(NamedTuple):
    """One session as written: distance in the runner's unit (None for the race, cross, strength).

    `strides` is how many, `finish` the last part of a long run at marathon pace (runner's unit),
    `minutes` only for cross and strength.
    """

    day: str
    kind: str
    distance: float | None = None
    strides: int = 0
    finish: float = 0.0
    blocks: Blocks | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class WeekDraft:
    """The sessions of one week in day order, and the note to the runner (`{name}` stays as it is)."""

    sessions: tuple[SessionDraft, ...]
    note: str


def slot_keys(sessions: Iterable[SessionDraft]) -> tuple[str, ...]:
    """The key of the slot that each session fills: an easy run with strides fills "strides"."""
    return tuple("strides" if session.strides else session.kind for session in sessions)


def draft_kinds(sessions: Iterable[SessionDraft]) -> frozenset[str]:
    """The kinds a note may speak of: session kinds, "strides", "finish" and "runwalk"."""
    kinds = set()
    for session in sessions:
        kinds.add(session.kind)
        if session.strides:
            kinds.add("strides")
        if session.finish:
            kinds.add("finish")
        if session.blocks and session.blocks.walk_min:
            kinds.add("runwalk")
    return frozenset(kinds)
