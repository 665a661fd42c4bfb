"""The orders of a week's sessions over its running days that keep hard days apart."""

from functools import lru_cache
from itertools import permutations

from runplan.plan import HARD_KINDS
from runplan.request import DAYS


@lru_cache(maxsize=4096)
def arrangements_of(
    days: tuple[str, ...], keys: tuple[str, ...], fixed: str, fixed_day: str, strict: bool
) -> tuple[tuple[str, ...], ...]:
    """Every order of the slots over the running days that spaces the hard ones.

    `fixed` stays on its day; `keys` are the others, sorted.
    """
    place = days.index(fixed_day)
    found = set()
    for order in _distinct_orders(keys):
        week = (*order[:place], fixed, *order[place:])
        if _is_spaced(days, week, strict):
            found.add(week)
    return tuple(sorted(found))


@lru_cache(maxsize=512)
def _distinct_orders(keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(permutations(keys)))


@lru_cache(maxsize=256)
def _neighbours(days: tuple[str, ...]) -> tuple[tuple[int | None, int | None], ...]:
    """For each running day the places of the runs on the day before and on the day after it."""
    places = {DAYS.index(day): place for place, day in enumerate(days)}
    return tuple((places.get((day - 1) % 7), places.get((day + 1) % 7)) for day in places)


def _is_spaced(days: tuple[str, ...], week: tuple[str, ...], strict: bool) -> bool:
    """Hard days apart, also over the turn of the week; a recovery run follows something hard.

    Beginners keep the day before the long run easy as well; for others a pace run there is allowed.
    """
    neighbours = _neighbours(days)
    if neighbours[0][0] is not None and week[0] in HARD_KINDS:
        # The week before may end with a hard session of its own.
        return False
    for key, (day_before, day_after) in zip(week, neighbours, strict=True):
        if key in HARD_KINDS:
            before = None if day_before is None else week[day_before]
            after = None if day_after is None else week[day_after]
            if after in HARD_KINDS or before == "long":
                return False
            if after == "long" and (strict or key not in ("tempo", "marathon")):
                return False
        elif key == "recovery" and "long" in week:
            before = None if day_before is None else week[day_before]
            if before == "long":
                continue
            if neighbours[week.index("long")][1] is not None:
                return False
            if before not in HARD_KINDS and any(kind in HARD_KINDS for kind in week):
                return False
    return True
