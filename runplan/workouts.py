"""From a session draft to steps that add up, and the text a runner reads.

The model writes kind, distance and blocks; everything with a pace or a total is worked out here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from runplan.drafts import Blocks, SessionDraft
from runplan.paces import WALK_S_PER_KM, Paces, race_prediction, race_range
from runplan.plan import Session, Step
from runplan.request import RACE_KM, RACE_NAME, PlanRequest
from runplan.units import METRES_PER_MILE, Units, clock, from_km, metres_per, number, to_km

# Easy running before and after hard work, each side. Hansons: 1–1.5 mi; beginners start with less.
WARM_UP_KM: Mapping[str, float] = {"beginner": 1.0, "intermediate": 1.5, "advanced": 2.0}
# The brisk walk around run–walk sessions (NHS couch-to-5K: five minutes).
WALK_IN_KM = 0.25

STRIDE_S, STRIDE_REST_S = 20, 60
# Jogged and walked recoveries are slower than easy running.
JOG_FACTOR = 1.15
_METRES: Mapping[str, float] = {"m": 1.0, "km": 1000.0, "mi": METRES_PER_MILE}


@dataclass(frozen=True)
class WorkKind:
    """How the blocks of a kind are run: pace zone (None: by effort), recovery, words.

    `recovery` is the recovery time as a share of the work time; `speed_zone` is the zone whose speed
    stands in for the unknown speed when the blocks are timed and go by effort.
    """

    label: str
    zone: str | None
    speed_zone: str
    recovery: float
    min_recovery_s: int
    effort: str
    rest: str


WORK: Mapping[str, WorkKind] = {
    "tempo": WorkKind(
        "Tempo", "tempo", "tempo", 0.2, 60, "comfortably hard, a few words at a time", "easy jog"
    ),
    # Daniels: interval recoveries no longer than the bout.
    "intervals": WorkKind("Intervals", "interval", "interval", 0.75, 60, "hard, even", "easy jog"),
    "reps": WorkKind("Repetitions", "rep", "rep", 2.0, 60, "fast and relaxed", "easy jog"),
    "hills": WorkKind("Hills", None, "easy", 1.5, 45, "strong uphill, tall and quick", "jog down"),
    "fartlek": WorkKind("Fartlek", None, "tempo", 1.0, 45, "quick but smooth", "easy running"),
    "marathon": WorkKind(
        "Marathon pace", "marathon", "marathon", 0.0, 0, "steady, in control", "easy jog"
    ),
    "runwalk": WorkKind("Run–walk", None, "easy", 0.0, 0, "easy enough to chat", "brisk walk"),
}


OTHER_TEXT: Mapping[str, str] = {
    "cross": "Cross-training, {} min at an easy effort: cycle, swim or row",
    "strength": "Strength training, {} min: squats, lunges, calf raises and planks, well controlled",
}


class Work(NamedTuple):
    """Blocks worked out: metres and seconds of one bout and of one recovery."""

    work_m: float
    work_s: float
    rest_m: float
    rest_s: float


class Measured(NamedTuple):
    """A workout measured.

    `work_km` and `work_min` leave the recoveries out. `needed_km` is the shortest session that holds
    the blocks with their recoveries, warm-up and cool-down; `slow_km` is easy running in the time by
    which the blocks are slower than easy running.
    """

    blocks: Blocks
    work_km: float
    work_min: float
    needed_km: float
    slow_km: float


def style_of(kind: str, blocks: Blocks) -> WorkKind:
    """How the blocks are run: any session with walking breaks is run–walk, a long one too."""
    return WORK["runwalk" if blocks.walk_min is not None else kind]


def work_of(kind: str, blocks: Blocks, paces: Paces) -> Work:
    """One bout and one recovery of `blocks`, in metres and seconds."""
    style = style_of(kind, blocks)
    s_per_m = paces.s_per_km(style.speed_zone) / 1000
    metres = _METRES.get(blocks.unit)
    if metres is not None:
        work_m = blocks.size * metres
        work_s = work_m * s_per_m
    else:
        work_s = blocks.size * (60 if blocks.unit == "min" else 1)
        work_m = work_s / s_per_m
    if blocks.walk_min is not None:
        rest_s = blocks.walk_min * 60
        return Work(work_m, work_s, rest_s / WALK_S_PER_KM * 1000, rest_s)
    if blocks.repeat == 1 or style.recovery == 0:
        return Work(work_m, work_s, 0.0, 0.0)
    rest_s = max(float(style.min_recovery_s), _round_rest(style.recovery * work_s))
    return Work(work_m, work_s, rest_s / _jog_s_per_m(paces), rest_s)


def _round_rest(seconds: float) -> float:
    """To what a runner reads off a watch: quarter minutes below 90 s, half minutes above."""
    grain = 15 if seconds < 90 else 30
    return float(grain * math.floor(seconds / grain + 0.5))


def measured(kind: str, blocks: Blocks, paces: Paces, level: str) -> Measured:
    """What a workout takes of a week and of a session."""
    work = work_of(kind, blocks, paces)
    bout_m = work.work_m + work.rest_m
    edge = WALK_IN_KM if blocks.walk_min is not None else WARM_UP_KM[level]
    slower_s = work.work_s + work.rest_s - bout_m * _s_per_m(paces, "easy")
    return Measured(
        blocks=blocks,
        work_km=blocks.repeat * work.work_m / 1000,
        work_min=blocks.repeat * work.work_s / 60,
        needed_km=blocks.repeat * bout_m / 1000 + 2 * edge,
        slow_km=max(0.0, blocks.repeat * slower_s / paces.s_per_km("easy")),
    )


def is_trial(kind: str, blocks: Blocks | None) -> bool:
    """Whether the session is a time trial: intervals in one single bout."""
    return kind == "intervals" and blocks is not None and blocks.repeat == 1


def strides_km(count: int, paces: Paces) -> float:
    """Kilometres of `count` strides with their recoveries."""
    metres = STRIDE_S / _s_per_m(paces, "rep") + STRIDE_REST_S / _jog_s_per_m(paces)
    return count * metres / 1000


def expand(draft: SessionDraft, request: PlanRequest, paces: Paces) -> Session:
    """A session with steps, duration and text.

    The steps' metres (timed steps at their zone's middle speed) add up to the distance.
    """
    if draft.kind in ("cross", "strength"):
        return Session(
            draft.day, draft.kind, None, draft.minutes, OTHER_TEXT[draft.kind].format(draft.minutes)
        )
    if draft.kind == "race":
        return _race(draft, request)
    distance = draft.distance or 0.0
    minutes, text, steps = _worked_out(
        draft.kind, distance, draft.strides, draft.finish, draft.blocks, paces
    )
    return Session(draft.day, draft.kind, distance, minutes, text, steps)


@lru_cache(maxsize=4096)
def _worked_out(
    kind: str, distance: float, strides: int, finish: float, blocks: Blocks | None, paces: Paces
) -> tuple[int, str, tuple[Step, ...]]:
    """Minutes, text and steps of a run on any day: the same few runs come again and again."""
    draft = SessionDraft("", kind, distance, strides, finish, blocks)
    total_m = to_km(distance, paces.units) * 1000
    steps = (
        _block_steps(kind, blocks, total_m, paces)
        if blocks is not None
        else _steady_steps(draft, total_m, paces)
    )
    seconds = sum(step.repeat * _step_seconds(step, paces) for step in steps)
    return max(1, round(seconds / 60)), _text(draft, steps, paces), steps


def race_distance(request: PlanRequest) -> float:
    """The race in the runner's unit, one decimal: 21.1 km, 13.1 mi."""
    return round(from_km(RACE_KM[request.race], request.units), 1)


def _race(draft: SessionDraft, request: PlanRequest) -> Session:
    fast, slow = race_range(request)
    km = RACE_KM[request.race]
    metres = metres_per(request.units)
    target = request.goal_time
    aim = (
        f"your goal is {clock(target)}"
        if target
        else f"{race_prediction(request)} looks within reach"
    )
    likely = (round(fast / km * metres / 1000), round(slow / km * metres / 1000))
    step = Step("race", 1, round(km * 1000, 1), None, likely)
    text = f"Race day: {RACE_NAME[request.race]}. Start calmly; {aim}"
    return Session(
        draft.day, "race", race_distance(request), round((fast + slow) / 120), text, (step,)
    )


def _steady_steps(draft: SessionDraft, total_m: float, paces: Paces) -> tuple[Step, ...]:
    easy = paces.zones["easy"]
    kind = "long" if draft.kind == "long" else "easy"
    if draft.finish:
        finish_m = round(draft.finish * metres_per(paces.units), 1)
        return (
            Step(kind, 1, round(total_m - finish_m, 1), None, easy),
            Step("marathon", 1, finish_m, None, paces.zones["marathon"]),
        )
    if draft.strides:
        strides_m = strides_km(draft.strides, paces) * 1000
        return (
            Step(kind, 1, round(total_m - strides_m, 1), None, easy),
            Step("strides", draft.strides, None, STRIDE_S, None),
            Step("recovery", draft.strides, None, STRIDE_REST_S, None),
        )
    return (Step(kind, 1, round(total_m, 1), None, easy),)


def _block_steps(kind: str, blocks: Blocks, total_m: float, paces: Paces) -> tuple[Step, ...]:
    work = work_of(kind, blocks, paces)
    style = style_of(kind, blocks)
    walking = blocks.walk_min is not None
    around = max(0.0, total_m - blocks.repeat * (work.work_m + work.rest_m))
    warm_up = min(around, math.ceil(around / 200) * 100.0)
    zone = paces.zones[style.zone] if style.zone else None
    timed = blocks.unit in ("s", "min")
    easy = None if walking else paces.zones["easy"]
    steps = [
        Step("walk" if walking else "warmup", 1, round(warm_up, 1), None, easy),
        Step(
            "run" if walking else kind,
            blocks.repeat,
            None if timed else round(work.work_m, 1),
            work.work_s if timed else None,
            zone,
        ),
    ]
    if work.rest_s:
        steps.append(
            Step("walk" if walking else "recovery", blocks.repeat, None, work.rest_s, None)
        )
    steps.append(Step("walk" if walking else "cooldown", 1, round(around - warm_up, 1), None, easy))
    return tuple(step for step in steps if step.duration_s or step.distance_m)


def _step_seconds(step: Step, paces: Paces) -> float:
    if step.duration_s is not None:
        return step.duration_s
    metres = step.distance_m or 0.0
    if step.pace is not None:
        return metres * (step.pace[0] + step.pace[1]) / 2 / metres_per(paces.units)
    if step.kind == "walk":
        return metres * WALK_S_PER_KM / 1000
    return metres * _s_per_m(paces, "easy")


def _s_per_m(paces: Paces, zone: str) -> float:
    return paces.s_per_km(zone) / 1000


def _jog_s_per_m(paces: Paces) -> float:
    return _s_per_m(paces, "easy") * JOG_FACTOR


def _text(draft: SessionDraft, steps: tuple[Step, ...], paces: Paces) -> str:
    distance = f"{number(draft.distance or 0)} {paces.units}"
    if draft.blocks is not None:
        return _blocks_text(draft.kind, draft.blocks, distance, steps, paces)
    easy = paces.text("easy")
    if draft.kind == "long":
        if not draft.finish:
            return f"Long run {distance} at {easy}, easy enough to talk in sentences"
        finish = f"{number(draft.finish)} {paces.units}"
        marathon = paces.text("marathon")
        return f"Long run {distance} at {easy}, the last {finish} at marathon pace ({marathon})"
    if draft.kind == "recovery":
        return f"Recovery run {distance}, at {easy} or slower, as gently as you like"
    strides = f", then {draft.strides} strides of {STRIDE_S} s" if draft.strides else ""
    return f"Easy run {distance} at {easy}{strides}"


def _blocks_text(
    kind: str, blocks: Blocks, distance: str, steps: tuple[Step, ...], paces: Paces
) -> str:
    if is_trial(kind, blocks):
        return _trial_text(blocks, distance, steps, paces)
    style = style_of(kind, blocks)
    times = f"{blocks.repeat} × " if blocks.repeat > 1 else ""
    bout = f"{times}{number(blocks.size)} {blocks.unit}"
    if blocks.walk_min is not None:
        walk = f"{number(blocks.walk_min)} min"
        return (
            f"Run–walk {distance}: walk to warm up, then {blocks.repeat} times "
            f"{number(blocks.size)} min running ({style.effort}) and {walk} walking"
        )
    at = f"at {paces.text(style.zone)}, {style.effort}" if style.zone else style.effort
    rest = next((step for step in steps if step.kind == "recovery"), None)
    between = f", {_seconds_text(rest.duration_s or 0)} {style.rest} after each" if rest else ""
    edges = [_edge_text(step, paces.units) for step in steps if step.kind in ("warmup", "cooldown")]
    around = f"; {' and '.join(edges)}" if edges else ""
    return f"{style.label} {distance}: {bout} {at}{between}{around}"


def _trial_text(blocks: Blocks, distance: str, steps: tuple[Step, ...], paces: Paces) -> str:
    edges = {
        step.kind: f"{(step.distance_m or 0) / metres_per(paces.units):.1f} {paces.units}"
        for step in steps
    }
    bout = f"{number(blocks.size)} {blocks.unit}"
    if blocks.unit != paces.units:
        bout += f" ({edges['intervals']})"
    text = (
        f"Time trial {distance}: {edges['warmup']} easy, {bout} as evenly hard as you can (about "
        f"{paces.text('interval')}), {edges['cooldown']} easy. Note your time"
    )
    total_m = sum(step.distance_m or 0.0 for step in steps)
    if total_m >= RACE_KM["5K"] * 1000:
        text += "; a tune-up race over 5K may take its place"
    return text


def _edge_text(step: Step, units: Units) -> str:
    where = "before" if step.kind == "warmup" else "after"
    return f"{(step.distance_m or 0) / metres_per(units):.1f} {units} easy {where}"


def _seconds_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{number(seconds / 60)} min"
