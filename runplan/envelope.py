"""The envelope: what any good plan for this request may contain, week by week.

It is pure and depends on the request alone. The prompt shows it to the model, the grammar enforces
it, the checker holds the result against it and the coach draws from it, so all four agree. Its parts
are described in `ranges`; which sessions fit a week is worked out in `slots`.
"""

from collections.abc import Iterator
from functools import lru_cache

from runplan.drafts import OutlineLine
from runplan.focuses import companions, focuses_of, hard_count
from runplan.grid import floor_session, grid
from runplan.paces import Paces, paces_for
from runplan.plan import HARD_KINDS
from runplan.ranges import Envelope, Slot, WeekEnvelope, WeekRange
from runplan.request import PlanRequest
from runplan.rules import rules_of
from runplan.slots import slots_of, trial_of
from runplan.spacing import arrangements_of
from runplan.units import from_km, to_km
from runplan.volume import SeasonWeek, long_session_limit_km, needs_run_walk, season

__all__ = ["Envelope", "Slot", "WeekEnvelope", "WeekRange", "build_envelope", "week_envelope"]

# How far an outline may stray from the curve.
WEEK_SLACK, LONG_SLACK = 0.04, 0.04
# Below this (km or mi) a step of two whole units would be a large one.
SMALL_WEEK = 20.0
# Cutback weeks ask for the work of an earlier week.
CUTBACK_PROGRESS = 0.5


@lru_cache(maxsize=256)
def build_envelope(request: PlanRequest) -> Envelope:
    """The envelope of a request; it exists for every valid one."""
    paces = paces_for(request)
    curve = season(request, paces)
    run_walk = _run_walk_weeks(request, paces, curve)
    limit = from_km(long_session_limit_km(request, paces), request.units)
    ranges = tuple(_week_range(request, paces, week, run_walk, limit) for week in curve)
    return Envelope(request, paces, ranges, run_walk)


def week_envelope(envelope: Envelope, line: OutlineLine) -> WeekEnvelope:
    """The sessions that `line` leaves open, for a line inside the envelope."""
    request = envelope.request
    week = envelope.weeks[line.number - 1]
    days = request.ordered_run_days
    fixed, fixed_day = (
        ("race", request.race_day) if line.long is None else ("long", request.long_day)
    )
    if fixed == "race" and fixed_day not in days:
        days = (*days[:-1], fixed_day)
    for hard in _hard_choices(envelope, week, line):
        slots = slots_of(envelope, week, line, hard, len(days))
        if slots is None:
            continue
        keys = [slot.key for slot in slots.values() for _ in range(slot.count)]
        keys.remove(fixed)
        arrangements = arrangements_of(
            days, tuple(sorted(keys)), fixed, fixed_day, request.level == "beginner"
        )
        if arrangements:
            trial = week.benchmark and bool(hard)
            return WeekEnvelope(request, line, week.cutback, days, slots, arrangements, trial)
    raise AssertionError("a week without hard sessions always fits")


def _week_range(
    request: PlanRequest, paces: Paces, week: SeasonWeek, run_walk: int, limit: float
) -> WeekRange:
    """What the outline may say of `week`; no long run is longer than `limit` in the runner's unit."""
    distance = from_km(week.km, request.units)
    slack = max(1.0 if distance >= SMALL_WEEK else 0.5, distance * WEEK_SLACK)
    low, high = max(1, round(distance - slack)), max(1, round(distance + slack))
    distances = tuple(float(value) for value in range(low, high + 1))
    longs: tuple[float, ...] = ()
    focuses: tuple[str, ...] = ("race",)
    benchmark = False
    if week.long_km is not None:
        long = from_km(week.long_km, request.units)
        values = grid(long * (1 - LONG_SLACK), long * (1 + LONG_SLACK))
        longs = tuple(dict.fromkeys(v if v <= limit else floor_session(limit) for v in values))
        rules = rules_of(request)
        benchmark = (
            week.benchmark
            and not rules.run_walk
            and week.number > max(run_walk, rules.easy_weeks)
            and rules.trials
            and trial_of(request, paces, distances[0], longs[0]) is not None
        )
        focuses = focuses_of(request, paces, week)
        if week.number <= run_walk:
            focuses = ("runwalk",)
        elif benchmark:
            focuses = ("intervals",)
    return WeekRange(
        week.number,
        week.phase,
        distances,
        longs,
        focuses,
        week.cutback,
        week.progress * (CUTBACK_PROGRESS if week.cutback else 1.0),
        benchmark,
    )


def _hard_choices(
    envelope: Envelope, week: WeekRange, line: OutlineLine
) -> Iterator[tuple[str, ...]]:
    """Sets of hard kinds to try, the fullest first, ending with none."""
    if line.focus in HARD_KINDS:
        request = envelope.request
        km = to_km(line.distance, request.units)
        count = hard_count(request, week.number, week.phase, week.cutback, km)
        if count == 2 and not week.benchmark:
            for second in companions(request, line.focus, week.phase, week.number):
                yield (line.focus, second)
        yield (line.focus,)
    yield ()


def _run_walk_weeks(request: PlanRequest, paces: Paces, curve: tuple[SeasonWeek, ...]) -> int:
    """How many weeks start with run–walk sessions: two thirds of the loading weeks when needed."""
    if not needs_run_walk(request, paces):
        return 0
    loading = sum(week.phase != "taper" for week in curve)
    return max(1, round(loading * 0.65))
