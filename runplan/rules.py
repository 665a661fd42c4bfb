"""What the runner's age and confirmed constraints mean for training: one table, one place.

Knows nothing of weeks or distances; `volume` and `envelope` apply it. No study gives these numbers:
they are plain cautious choices, except where a source is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from runplan.constraints import Constraint, ConstraintKind, Scope
from runplan.plan import HARD_KINDS
from runplan.request import DAYS, MIN_SESSION_MIN, Day, PlanRequest

# Fast running loads the back of the leg and pounds; hills strain calf and Achilles on the way up,
# knees and shins on the way down. "strides" stand beside the session kinds.
_CALF = frozenset({"hills", "reps", "strides"})
_KNEE = frozenset({"hills", "reps"})
_THIGH = frozenset({"reps", "intervals", "strides"})
INJURY_BARS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("achilles", "calf", "plantar fascia", "foot", "heel", "toe", "ankle", "shin"), _CALF
    ),
    **dict.fromkeys(("knee", "it band"), _KNEE),
    **dict.fromkeys(("hamstring", "glute", "hip", "groin", "quad"), _THIGH),
    "back": _KNEE,
}
# A sore runner starts below the usual volume and adds about half as much a week.
INJURY_START, INJURY_GROWTH = 0.8, 0.5
# After time off: the start against the usual one, and weeks of easy running with at most strides.
RETURN_START: Mapping[str, float] = {
    "break": 0.75,
    "illness": 0.7,
    "injury": 0.65,
    "surgery": 0.5,
    "pregnancy": 0.5,
}
RETURN_EASY_WEEKS: Mapping[str, int] = {
    "break": 2,
    "illness": 2,
    "injury": 3,
    "surgery": 4,
    "pregnancy": 4,
}
# Older runners recover more slowly: lighter weeks come sooner, and one hard session is enough.
MASTERS_AGE, MASTERS_GROWTH, MASTERS_CUTBACK_EVERY, MASTERS_HARD = 60, 0.7, 3, 1
# Cutback weeks come every 3rd–5th week in published plans.
CUTBACK_EVERY = 4
TERRAIN_LIKES: Mapping[str, tuple[str, ...]] = {"hills": ("hills",), "track": ("intervals", "reps")}
WEEKEND = ("Sat", "Sun")
# What runners ask for beside running, and the kind of its sessions.
OTHER_SESSIONS: Mapping[ConstraintKind, str] = {"cross_training": "cross", "strength": "strength"}


@dataclass(frozen=True)
class Rules:
    """What holds for every week.

    `barred` are session kinds (and "strides") that the plan may not have, `liked` those to offer
    first; `start` and `growth` are factors on the first week's volume and on what each week adds;
    `easy_weeks` is how many first weeks stay without hard sessions; `hard` is the most hard sessions
    of a week. `long_minutes` is the limit of the long run, that of its day, and `session_minutes`
    that of all other sessions, the smallest of the days they may fall on.
    """

    barred: frozenset[str]
    liked: tuple[str, ...]
    start: float
    growth: float
    easy_weeks: int
    cutback_every: int
    hard: int
    run_walk: bool
    long_minutes: int | None
    session_minutes: int | None

    @property
    def trials(self) -> bool:
        """Whether time trials are allowed: not where fast running of any kind is barred."""
        return not self.barred & {"reps", "intervals"}


@lru_cache(maxsize=512)
def rules_of(request: PlanRequest) -> Rules:
    """The rules of a request."""
    wishes = request.constraints
    masters = request.age is not None and request.age >= MASTERS_AGE
    injured = any(wish.kind == "injury" for wish in wishes)
    returns = [str(wish.value) for wish in wishes if wish.kind == "returning"]
    starts = [RETURN_START.get(what, RETURN_START["break"]) for what in returns]
    growths = [*([INJURY_GROWTH] if injured else []), *([MASTERS_GROWTH] if masters else [])]
    return Rules(
        barred=frozenset().union(*map(bars, wishes)),
        liked=tuple(
            kind
            for wish in wishes
            if wish.kind == "terrain"
            for kind in TERRAIN_LIKES.get(str(wish.value), ())
        ),
        start=min([*starts, *([INJURY_START] if injured else [])], default=1.0),
        growth=min(growths, default=1.0),
        easy_weeks=max(
            (RETURN_EASY_WEEKS.get(what, RETURN_EASY_WEEKS["break"]) for what in returns), default=0
        ),
        cutback_every=MASTERS_CUTBACK_EVERY if masters else CUTBACK_EVERY,
        hard=MASTERS_HARD if masters else 7,
        run_walk=any(wish.kind == "run_walk" for wish in wishes),
        long_minutes=minutes_on(request, request.long_day),
        session_minutes=min(
            (limit for day in request.run_days if (limit := minutes_on(request, day)) is not None),
            default=None,
        ),
    )


def bars(wish: Constraint) -> frozenset[str]:
    """The session kinds (and "strides") that a constraint keeps out of the whole plan."""
    if wish.kind == "no_speedwork":
        return frozenset({*HARD_KINDS, "strides"})
    if wish.kind == "injury":
        return INJURY_BARS.get(str(wish.value), frozenset())
    return frozenset({"hills"} if (wish.kind, wish.value) == ("terrain", "flat") else ())


def in_scope(day: str, scope: Scope | None) -> bool:
    """Whether a session limit of this scope holds on `day`."""
    return scope in (None, "all") or (scope == "weekend") == (day in WEEKEND)


def minutes_on(request: PlanRequest, day: str) -> int | None:
    """The longest session in minutes that the runner has time for on `day`; None without a limit."""
    limits = [
        max(MIN_SESSION_MIN, int(wish.value or 0))
        for wish in request.constraints
        if wish.kind == "max_session_min" and in_scope(day, wish.scope)
    ]
    if request.max_session_min is not None:
        limits.append(request.max_session_min)
    return min(limits, default=None)


def spare_days(request: PlanRequest) -> tuple[Day, ...]:
    """The days for cross-training and strength, the day after the long run first.

    Beginners keep one day of rest: the last one, which is the eve of the long run where that is free.
    """
    after = DAYS.index(request.long_day) + 1
    avoided = {wish.value for wish in request.constraints if wish.kind == "avoid_day"}
    free = [day for day in DAYS[after:] + DAYS[:after] if day not in request.run_days]
    spare = [day for day in free if day not in avoided]
    if request.level == "beginner" and len(spare) == len(free):
        spare = spare[:-1]
    return tuple(spare)
