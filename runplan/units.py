"""Distances, paces and times: conversion, rounding, parsing and printing.

Distances inside the project are in the runner's unit (km or mi) unless a name says otherwise
(`_km`, `_m`). Paces are whole seconds per unit, times whole seconds.
"""

import math
import re
from typing import Literal

Units = Literal["km", "mi"]
UNITS: tuple[Units, ...] = ("km", "mi")

METRES_PER_KM = 1000.0
# International mile (1959 agreement).
METRES_PER_MILE = 1609.344

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")


def metres_per(units: Units) -> float:
    """Metres in one km or mi."""
    return METRES_PER_KM if units == "km" else METRES_PER_MILE


def from_km(distance_km: float, units: Units) -> float:
    """Kilometres to the runner's unit, unrounded."""
    return distance_km * METRES_PER_KM / metres_per(units)


def to_km(distance: float, units: Units) -> float:
    """The runner's unit to kilometres, unrounded."""
    return distance * metres_per(units) / METRES_PER_KM


def round_half(value: float) -> float:
    """To the nearest half, halves of a half upwards (2.25 → 2.5)."""
    return math.floor(value * 2 + 0.5) / 2


def round_session(value: float) -> float:
    """The grid of session distances: halves below 10, whole numbers from there on."""
    return round_half(value) if value < 10 else float(math.floor(value + 0.5))


def number(value: float) -> str:
    """A distance as it is written in the notation: `8`, `6.5`, `21.1`."""
    return f"{value:g}"


def clock(seconds: float) -> str:
    """Seconds as `h:mm:ss` or `m:ss`, rounded to the nearest second."""
    total = round(seconds)
    hours, rest = divmod(total, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def pace(seconds: float, units: Units) -> str:
    """A pace as `5:06 /km`."""
    return f"{clock(seconds)} /{units}"


def parse_clock(text: str) -> int:
    """`h:mm:ss` or `m:ss` (minutes may run past 59) to seconds.

    Raises:
        ValueError: not a time in either form, or seconds (or minutes after hours) past 59.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time like 25:00 or 1:45:00")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if seconds > 59 or (match.group(1) is not None and minutes > 59):
        raise ValueError(f"{text!r} is not a time like 25:00 or 1:45:00")
    return hours * 3600 + minutes * 60 + seconds
