"""How runners write days, minutes and race times. Knows nothing of what a text asks for."""

import random
from collections.abc import Sequence

from runplan.request import DAYS

WEEK: tuple[str, ...] = DAYS
WORKDAYS = WEEK[:5]
WEEKEND = WEEK[5:]
_NAMES = dict(
    zip(
        WEEK,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
_SHORT = {"Tue": ("Tue", "Tues"), "Wed": ("Wed", "Weds"), "Thu": ("Thu", "Thur", "Thurs")}
# With whether a verb after it is in the plural.
_WEEKENDS = (
    ("weekends", True),
    ("weekends", True),
    ("the weekend", False),
    ("Sat/Sun", True),
    ("Saturday and Sunday", True),
)
_WORKDAYS = ("weekdays", "weekdays", "Mon-Fri", "Monday to Friday", "Mon to Fri", "work days")
_LAST_JOINS = {" and ": 10, " & ": 2, "/": 2, " + ": 1, ", ": 3, " or ": 3}
_STYLES = ("full", "full", "plural", "plural", "short")
_MINUTES = (" min", " min", "min", " minutes", " minutes", " mins", "mins")
_SPANS = {
    30: ("half an hour",),
    45: ("three quarters of an hour",),
    60: ("an hour", "1 hour", "one hour", "1h", "1 hr"),
    75: ("1h15", "1 hour 15"),
    90: ("1.5 hours", "1h30", "an hour and a half", "1.5h", "1 hour 30"),
    105: ("1h45",),
    120: ("2 hours", "two hours", "2h", "2 hrs"),
    150: ("2.5 hours", "two and a half hours", "2h30"),
    180: ("3 hours", "three hours", "3h"),
}
_TIMES = (
    "25 min", "27 minutes", "30 min", "30 minutes", "22:30", "28:15", "50 min", "55 minutes",
    "49:30", "60 minutes", "an hour", "58 mins", "1:45", "1h50", "2 hours", "two hours", "1:59:30",
    "4 hours", "4h30", "3:45", "five hours", "4:15:00", "under 30 min", "45 min",
)  # fmt: skip


def days_text(days: Sequence[str], rng: random.Random) -> tuple[str, bool]:
    """The days as one would write them, and whether a verb after them is in the plural."""
    if set(days) == set(WEEKEND) and rng.random() < 0.8:
        return rng.choice(_WEEKENDS)
    if tuple(days) == WORKDAYS:
        return rng.choice(_WORKDAYS), True
    style = rng.choice(_STYLES)
    first = WEEK.index(days[0])
    if len(days) > 2 and tuple(days) == WEEK[first : first + len(days)] and rng.random() < 0.5:
        dash = rng.choice(("-", " to ", " - "))
        return dash.join(_day(day, style, rng) for day in (days[0], days[-1])), True
    words = [_day(day, style, rng) for day in days]
    if len(days) > 2 and tuple(days[-2:]) == WEEKEND and rng.random() < 0.6:
        words[-2:] = [rng.choice(("weekends", "the weekend", "weekend"))]
    if len(words) == 1:
        return words[0], style == "plural"
    last = rng.choices(list(_LAST_JOINS), list(_LAST_JOINS.values()))[0]
    comma = last if last in ("/", " + ") else ", "
    if style == "short" and rng.random() < 0.3:
        comma = last = " "
    return comma.join(words[:-1]) + last + words[-1], True


def minutes_text(minutes: int, rng: random.Random) -> str:
    """A span of so many minutes: `45 min`, `an hour and a half`."""
    if minutes in _SPANS and rng.random() < 0.45:
        return rng.choice(_SPANS[minutes])
    return f"{minutes}{rng.choice(_MINUTES)}"


def time_text(rng: random.Random) -> str:
    """A race time."""
    return rng.choice(_TIMES)


def _day(day: str, style: str, rng: random.Random) -> str:
    if style == "short":
        return rng.choice(_SHORT.get(day, (day,)))
    return _NAMES[day] + ("s" if style == "plural" else "")
