"""The grid of session distances: half units below ten, whole ones from there, in either unit."""

import math

from runplan.units import round_session


def grid(low: float, high: float) -> tuple[float, ...]:
    """Session distances from `low` to `high` (both rounded to the grid), at least one."""
    low, high = round_session(low), round_session(high)
    values = [low]
    while values[-1] < high:
        values.append(values[-1] + (0.5 if values[-1] < 10 else 1.0))
    return tuple(values)


def floor_session(value: float) -> float:
    """The largest distance on the session grid that is not above `value`."""
    return math.floor(value * 2 + 1e-9) / 2 if value < 10 else float(math.floor(value + 1e-9))


def ceil_session(value: float) -> float:
    """The smallest distance on the session grid that is not below `value`."""
    halves = math.ceil(value * 2 - 1e-9) / 2
    return halves if halves < 10 else float(math.ceil(halves))


def between(low: float, high: float, least: float, most: float) -> tuple[float, ...]:
    """The session grid from `low` to `high`, both first moved inside `least` and `most`."""
    low, high = min(max(low, least), most), max(min(high, most), least)
    return tuple(value for value in grid(low, high) if value <= most + 1e-9) or (
        floor_session(most),
    )


def middle(values: tuple[float, ...]) -> float:
    """The value halfway along; of two, the larger."""
    return values[len(values) // 2]
