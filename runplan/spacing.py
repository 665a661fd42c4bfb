"""The orders of a week's sessions over its running days that keep hard days apart."""

from functools import lru_cache
from itertools import permutations

from runplan.plan import HARD_KINDS
from runplan.request import DAYS


@lru_cache(maxsize=4096)
def arrangements_of(
    days: tuple[str, ...], keys: tuple[str, ...], fixed: str, fixed_day: str, strict: bool
) -> tuple[tuple[str, ...], ...]:
    """Every order of the slots over the running days that spaces the hard ones."""
    rest = list(keys)
    rest.remove(fixed)
    place = days.index(fixed_day)
    found = set()
    for order in _distinct_orders(tuple(sorted(rest))):
        week = (*order[:place], fixed, *order[place:])
        if _is_spaced(days, week, strict):
            found.add(week)
    return tuple(sorted(found))


@lru_cache(maxsize=512)
def _distinct_orders(keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(permutations(keys)))


def _is_spaced(days: tuple[str, ...], week: tuple[str, ...], strict: bool) -> bool:
    """Hard days apart, also over the turn of the week; a recovery run follows something hard.

    Beginners keep the day before the long run easy as well; for others a pace run there is allowed.
    """
    on = dict(zip(days, week, strict=True))
    turns = DAYS[(DAYS.index(days[-1]) + 1) % 7] == days[0]
    if turns and week[0] in HARD_KINDS:
        # The week before may end with a hard session of its own.
        return False
    for day, key in on.items():
        after = on.get(DAYS[(DAYS.index(day) + 1) % 7])
        before = on.get(DAYS[(DAYS.index(day) - 1) % 7])
        if key in HARD_KINDS:
            if after in HARD_KINDS or before == "long":
                return False
            if after == "long" and (strict or key not in ("tempo", "marathon")):
                return False
        if key == "recovery" and "long" in week and before != "long":
            long_day = days[week.index("long")]
            if on.get(DAYS[(DAYS.index(long_day) + 1) % 7]) is not None:
                return False
            if before not in HARD_KINDS and any(kind in HARD_KINDS for kind in week):
                return False
    return True
