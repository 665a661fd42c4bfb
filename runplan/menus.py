"""Which workouts fit a week: a catalogue of blocks, and limits by pace zone and level."""

from collections.abc import Mapping
from functools import lru_cache

from runplan.drafts import Blocks, BlockUnit
from runplan.paces import WALK_S_PER_KM, Paces
from runplan.workouts import WALK_IN_KM, Measured, measured

# A week offers this many sizes of one workout, so that the model has a choice.
MENU_SIZE = 3

# Most of a week's distance at a pace (Daniels: threshold 10 %, interval 8 %, repetition 5 %;
# marathon pace in one session stays below 18 % of the week here).
SHARE_OF_WEEK: Mapping[str, float] = {
    "tempo": 0.10,
    "intervals": 0.08,
    "reps": 0.05,
    "marathon": 0.18,
}
# Hard limits whatever the week: Daniels' 10 km of intervals; marathon pace 110 min or 29 km.
INTERVALS_LIMIT_KM, MARATHON_LIMIT_KM, MARATHON_LIMIT_MIN = 10.0, 29.0, 110.0
# Minutes of work for sessions that go by effort: first and last loading week, by level.
EFFORT_MIN: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "hills": {"beginner": (2.5, 5), "intermediate": (3.5, 8), "advanced": (5, 12)},
    "fartlek": {"beginner": (4, 9), "intermediate": (6, 14), "advanced": (8, 20)},
}
# ... and no more than this many minutes per km of the week, for small weeks.
EFFORT_MIN_PER_KM: Mapping[str, float] = {"hills": 0.22, "fartlek": 0.4}
# A time trial is the only hard bout of its (mostly lighter) week, so it may go beyond the 8 % of a
# week of intervals, up to this share; a mile or less always fits (Galloway has beginners run his
# "magic mile" every few weeks, however little they run).
TRIAL_SHARE, TRIAL_FREE_KM = 0.12, 1.61
# Work grows from this share of the limit in the first loading week to all of it in the peak week.
FIRST_SHARE = 0.6


def _series(unit: BlockUnit, *sizes: tuple[float, tuple[int, ...]]) -> tuple[Blocks, ...]:
    return tuple(Blocks(n, size, unit) for size, counts in sizes for n in counts)


CATALOGUE: Mapping[str, tuple[Blocks, ...]] = {
    "tempo": _series(
        "min",
        (4, (2, 3)),
        (5, (2, 3, 4)),
        (6, (2, 3)),
        (8, (1, 2, 3, 4)),
        (10, (1, 2, 3, 4)),
        (12, (1, 2, 3)),
        (15, (1, 2, 3)),
        (20, (1, 2)),
        (25, (1,)),
        (30, (1,)),
    ),
    "intervals": _series("m", (400, (3, 4, 5, 6, 8)), (600, (3, 4, 5, 6)), (800, (3, 4, 5, 6, 8)))
    + _series("km", (1, (3, 4, 5, 6, 8)), (1.2, (4, 5, 6)))
    + _series("min", (2, (3, 4, 5, 6)), (3, (3, 4, 5, 6))),
    "reps": _series(
        "m", (100, (4, 6, 8)), (200, (4, 5, 6, 8, 10, 12)), (300, (4, 6, 8)), (400, (4, 6, 8))
    ),
    "hills": _series(
        "s",
        (30, (4, 5, 6, 8, 10)),
        (45, (4, 5, 6, 8, 10, 12)),
        (60, (4, 5, 6, 8, 10, 12)),
        (90, (4, 5, 6, 8)),
    ),
    "fartlek": _series(
        "min", (1, (4, 5, 6, 8, 10, 12)), (2, (3, 4, 5, 6, 8)), (3, (3, 4, 5, 6)), (4, (3, 4, 5))
    ),
}

# From walking with short runs to half an hour of running, after the shape of couch-to-5K plans.
RUN_WALK: tuple[Blocks, ...] = tuple(
    Blocks(n, run, "min", walk)
    for n, run, walk in (
        (3, 1, 2),
        (4, 1, 2),
        (6, 1, 2),
        (8, 1, 2),
        (8, 1, 1),
        (5, 2, 2),
        (6, 2, 2),
        (6, 2, 1),
        (5, 3, 2),
        (5, 3, 1),
        (4, 5, 2),
        (4, 5, 1),
        (3, 8, 2),
        (3, 8, 1),
        (2, 12, 1),
        (2, 15, 1),
    )
)

# Time trials, longest first: Galloway's magic mile for beginners and small weeks, 3 km or 2 mi else.
TRIALS: Mapping[str, tuple[Blocks, ...]] = {
    "km": (Blocks(1, 3, "km"), Blocks(1, 2, "km"), Blocks(1, 1, "mi"), Blocks(1, 1, "km")),
    "mi": (Blocks(1, 2, "mi"), Blocks(1, 1, "mi"), Blocks(1, 1, "km")),
}
BEGINNER_TRIAL_KM = 1.61
# The notation has two digits for repetitions.
MOST_REPEATS = 99
# Minutes of running and walking for runners who want walking breaks all through (Galloway's ratios
# for easy running).
RUN_WALK_RATIOS = ((2, 1), (3, 1), (4, 1), (5, 1))
# What the blocks leave over is walked; more than this where there is no way around it.
RUN_WALK_LEFT_M = 600.0

# For sessions of a quarter of an hour.
SHORTEST_RUN_WALK = Blocks(2, 1, "min", 1)


def menu(
    kind: str,
    paces: Paces,
    level: str,
    week_km: float,
    progress: float,
    room_km: float,
    limit_km: float = float("inf"),
) -> tuple[Measured, ...]:
    """Up to three workouts of `kind` for a week of `week_km`, smallest first.

    They stay under the limit of their zone, near the size that `progress` (0 to 1) asks for, and fit
    with warm-up and cool-down into `room_km`, and into the time of `limit_km` of easy running. Empty
    when none does.
    """
    limit, target = _limit(kind, paces, level, week_km, progress)
    most = int(limit) if kind == "marathon" else 0
    fitting = [
        (size, work)
        for size, work in _sized(kind, paces, level, most)
        if size <= limit and work.needed_km <= room_km and work.needed_km + work.slow_km <= limit_km
    ]
    near = sorted(fitting, key=lambda sized: abs(sized[0] - target))[:MENU_SIZE]
    near.sort(key=lambda sized: (sized[0], sized[1].blocks.size, sized[1].blocks.repeat))
    return tuple(work for _, work in near)


def has_menu(kind: str, paces: Paces, level: str, week_km: float, room_km: float) -> bool:
    """Whether `menu` has any workout, when time is no matter."""
    limit, _ = _limit(kind, paces, level, week_km, 1.0)
    most = int(limit) if kind == "marathon" else 0
    return any(
        size <= limit and work.needed_km <= room_km
        for size, work in _sized(kind, paces, level, most)
    )


def trial(
    paces: Paces, level: str, week_km: float, room_km: float, limit_km: float
) -> Blocks | None:
    """The time trial for a week of `week_km` that fits as in `menu`, or None."""
    most = max(TRIAL_FREE_KM, week_km * TRIAL_SHARE)
    if level == "beginner":
        most = BEGINNER_TRIAL_KM
    for blocks in TRIALS[paces.units]:
        work = measured("intervals", blocks, paces, level)
        fits = work.needed_km <= room_km and work.needed_km + work.slow_km <= limit_km
        if fits and work.work_km <= most:
            return blocks
    return None


def run_walk_menu(paces: Paces, stage: float, room_km: float) -> tuple[Blocks, ...]:
    """Run–walk sessions around `stage` (0: mostly walking, 1: nearly continuous) within `room_km`."""
    reached = RUN_WALK[: round(stage * (len(RUN_WALK) - 1)) + 1]
    works = (measured("runwalk", blocks, paces, "beginner") for blocks in reached)
    fitting = tuple(work.blocks for work in works if work.needed_km <= room_km)
    return fitting[-MENU_SIZE:] or (SHORTEST_RUN_WALK,)


def run_walk_all_through(paces: Paces, room_km: float) -> tuple[Blocks, ...]:
    """Run–walk that fills `room_km` but for the walk in and out, shorter runs first."""
    room_m = (room_km - 2 * WALK_IN_KM) * 1000
    found = []
    for run, walk in RUN_WALK_RATIOS:
        block_m = run * 60_000 / paces.s_per_km("easy") + walk * 60_000 / WALK_S_PER_KM
        count = min(MOST_REPEATS, int(room_m // block_m))
        if count >= 2:
            found.append((room_m - count * block_m, Blocks(count, run, "min", walk)))
    if not found:
        return (SHORTEST_RUN_WALK,)
    most = max(RUN_WALK_LEFT_M, min(left for left, _ in found))
    fullest = sorted((option for option in found if option[0] <= most), key=lambda o: o[0])
    return tuple(sorted((blocks for _, blocks in fullest[:MENU_SIZE]), key=lambda b: b.size))


def finishes(long: float, progress: float) -> tuple[float, ...]:
    """Lengths of a marathon-pace finish for a long run, in its unit: 12–30 % of it, whole."""
    top = round(long * (0.18 + 0.12 * progress))
    return tuple(float(size) for size in range(max(2, top - 2), top + 1))


def _limit(
    kind: str, paces: Paces, level: str, week_km: float, progress: float
) -> tuple[float, float]:
    """The most work allowed and the work wanted: km for paced kinds, minutes for effort kinds."""
    if kind in EFFORT_MIN:
        first, last = EFFORT_MIN[kind][level]
        limit = min(last, week_km * EFFORT_MIN_PER_KM[kind])
        return limit, min(limit, first + (last - first) * progress)
    limit = week_km * SHARE_OF_WEEK[kind]
    if kind == "intervals":
        limit = min(limit, INTERVALS_LIMIT_KM)
    if kind == "marathon":
        by_time = MARATHON_LIMIT_MIN * 60 / paces.s_per_km("marathon")
        limit = min(limit, MARATHON_LIMIT_KM, by_time)
    return limit, limit * (FIRST_SHARE + (1 - FIRST_SHARE) * progress)


@lru_cache(maxsize=1024)
def _sized(kind: str, paces: Paces, level: str, most: int) -> tuple[tuple[float, Measured], ...]:
    """The catalogue of a kind at these paces, each with its size (see `_limit`).

    Marathon pace comes in whole units up to `most`.
    """
    listed = (
        tuple(Blocks(1, size, paces.units) for size in range(2, most + 1))
        if kind == "marathon"
        else CATALOGUE[kind]
    )
    works = [measured(kind, blocks, paces, level) for blocks in listed]
    by_effort = kind in EFFORT_MIN
    return tuple((work.work_min if by_effort else work.work_km, work) for work in works)
