"""Which sessions fit a week of the outline: how many of each kind, how far, and with what work."""

from collections.abc import Mapping

from runplan import menus, workouts
from runplan.drafts import Blocks, OutlineLine
from runplan.grid import between, ceil_session, floor_session, grid
from runplan.paces import Paces
from runplan.ranges import Envelope, Slot, WeekRange
from runplan.request import PlanRequest
from runplan.units import from_km, to_km
from runplan.volume import min_run_km, session_limit_km

# Easy runs vary by this share around their mean.
EASY_SLACK = 0.14
# A recovery run is shorter than the other easy runs.
RECOVERY_SHARE = 0.75
STRIDES = (4, 6)
# Strides with their recoveries take at most this share of their run.
STRIDES_SHARE = 0.75
# A hard session is shorter than the long run.
HARD_SHARE = 0.9
# A time trial may make a small week longer by this much.
TRIAL_EXTRA_KM = 1.5
# Runs with walking breaks all through vary by this much around their mean: what the blocks do not
# fill is walked.
RUN_WALK_SLACK = 0.25


def slots_of(
    envelope: Envelope, week: WeekRange, line: OutlineLine, hard: tuple[str, ...], days: int
) -> Mapping[str, Slot] | None:
    """The slots of the week with these hard kinds, or None when they do not fit its distance."""
    request = envelope.request
    if line.long is None:
        return _race_slots(envelope, line, days)
    if week.number <= envelope.run_walk_weeks:
        return _run_walk_slots(envelope, week, line, days)
    shortest = envelope.shortest
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
    strides = 1 if _wants_strides(envelope, week, line, hard) and easy_count > recovery else 0
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
    if envelope.rules.run_walk:
        room = to_km(long, envelope.request.units)
        return Slot("long", 1, (long,), blocks=menus.run_walk_all_through(envelope.paces, room))
    return Slot("long", 1, (long,), finishes=_finishes(envelope, week, long, hard))


def trial_of(request: PlanRequest, paces: Paces, distance: float, long: float) -> Blocks | None:
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
    blocks = trial_of(request, paces, line.distance, line.long or 0.0)
    if blocks is None:
        return None
    needed = workouts.measured("intervals", blocks, paces, request.level).needed_km
    distance = ceil_session(from_km(needed, request.units))
    return Slot("intervals", 1, (distance,), blocks=(blocks,))


def _hard_slot(
    envelope: Envelope, week: WeekRange, line: OutlineLine, kind: str, room: float
) -> Slot | None:
    request, paces = envelope.request, envelope.paces
    km = to_km(line.distance, request.units)
    limit = envelope.limit
    room_km = to_km(floor_session(min(room, limit)), request.units)
    limit_km = to_km(limit, request.units)
    options = menus.menu(kind, paces, request.level, km, week.progress, room_km, limit_km)
    while options:
        needed = max(work.needed_km for work in options)
        slow = max(work.slow_km for work in options)
        low = ceil_session(from_km(needed, request.units))
        most = min(room, limit - from_km(slow, request.units))
        # Any distance may meet any of the blocks, also the one that takes longest.
        if low <= most:
            distances = grid(low, min(floor_session(most), low + 1.0))
            return Slot(kind, 1, distances, blocks=tuple(work.blocks for work in options))
        options = options[:-1]
    return None


def _easy_slots(
    envelope: Envelope, long: float, mean: float, count: int, recovery: int, strides: int
) -> dict[str, Slot]:
    shortest, limit = envelope.shortest, envelope.limit
    top = max(shortest, min(limit, long - 0.5 if long > 3 else long))
    if envelope.rules.run_walk:
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
    mean = max(line.distance / (days - 1), envelope.shortest)
    strides = 0 if "strides" in envelope.rules.barred else 1
    slots = _easy_slots(envelope, mean * 1.6, mean, days - 1, 0, strides)
    return {**slots, "race": Slot("race", 1)}


def _run_walk_slots(
    envelope: Envelope, week: WeekRange, line: OutlineLine, days: int
) -> Mapping[str, Slot]:
    long = line.long or 0.0
    stage = (week.number - 1) / max(1, envelope.run_walk_weeks - 1)
    mean = max(envelope.shortest, (line.distance - long) / (days - 1))
    most = max(envelope.shortest, min(long, envelope.limit))
    distances = between(mean - 0.5, mean + 0.5, envelope.shortest, most)
    units = envelope.request.units
    short = menus.run_walk_menu(envelope.paces, stage, to_km(distances[0], units))
    longer = menus.run_walk_menu(envelope.paces, stage, to_km(long, units))
    return {
        "runwalk": Slot("runwalk", days - 1, distances, blocks=short),
        "long": Slot("long", 1, (long,), blocks=longer),
    }


def _finishes(
    envelope: Envelope, week: WeekRange, long: float, hard: tuple[str, ...]
) -> tuple[float, ...]:
    """Marathon-pace finishes: every other long run of the peak, for half and marathon.

    None in a week that has marathon pace already.
    """
    request, rules = envelope.request, envelope.rules
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
    envelope: Envelope, week: WeekRange, line: OutlineLine, hard: tuple[str, ...]
) -> bool:
    if "strides" in envelope.rules.barred:
        return False
    return (
        line.focus == "strides"
        or (not hard and line.focus != "easy")
        or (bool(hard) and not week.cutback and line.number % 2 == 0)
    )


def _middle(values: tuple[float, ...]) -> float:
    return (values[0] + values[-1]) / 2
