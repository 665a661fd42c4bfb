"""Session steps as blocks to repeat, for the formats a watch follows."""

from dataclasses import dataclass
from itertools import groupby

from runplan.plan import Session, Step
from runplan.units import Units, metres_per

STEP_NAME = {
    "warmup": "Warm-up",
    "cooldown": "Cool-down",
    "easy": "Easy",
    "long": "Easy",
    "strides": "Stride",
    "recovery": "Recover",
    "walk": "Walk",
    "run": "Run",
    "tempo": "Tempo",
    "intervals": "Hard",
    "reps": "Fast",
    "hills": "Uphill",
    "fartlek": "Brisk",
    "marathon": "Marathon pace",
    "race": "Race",
}


@dataclass(frozen=True)
class Block:
    """Steps done one after the other, `repeat` times."""

    repeat: int
    steps: tuple[Step, ...]


def blocks(session: Session, units: Units) -> list[Block]:
    """The steps of a session as blocks: neighbours with the same repeat above 1 belong together.

    A session without steps becomes one step of its distance or its duration.
    """
    steps = session.steps or (_whole(session, units),)
    result: list[Block] = []
    for repeat, group in groupby(steps, key=lambda step: max(1, step.repeat)):
        if repeat == 1:
            result.extend(Block(1, (step,)) for step in group)
        else:
            result.append(Block(repeat, tuple(group)))
    return result


def step_name(step: Step) -> str:
    """What to do in a step, in a word or two."""
    return STEP_NAME.get(step.kind, "Run")


def _whole(session: Session, units: Units) -> Step:
    if session.distance is not None:
        return Step(session.kind, distance_m=session.distance * metres_per(units))
    minutes = session.duration_min
    return Step(session.kind, duration_s=None if minutes is None else minutes * 60)
