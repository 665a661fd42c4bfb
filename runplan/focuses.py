"""Which sessions give a week its focus: what suits race, phase, level and the runner's constraints.

Knows kinds and counts; sizes are in `menus`, the order of days in `spacing`.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from runplan import menus
from runplan.paces import Paces
from runplan.plan import HARD_KINDS, Phase
from runplan.request import PlanRequest
from runplan.rules import rules_of
from runplan.volume import SeasonWeek, session_limit_km

# The quality sessions that suit race and phase, in order of preference (running-science: hills and
# fartlek first, race-specific work later; short races faster, long races steadier).
FOCUSES: Mapping[str, Mapping[Phase, tuple[str, ...]]] = {
    "5K": {
        "base": ("hills", "fartlek", "tempo"),
        "build": ("intervals", "tempo", "hills", "fartlek"),
        "peak": ("intervals", "reps", "tempo"),
        "taper": ("reps", "intervals"),
    },
    "10K": {
        "base": ("hills", "fartlek", "tempo"),
        "build": ("tempo", "intervals", "fartlek", "hills"),
        "peak": ("intervals", "tempo", "reps"),
        "taper": ("tempo", "intervals"),
    },
    "half": {
        "base": ("hills", "fartlek", "tempo"),
        "build": ("tempo", "intervals", "hills", "fartlek"),
        "peak": ("tempo", "intervals", "marathon"),
        "taper": ("tempo", "fartlek"),
    },
    "marathon": {
        "base": ("hills", "fartlek", "tempo"),
        "build": ("tempo", "marathon", "intervals", "hills"),
        "peak": ("marathon", "tempo", "intervals"),
        "taper": ("tempo", "marathon"),
    },
}
BEGINNER_FOCUSES: Mapping[Phase, tuple[str, ...]] = {
    "base": ("easy", "strides"),
    "build": ("hills", "fartlek", "tempo"),
    "peak": ("tempo", "fartlek", "intervals"),
    "taper": ("strides", "fartlek"),
}
EASY_FOCUSES = ("easy", "strides")
# A week offers this many focuses.
FOCUS_CHOICES = 4
# Below this there is no room for hard sessions.
SMALLEST_QUALITY_WEEK_KM = 12.0


def focuses_of(request: PlanRequest, paces: Paces, week: SeasonWeek) -> tuple[str, ...]:
    """The focuses that the outline may give an ordinary week, at least one."""
    if hard_count(request, week.number, week.phase, week.cutback, week.km) == 0:
        return easy_focuses(request)
    # Rotate, so that neighbouring weeks are offered different first choices.
    rotated = _rotated(_suited(request, week.phase), week.number)
    liked = rules_of(request).liked
    room = min(week.long_km or week.km, session_limit_km(request, paces))
    usable = (
        focus
        for focus in sorted(rotated, key=lambda focus: focus not in liked)
        if focus in EASY_FOCUSES or menus.has_menu(focus, paces, request.level, week.km, room)
    )
    return tuple(islice(usable, FOCUS_CHOICES)) or easy_focuses(request)


def easy_focuses(request: PlanRequest) -> tuple[str, ...]:
    """The focuses of a week without hard sessions."""
    rules = rules_of(request)
    if rules.run_walk:
        return ("runwalk",)
    return tuple(focus for focus in EASY_FOCUSES if focus not in rules.barred)


def hard_count(request: PlanRequest, number: int, phase: Phase, cutback: bool, km: float) -> int:
    """How many hard sessions suit week `number` of `km`, time trials left aside."""
    rules = rules_of(request)
    if km < SMALLEST_QUALITY_WEEK_KM or number <= rules.easy_weeks:
        return 0
    if request.level == "beginner":
        return 0 if cutback or phase == "base" else 1
    if cutback or phase == "taper" or request.days_per_week == 3:
        return 1
    later = request.days_per_week >= 5 or request.level == "advanced"
    either = request.days_per_week >= 5 and request.level == "advanced"
    return min(rules.hard, 2 if either or (later and phase != "base") else 1)


def companions(request: PlanRequest, focus: str, phase: Phase, number: int) -> Iterator[str]:
    """Hard kinds for a second hard session beside the focus of week `number`, best first."""
    suited = tuple(kind for kind in _suited(request, phase) if kind != focus)
    yield from (kind for kind in _rotated(suited, number) if kind in HARD_KINDS)


def _suited(request: PlanRequest, phase: Phase) -> tuple[str, ...]:
    rules = rules_of(request)
    beginner = request.level == "beginner"
    suited = BEGINNER_FOCUSES[phase] if beginner else FOCUSES[request.race][phase]
    if "hills" in rules.liked and phase in ("build", "peak"):
        suited = tuple(dict.fromkeys(("hills", *suited)))
    barred = rules.barred | (set(EASY_FOCUSES) if rules.run_walk else set())
    return tuple(kind for kind in suited if kind not in barred)


def _rotated(kinds: tuple[str, ...], number: int) -> tuple[str, ...]:
    turn = number % len(kinds) if kinds else 0
    return kinds[turn:] + kinds[:turn]
