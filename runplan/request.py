"""What the runner asks for, validated once, at the door."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, cast

from runplan.constraints import Constraint, constraint_from_json
from runplan.errors import InputError
from runplan.units import UNITS, Units, clock, parse_clock, to_km

Race = Literal["5K", "10K", "half", "marathon"]
Level = Literal["beginner", "intermediate", "advanced"]
Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

RACES: tuple[Race, ...] = ("5K", "10K", "half", "marathon")
LEVELS: tuple[Level, ...] = ("beginner", "intermediate", "advanced")
DAYS: tuple[Day, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# World Athletics road distances.
RACE_KM: Mapping[str, float] = {"5K": 5.0, "10K": 10.0, "half": 21.0975, "marathon": 42.195}
RACE_NAME: Mapping[str, str] = {
    "5K": "5K",
    "10K": "10K",
    "half": "half marathon",
    "marathon": "marathon",
}

MIN_WEEKS, MAX_WEEKS = 4, 24
MIN_DAYS, MAX_DAYS = 3, 7
MAX_NAME, MAX_DETAILS = 60, 500
MAX_WEEKLY_KM, MAX_LONGEST_KM = 250.0, 100.0
# Another year is a typing mistake, and calendars end somewhere.
FIRST_YEAR, LAST_YEAR = 2000, 2199
MIN_SESSION_MIN, MAX_SESSION_MIN = 15, 360
MIN_AGE, MAX_AGE = 10, 100
MIN_HEART_RATE, MAX_HEART_RATE = 120, 230
# Slower than a brisk walk or faster than the world record is a typing mistake.
SLOWEST_S_PER_KM, FASTEST_S_PER_KM = 900.0, 145.0

# Usual weekly patterns: rest days spread, the long run on Sunday.
DEFAULT_RUN_DAYS: Mapping[int, tuple[Day, ...]] = {
    3: ("Tue", "Thu", "Sun"),
    4: ("Tue", "Thu", "Sat", "Sun"),
    5: ("Mon", "Tue", "Thu", "Sat", "Sun"),
    6: ("Mon", "Tue", "Wed", "Thu", "Sat", "Sun"),
    7: DAYS,
}


@dataclass(frozen=True)
class RaceResult:
    """A recent race: its distance and the time in seconds."""

    race: Race
    seconds: int

    def __str__(self) -> str:
        return f"{self.race}={clock(self.seconds)}"

    @classmethod
    def parse(cls, text: str, field: str = "recent_race") -> "RaceResult":
        """Read `5K=25:00`.

        Raises:
            InputError: not of that form, or not a plausible time for the distance.
        """
        race, separator, time = text.partition("=")
        if not separator or race.strip() not in RACES:
            raise InputError(
                field, f"write it as RACE=TIME, e.g. 5K=25:00 (RACE one of {', '.join(RACES)})"
            )
        key = cast(Race, race.strip())
        return cls(key, _race_time(time, key, field))


@dataclass(frozen=True)
class PlanRequest:
    """One runner's wishes; every instance is valid and complete.

    `run_days` and `long_run_day` are always filled in (sensible defaults when not given), in Monday
    order. Distances are in `units`; `goal_time` is in seconds, `max_heart_rate` in beats a minute.
    `constraints` are what the runner confirmed of what was read in `details`.
    """

    race: Race
    level: Level
    weeks: int
    days_per_week: int
    name: str = ""
    units: Units = "km"
    run_days: tuple[Day, ...] = ()
    long_run_day: Day | None = None
    weekly_distance: float | None = None
    longest_run: float | None = None
    recent_race: RaceResult | None = None
    goal_time: int | None = None
    race_date: date | None = None
    max_session_min: int | None = None
    age: int | None = None
    max_heart_rate: int | None = None
    details: str = ""
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        _one_of("race", self.race, RACES)
        _one_of("level", self.level, LEVELS)
        _one_of("units", self.units, UNITS)
        _whole("weeks", self.weeks, MIN_WEEKS, MAX_WEEKS)
        _whole("days_per_week", self.days_per_week, MIN_DAYS, MAX_DAYS)
        set_ = object.__setattr__
        set_(self, "name", _text("name", self.name, MAX_NAME))
        set_(self, "details", _text("details", self.details, MAX_DETAILS))
        set_(self, "run_days", self._checked_days())
        if self.long_run_day is None:
            set_(self, "long_run_day", _default_long_run_day(self.run_days))
        elif self.long_run_day not in self.run_days:
            _one_of("long_run_day", self.long_run_day, DAYS)
            raise InputError(
                "long_run_day",
                f"{self.long_run_day} is not one of the running days ({', '.join(self.run_days)})",
            )
        for field, limit in (("weekly_distance", MAX_WEEKLY_KM), ("longest_run", MAX_LONGEST_KM)):
            self._check_distance(field, limit)
        if (
            self.weekly_distance
            and self.longest_run is not None
            and self.longest_run > self.weekly_distance
        ):
            raise InputError("longest_run", "is longer than the whole current weekly distance")
        if self.goal_time is not None:
            _plausible("goal_time", self.goal_time, self.race)
        if self.recent_race is not None:
            _plausible("recent_race", self.recent_race.seconds, self.recent_race.race)
        if self.race_date is not None:
            _sensible_year(self.race_date)
        if self.max_session_min is not None:
            _whole("max_session_min", self.max_session_min, MIN_SESSION_MIN, MAX_SESSION_MIN)
        if self.age is not None:
            _whole("age", self.age, MIN_AGE, MAX_AGE)
        if self.max_heart_rate is not None:
            _whole("max_heart_rate", self.max_heart_rate, MIN_HEART_RATE, MAX_HEART_RATE)

    def _checked_days(self) -> tuple[Day, ...]:
        if not self.run_days:
            if self.long_run_day is not None:
                _one_of("long_run_day", self.long_run_day, DAYS)
            return _default_days(self.days_per_week, self.long_run_day)
        for day in self.run_days:
            _one_of("run_days", day, DAYS)
        if len(set(self.run_days)) != len(self.run_days):
            raise InputError("run_days", "names a day twice")
        if len(self.run_days) != self.days_per_week:
            raise InputError(
                "run_days",
                f"names {len(self.run_days)} days, but the plan has {self.days_per_week} a week",
            )
        return tuple(day for day in DAYS if day in self.run_days)

    def _check_distance(self, field: str, limit_km: float) -> None:
        value = getattr(self, field)
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(field, f"{value!r} is not a number")
        # Compared before it is converted: a whole number may be too large for a float.
        if not 0 <= value <= limit_km or to_km(value, self.units) > limit_km:
            shown = f"{max(-1e9, min(value, 1e9)):g} {self.units}"
            raise InputError(field, f"{shown} is not between 0 and {limit_km:g} km")
        object.__setattr__(self, field, float(value))

    @property
    def long_day(self) -> Day:
        """The long-run day, which is always set."""
        return cast(Day, self.long_run_day)

    @property
    def weekly_distance_km(self) -> float | None:
        """The current weekly distance in km."""
        return None if self.weekly_distance is None else to_km(self.weekly_distance, self.units)

    @property
    def longest_run_km(self) -> float | None:
        """The longest recent run in km."""
        return None if self.longest_run is None else to_km(self.longest_run, self.units)

    @property
    def week_order(self) -> tuple[Day, ...]:
        """The seven days of a plan week: Monday first, or ending on the weekday of the race date."""
        if self.race_date is None:
            return DAYS
        after = self.race_date.weekday() + 1
        return DAYS[after:] + DAYS[:after]

    @property
    def ordered_run_days(self) -> tuple[Day, ...]:
        """The running days in the order of a plan week."""
        return tuple(day for day in self.week_order if day in self.run_days)

    @property
    def race_day(self) -> Day:
        """The day of the race: its date's weekday, else the last running day of the week."""
        return self.week_order[-1] if self.race_date else self.ordered_run_days[-1]

    def to_json(self) -> dict[str, Any]:
        """The request as it stands in the plan JSON: every key, absent values as None."""
        return {
            "name": self.name,
            "race": self.race,
            "level": self.level,
            "weeks": self.weeks,
            "days_per_week": self.days_per_week,
            "units": self.units,
            "run_days": list(self.run_days),
            "long_run_day": self.long_run_day,
            "weekly_distance": self.weekly_distance,
            "longest_run": self.longest_run,
            "recent_race": str(self.recent_race) if self.recent_race else None,
            "goal_time": clock(self.goal_time) if self.goal_time else None,
            "race_date": self.race_date.isoformat() if self.race_date else None,
            "max_session_min": self.max_session_min,
            "age": self.age,
            "max_heart_rate": self.max_heart_rate,
            "details": self.details,
            "constraints": [constraint.to_json() for constraint in self.constraints],
        }


def request_from_json(data: Mapping[str, Any]) -> PlanRequest:
    """A request from its JSON form (see `PlanRequest.to_json`); missing keys take their defaults.

    Raises:
        InputError: an unknown key, a missing required one, or a bad value; the field is named.
    """
    known = tuple(field.name for field in fields(PlanRequest))
    for key in data:
        if key not in known:
            raise InputError(str(key), f"is not a field of a request (known: {', '.join(known)})")
    values = {key: value for key, value in data.items() if value is not None}
    for key in ("race", "level", "weeks", "days_per_week"):
        if key not in values:
            raise InputError(key, "is missing")
    for key in ("race", "level", "units", "name", "details", "long_run_day"):
        if key in values and not isinstance(values[key], str):
            raise InputError(key, f"{values[key]!r} is not text")
    if "run_days" in values:
        values["run_days"] = _days(values["run_days"])
    if "recent_race" in values:
        values["recent_race"] = RaceResult.parse(str(values["recent_race"]))
    if "goal_time" in values:
        race = _one_of("race", values["race"], RACES)
        values["goal_time"] = _race_time(str(values["goal_time"]), cast(Race, race), "goal_time")
    if "race_date" in values:
        values["race_date"] = _date(values["race_date"])
    if "constraints" in values:
        values["constraints"] = _constraints(values["constraints"])
    return PlanRequest(**values)


def _days(value: Any) -> tuple[Day, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
        raise InputError("run_days", "write days as Tue,Thu,Sat,Sun")
    return tuple(cast(Day, part.strip()) for part in parts if part.strip())


def _constraints(value: Any) -> tuple[Constraint, ...]:
    if not isinstance(value, (list, tuple)):
        raise InputError("constraints", "is not a list")
    return tuple(dict.fromkeys(map(constraint_from_json, value)))


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InputError("race_date", f"{value!r} is not a date like 2027-04-25") from None


def _sensible_year(race_date: date) -> None:
    if not FIRST_YEAR <= race_date.year <= LAST_YEAR:
        raise InputError(
            "race_date", f"{race_date.isoformat()} is not between {FIRST_YEAR} and {LAST_YEAR}"
        )


def _race_time(text: str, race: Race, field: str) -> int:
    try:
        seconds = parse_clock(text)
    except ValueError as error:
        raise InputError(field, str(error)) from None
    return _plausible(field, seconds, race)


def _plausible(field: str, seconds: int, race: Race) -> int:
    per_km = seconds / RACE_KM[race]
    if not FASTEST_S_PER_KM <= per_km <= SLOWEST_S_PER_KM:
        raise InputError(field, f"{clock(seconds)} is not a plausible {RACE_NAME[race]} time")
    return seconds


def _one_of(field: str, value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InputError(field, f"{value!r} is not one of {', '.join(allowed)}")
    return value


def _whole(field: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(field, f"{value!r} is not a whole number from {low} to {high}")


def _text(field: str, value: str, limit: int) -> str:
    clean = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", value)
        if char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")
    )
    clean = " ".join(clean.split())
    if len(clean) > limit:
        raise InputError(field, f"is {len(clean)} characters long; {limit} are allowed")
    return clean


def _default_days(count: int, long_run_day: Day | None) -> tuple[Day, ...]:
    """The usual pattern, turned so that its Sunday falls on the wished long-run day."""
    pattern = DEFAULT_RUN_DAYS[count]
    if long_run_day is None or long_run_day in pattern:
        return pattern
    turn = DAYS.index(long_run_day) - DAYS.index("Sun")
    turned = {DAYS[(DAYS.index(day) + turn) % 7] for day in pattern}
    return tuple(day for day in DAYS if day in turned)


def _default_long_run_day(run_days: tuple[Day, ...]) -> Day:
    return next((day for day in ("Sun", "Sat") if day in run_days), run_days[-1])
