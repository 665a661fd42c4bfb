"""The envelope: what any good plan for this request may contain, week by week.

It is pure and depends on the request alone. The prompt shows it to the model, the grammar enforces
it, the checker holds the result against it and the coach draws from it, so all four agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from runplan import menus, workouts
from runplan.drafts import Blocks, OutlineLine
from runplan.focuses import companions, focuses_of, hard_count
from runplan.grid import between, ceil_session, floor_session, grid
from runplan.paces import Paces, paces_for
from runplan.plan import HARD_KINDS, Phase
from runplan.request import PlanRequest
from runplan.rules import rules_of
from runplan.spacing import arrangements_of
from runplan.units import from_km, to_km
from runplan.volume import (
    SeasonWeek,
    long_session_limit_km,
    min_run_km,
    needs_run_walk,
    season,
    session_limit_km,
)

# How far an outline may stray from the curve.
WEEK_SLACK, LONG_SLACK = 0.04, 0.04
# Below this (km or mi) a step of two whole units would be a large one.
SMALL_WEEK = 20.0
# Easy runs vary by this share around their mean.
EASY_SLACK = 0.14
# A recovery run is shorter than the other easy runs.
RECOVERY_SHARE = 0.75
STRIDES = (4, 6)
# Strides with their recoveries take at most this share of their run.
STRIDES_SHARE = 0.75

# The sessions of a week add up to its line's distance within this share, or this many units.
TOTAL_SLACK, TOTAL_SLACK_MIN = 0.08, 1.5
# A hard session is shorter than the long run.
HARD_SHARE = 0.9
# Cutback weeks ask for the work of an earlier week.
CUTBACK_PROGRESS = 0.5
# A time trial may make a small week longer by this much.
TRIAL_EXTRA_KM = 1.5
# Runs with walking breaks all through vary by this much around their mean: what the blocks do not
# fill is walked.
RUN_WALK_SLACK = 0.25


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
    """What one week may contain, given its outline line.

    `arrangements` are the allowed orders: one slot key per running day of `days`.
    """

    line: OutlineLine
    cutback: bool
    days: tuple[str, ...]
    slots: Mapping[str, Slot]
    arrangements: tuple[tuple[str, ...], ...]
    benchmark: bool = False

    @property
    def suggested(self) -> tuple[str, ...]:
        """The order that the prompt shows, another one in the next week where there is a choice."""
        return self.arrangements[self.line.number % len(self.arrangements)]

    @property
    def total(self) -> tuple[float, float]:
        """The least and the most that the sessions may add up to: near the line's distance.

        Where the slots cannot reach it, near what they can reach.
        """
        low = sum(slot.count * min(slot.distances, default=0.0) for slot in self.slots.values())
        high = sum(slot.count * max(slot.distances, default=0.0) for slot in self.slots.values())
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


@lru_cache(maxsize=256)
def build_envelope(request: PlanRequest) -> Envelope:
    """The envelope of a request; it exists for every valid one."""
    paces = paces_for(request)
    curve = season(request, paces)
    run_walk = _run_walk_weeks(request, paces, curve)
    ranges = tuple(_week_range(request, paces, week, run_walk) for week in curve)
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
        slots = _slots(envelope, week, line, hard, len(days))
        if slots is None:
            continue
        keys = [slot.key for slot in slots.values() for _ in range(slot.count)]
        arrangements = arrangements_of(
            days, tuple(keys), fixed, fixed_day, request.level == "beginner"
        )
        if arrangements:
            trial = week.benchmark and bool(hard)
            return WeekEnvelope(line, week.cutback, days, slots, arrangements, trial)
    raise AssertionError("a week without hard sessions always fits")


def _week_range(request: PlanRequest, paces: Paces, week: SeasonWeek, run_walk: int) -> WeekRange:
    distance = from_km(week.km, request.units)
    slack = max(1.0 if distance >= SMALL_WEEK else 0.5, distance * WEEK_SLACK)
    low, high = max(1, round(distance - slack)), max(1, round(distance + slack))
    distances = tuple(float(value) for value in range(low, high + 1))
    longs: tuple[float, ...] = ()
    focuses: tuple[str, ...] = ("race",)
    benchmark = False
    if week.long_km is not None:
        long = from_km(week.long_km, request.units)
        limit = from_km(long_session_limit_km(request, paces), request.units)
        values = grid(long * (1 - LONG_SLACK), long * (1 + LONG_SLACK))
        longs = tuple(dict.fromkeys(v if v <= limit else floor_session(limit) for v in values))
        rules = rules_of(request)
        benchmark = (
            week.benchmark
            and not rules.run_walk
            and week.number > max(run_walk, rules.easy_weeks)
            and rules.trials
            and _trial(request, paces, distances[0], longs[0]) is not None
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


def _slots(
    envelope: Envelope, week: WeekRange, line: OutlineLine, hard: tuple[str, ...], days: int
) -> Mapping[str, Slot] | None:
    """The slots of the week with these hard kinds, or None when they do not fit its distance."""
    request = envelope.request
    if line.long is None:
        return _race_slots(envelope, line, days)
    if week.number <= envelope.run_walk_weeks:
        return _run_walk_slots(envelope, week, line, days)
    shortest = _shortest(envelope)
    room = line.distance - line.long - (days - 1 - len(hard)) * shortest
    slots: dict[str, Slot] = {}
    for kind in hard:
        if week.benchmark:
            slot = _trial_slot(envelope, line)
        else:
            slot = _hard_slot(envelope, week, line, kind, min(room, line.long * HARD_SHARE))
        if slot is None:
            return None
        slots[kind] = slot
        room -= slot.distances[-1]
    easy_count = days - 1 - len(hard)
    recovery = 1 if days >= 6 and request.level != "beginner" and easy_count >= 2 else 0
    strides = 1 if _wants_strides(request, week, line, hard) and easy_count > recovery else 0
    used = line.long + sum(_middle(slot.distances) for slot in slots.values())
    share = easy_count - recovery + recovery * RECOVERY_SHARE
    if easy_count:
        mean = (line.distance - used) / share
        if mean < shortest * 0.98:
            if hard and not week.benchmark:
                return None
            mean = shortest
        slots |= _easy_slots(envelope, line.long, mean, easy_count, recovery, strides)
    return {**slots, "long": _long_slot(envelope, week, line.long, hard)}


def _long_slot(envelope: Envelope, week: WeekRange, long: float, hard: tuple[str, ...]) -> Slot:
    request = envelope.request
    if rules_of(request).run_walk:
        room = to_km(long, request.units)
        return Slot("long", 1, (long,), blocks=menus.run_walk_all_through(envelope.paces, room))
    return Slot("long", 1, (long,), finishes=_finishes(request, week, long, hard))


def _trial(request: PlanRequest, paces: Paces, distance: float, long: float) -> Blocks | None:
    """The time trial of a week of `distance` with a long run of `long`, or None when none fits.

    The session is no longer than the long run.
    """
    shortest = min_run_km(request, paces)
    km, long_km = to_km(distance, request.units), to_km(long, request.units)
    room = km - long_km - (request.days_per_week - 2) * shortest + TRIAL_EXTRA_KM
    limit = session_limit_km(request, paces)
    room = floor_session(from_km(min(room, long_km, limit), request.units))
    return menus.trial(paces, request.level, km, to_km(room, request.units), limit)


def _trial_slot(envelope: Envelope, line: OutlineLine) -> Slot | None:
    request, paces = envelope.request, envelope.paces
    blocks = _trial(request, paces, line.distance, line.long or 0.0)
    if blocks is None:
        return None
    needed = workouts.needed_km("intervals", blocks, paces, request.level)
    distance = ceil_session(from_km(needed, request.units))
    return Slot("intervals", 1, (distance,), blocks=(blocks,))


def _hard_slot(
    envelope: Envelope, week: WeekRange, line: OutlineLine, kind: str, room: float
) -> Slot | None:
    request, paces = envelope.request, envelope.paces
    km = to_km(line.distance, request.units)
    limit = _limit(envelope)
    room_km = to_km(floor_session(min(room, limit)), request.units)
    limit_km = to_km(limit, request.units)
    options = menus.menu(kind, paces, request.level, km, week.progress, room_km, limit_km)
    while options:
        needed = max(workouts.needed_km(kind, blocks, paces, request.level) for blocks in options)
        slow = max(workouts.slow_km(kind, blocks, paces) for blocks in options)
        low = ceil_session(from_km(needed, request.units))
        most = min(room, limit - from_km(slow, request.units))
        # Any distance may meet any of the blocks, also the one that takes longest.
        if low <= most:
            return Slot(kind, 1, grid(low, min(floor_session(most), low + 1.0)), blocks=options)
        options = options[:-1]
    return None


def _easy_slots(
    envelope: Envelope, long: float, mean: float, count: int, recovery: int, strides: int
) -> dict[str, Slot]:
    shortest, limit = _shortest(envelope), _limit(envelope)
    top = max(shortest, min(limit, long - 0.5 if long > 3 else long))
    if rules_of(envelope.request).run_walk:
        distances = between(mean - RUN_WALK_SLACK, mean + RUN_WALK_SLACK, shortest, top)
        room = to_km(distances[0], envelope.request.units)
        blocks = menus.run_walk_all_through(envelope.paces, room)
        return {"runwalk": Slot("runwalk", count, distances, blocks=blocks)}
    slack = max(0.5 if mean < 10 else 1.0, mean * EASY_SLACK)
    # Also runs at the limit come in two lengths, so that weeks can differ.
    distances = between(min(mean, floor_session(top)) - slack, mean + slack, shortest, top)
    room = to_km(distances[0], envelope.request.units) * STRIDES_SHARE
    sets = tuple(n for n in STRIDES if workouts.strides_km(n, envelope.paces) <= room)
    if not sets:
        strides = 0
    slots = {"easy": Slot("easy", count - recovery - strides, distances)}
    if strides:
        slots["strides"] = Slot("strides", 1, distances, strides=sets)
    if recovery:
        rest = mean * RECOVERY_SHARE
        slots["recovery"] = Slot("recovery", 1, between(rest - 0.5, rest + 0.5, shortest, top))
    return {key: slot for key, slot in slots.items() if slot.count}


def _race_slots(envelope: Envelope, line: OutlineLine, days: int) -> Mapping[str, Slot]:
    mean = max(line.distance / (days - 1), _shortest(envelope))
    strides = 0 if "strides" in rules_of(envelope.request).barred else 1
    slots = _easy_slots(envelope, mean * 1.6, mean, days - 1, 0, strides)
    return {**slots, "race": Slot("race", 1)}


def _run_walk_slots(
    envelope: Envelope, week: WeekRange, line: OutlineLine, days: int
) -> Mapping[str, Slot]:
    long = line.long or 0.0
    stage = (week.number - 1) / max(1, envelope.run_walk_weeks - 1)
    mean = max(_shortest(envelope), (line.distance - long) / (days - 1))
    most = max(_shortest(envelope), min(long, _limit(envelope)))
    distances = between(mean - 0.5, mean + 0.5, _shortest(envelope), most)
    units = envelope.request.units
    short = menus.run_walk_menu(envelope.paces, stage, to_km(distances[0], units))
    longer = menus.run_walk_menu(envelope.paces, stage, to_km(long, units))
    return {
        "runwalk": Slot("runwalk", days - 1, distances, blocks=short),
        "long": Slot("long", 1, (long,), blocks=longer),
    }


def _finishes(
    request: PlanRequest, week: WeekRange, long: float, hard: tuple[str, ...]
) -> tuple[float, ...]:
    """Marathon-pace finishes: every other long run of the peak, for half and marathon.

    None in a week that has marathon pace already.
    """
    rules = rules_of(request)
    if (
        request.level == "beginner"
        or request.race not in ("half", "marathon")
        or week.phase != "peak"
        or week.cutback
        or week.number % 2
        or week.number <= rules.easy_weeks
        or "marathon" in hard
        or "marathon" in rules.barred
    ):
        return ()
    return menus.finishes(long, week.progress)


def _wants_strides(
    request: PlanRequest, week: WeekRange, line: OutlineLine, hard: tuple[str, ...]
) -> bool:
    if "strides" in rules_of(request).barred:
        return False
    return (
        line.focus == "strides"
        or (not hard and line.focus != "easy")
        or (bool(hard) and not week.cutback and line.number % 2 == 0)
    )


def _run_walk_weeks(request: PlanRequest, paces: Paces, curve: tuple[SeasonWeek, ...]) -> int:
    """How many weeks start with run–walk sessions: two thirds of the loading weeks when needed."""
    if not needs_run_walk(request, paces):
        return 0
    loading = sum(week.phase != "taper" for week in curve)
    return max(1, round(loading * 0.65))


def _shortest(envelope: Envelope) -> float:
    return floor_session(
        from_km(min_run_km(envelope.request, envelope.paces), envelope.request.units)
    )


def _limit(envelope: Envelope) -> float:
    return from_km(session_limit_km(envelope.request, envelope.paces), envelope.request.units)


def _middle(values: tuple[float, ...]) -> float:
    return (values[0] + values[-1]) / 2
