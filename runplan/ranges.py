"""The parts of the envelope: what an outline may say of a week, and which sessions a week may have.

Ranges and choices as values; `envelope` and `slots` work them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from runplan.drafts import Blocks, OutlineLine
from runplan.grid import floor_session
from runplan.paces import Paces
from runplan.plan import Phase
from runplan.request import PlanRequest
from runplan.rules import Rules, rules_of
from runplan.units import from_km
from runplan.volume import min_run_km, session_limit_km

# The sessions of a week add up to its line's distance within this share, or this many units.
TOTAL_SLACK, TOTAL_SLACK_MIN = 0.08, 1.5


@dataclass(frozen=True)
class WeekRange:
    """What the outline may say of one week, in the runner's unit; `longs` is empty in race week.

    The hard session of a `benchmark` week is a time trial.
    """

    number: int
    phase: Phase
    distances: tuple[float, ...]
    longs: tuple[float, ...]
    focuses: tuple[str, ...]
    cutback: bool
    progress: float
    benchmark: bool = False


@dataclass(frozen=True)
class Slot:
    """One kind of session of a week: how often, how far, and the choices that go with it."""

    key: str
    count: int
    distances: tuple[float, ...] = ()
    blocks: tuple[Blocks, ...] = ()
    strides: tuple[int, ...] = ()
    finishes: tuple[float, ...] = ()

    @property
    def kind(self) -> str:
        """The session kind: a slot of strides is an easy run."""
        return "easy" if self.key == "strides" else self.key


@dataclass(frozen=True)
class WeekEnvelope:
    """What one week may contain, given its request and its outline line.

    `arrangements` are the allowed orders: one slot key per running day of `days`.
    """

    request: PlanRequest
    line: OutlineLine
    cutback: bool
    days: tuple[str, ...]
    slots: Mapping[str, Slot]
    arrangements: tuple[tuple[str, ...], ...]
    benchmark: bool = False

    @cached_property
    def kinds(self) -> frozenset[str]:
        """What a note may speak of: session kinds, "strides", "finish" and "runwalk"."""
        slots = self.slots.values()
        kinds = {slot.kind for slot in slots}
        kinds |= {"strides"} & self.slots.keys()
        kinds |= {"finish" for slot in slots if slot.finishes}
        kinds |= {
            "runwalk" for slot in slots for blocks in slot.blocks if blocks.walk_min is not None
        }
        return frozenset(kinds)

    @cached_property
    def total(self) -> tuple[float, float]:
        """The least and the most that the sessions may add up to: near the line's distance.

        Where the slots cannot reach it, near what they can reach.
        """
        slots = [slot for slot in self.slots.values() if slot.distances]
        low = sum([slot.count * min(slot.distances) for slot in slots])
        high = sum([slot.count * max(slot.distances) for slot in slots])
        nearest = min(max(self.line.distance, low), high)
        slack = max(TOTAL_SLACK_MIN, nearest * TOTAL_SLACK)
        return nearest - slack, nearest + slack


@dataclass(frozen=True)
class Envelope:
    """Paces and the allowed ranges of every week of a request."""

    request: PlanRequest
    paces: Paces
    weeks: tuple[WeekRange, ...]
    run_walk_weeks: int

    @cached_property
    def rules(self) -> Rules:
        """The rules of the request."""
        return rules_of(self.request)

    @cached_property
    def shortest(self) -> float:
        """The shortest run, in the runner's unit and on its grid."""
        return floor_session(from_km(min_run_km(self.request, self.paces), self.request.units))

    @cached_property
    def limit(self) -> float:
        """The longest easy run on any day, in the runner's unit."""
        return from_km(session_limit_km(self.request, self.paces), self.request.units)
