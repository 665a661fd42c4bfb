"""A plan and its parts: small frozen values, no behaviour beyond what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from runplan.request import PlanRequest

Phase = Literal["base", "build", "peak", "taper"]
PHASES: tuple[Phase, ...] = ("base", "build", "peak", "taper")
Source = Literal["model", "repaired", "coach"]
FindingLevel = Literal["warning", "error"]

# Running sessions, then what may stand on other days.
RUN_KINDS = (
    "easy",
    "recovery",
    "long",
    "marathon",
    "tempo",
    "intervals",
    "reps",
    "hills",
    "fartlek",
    "runwalk",
    "race",
)
HARD_KINDS = ("marathon", "tempo", "intervals", "reps", "hills", "fartlek")
OTHER_KINDS = ("cross", "strength", "rest")

PaceRange = tuple[int, int]


@dataclass(frozen=True)
class Step:
    """One part of a session, done `repeat` times: a distance in metres or a time in seconds.

    `pace` is (fast, slow) in seconds per unit, None when the step goes by effort.
    """

    kind: str
    repeat: int = 1
    distance_m: float | None = None
    duration_s: float | None = None
    pace: PaceRange | None = None


@dataclass(frozen=True)
class Session:
    """One day's training. `distance` is in the plan's unit and includes warm-up and cool-down."""

    day: str
    kind: str
    distance: float | None = None
    duration_min: int | None = None
    text: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Week:
    """Seven days; only days with training are listed. `distance` is the sum of the sessions."""

    number: int
    phase: Phase
    distance: float
    note: str
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class Finding:
    """Something the checker noticed; `week` is None for the plan as a whole."""

    code: str
    level: FindingLevel
    week: int | None
    message: str


@dataclass(frozen=True)
class Provenance:
    """Who wrote each week, with what."""

    backend: str
    model: str
    seed: int
    weeks: tuple[Source, ...]


@dataclass(frozen=True)
class Plan:
    """A complete plan. `paces` maps a zone to (fast, slow) seconds per unit."""

    request: PlanRequest
    paces: Mapping[str, PaceRange]
    weeks: tuple[Week, ...]
    provenance: Provenance
    findings: tuple[Finding, ...] = ()
