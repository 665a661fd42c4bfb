"""Random requests over the whole form, as runners fill it in: mostly plain, sometimes odd.

`python -m finetune.requests > data/evaluation_requests.jsonl` made the evaluation requests; their
free text comes from `data/evaluation_details.txt`, which the training templates cannot write.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from runplan.constraints import KINDS, SCOPES, Constraint, ConstraintKind
from runplan.merging import merge
from runplan.request import (
    DAYS,
    LEVELS,
    MAX_DAYS,
    MAX_WEEKS,
    MIN_DAYS,
    MIN_WEEKS,
    RACE_KM,
    RACES,
    Level,
    PlanRequest,
    Race,
    RaceResult,
)
from runplan.rules import INJURY_BARS, RETURN_START
from runplan.units import UNITS, Units, from_km, round_half

# Current weekly distance and share of it in the longest run, by level, in km.
_WEEKLY_KM = {"beginner": (0.0, 35.0), "intermediate": (12.0, 65.0), "advanced": (25.0, 110.0)}
# Recent race pace in seconds per km over 5K, by level.
_PACE = {"beginner": (340, 480), "intermediate": (265, 345), "advanced": (205, 275)}
_LONGER_IS_SLOWER = {"5K": 1.0, "10K": 1.045, "half": 1.1, "marathon": 1.16}
_SESSION_LIMITS = (20, 30, 40, 45, 50, 60, 75, 90, 120, 150, 180)
_NAMES = ("Alex", "Sam", "Mei", "José", "Priya", "Olu", "Zoë", "Łukasz", "Noor", "Kim", "")
EVALUATION_DETAILS = Path(__file__).parent.parent / "data" / "evaluation_details.txt"
EVALUATION_COUNT, EVALUATION_SEED = 500, 20261121
# How many of the evaluation requests have no free text, as in training.
_NO_DETAILS = 0.35

_FIRST_RACE_DAY = date(2026, 1, 1)

# How often a runner fills in an optional field.
_GIVEN = {
    "weekly": 0.45,
    "longest": 0.4,
    "days": 0.3,
    "long_day": 0.15,
    "recent": 0.3,
    "goal": 0.2,
    "date": 0.15,
    "limit": 0.15,
    "age": 0.12,
    "heart": 0.1,
    "constraints": 0.2,
}
# A single "only" day leaves too few days, so it is not drawn.
_KINDS: tuple[ConstraintKind, ...] = tuple(kind for kind in KINDS if kind != "only_day")
# Fields that the evaluation requests do not have.
_WISH_FIELDS = ("age", "max_heart_rate", "constraints")
# What the constraints that are words may say.
_VALUES: Mapping[str, tuple[str, ...]] = {
    "avoid_day": DAYS,
    "long_run_day": DAYS,
    "injury": (*INJURY_BARS, "shoulder", "neck"),
    "returning": tuple(RETURN_START),
    "terrain": ("hills", "trail", "track", "treadmill", "flat"),
    "time_of_day": ("morning", "lunch", "evening", "night"),
}


def sample_request(
    rng: random.Random, details: Callable[[random.Random], str], *, wishes: bool = True
) -> PlanRequest:
    """One request; `details` gives the free text.

    Without `wishes` it has no age, heart rate or constraints. (The evaluation requests were drawn
    before there were any.)
    """
    race, level = rng.choice(RACES), rng.choice(LEVELS)
    days = rng.randint(MIN_DAYS, MAX_DAYS)
    units: Units = rng.choices(UNITS, (0.65, 0.35))[0]

    def given(field: str) -> bool:
        return rng.random() < _GIVEN[field]

    run_days = tuple(rng.sample(DAYS, days)) if given("days") else ()
    weekly = rng.uniform(*_WEEKLY_KM[level]) if given("weekly") else None
    longest = None
    if given("longest"):
        longest = (rng.uniform(*_WEEKLY_KM[level]) if weekly is None else weekly) * rng.uniform(
            0.2, 0.5
        )
    request = PlanRequest(
        race=race,
        level=level,
        weeks=rng.randint(MIN_WEEKS, MAX_WEEKS),
        days_per_week=days,
        name=rng.choice(_NAMES),
        units=units,
        run_days=run_days,
        long_run_day=rng.choice(run_days or DAYS) if given("long_day") else None,
        weekly_distance=None if weekly is None else float(round(from_km(weekly, units))),
        longest_run=_longest(longest, weekly, units),
        recent_race=_result(rng, level) if given("recent") else None,
        goal_time=_result(rng, level, race).seconds if given("goal") else None,
        race_date=_FIRST_RACE_DAY + timedelta(days=rng.randrange(730)) if given("date") else None,
        max_session_min=rng.choice(_SESSION_LIMITS) if given("limit") else None,
        details=details(rng),
    )
    return _with_wishes(request, rng) if wishes else request


def _with_wishes(request: PlanRequest, rng: random.Random) -> PlanRequest:
    """The request with an age, a heart rate and constraints at times; contradictory ones fall out."""
    request = replace(
        request,
        age=rng.randint(18, 80) if rng.random() < _GIVEN["age"] else None,
        max_heart_rate=rng.randint(150, 205) if rng.random() < _GIVEN["heart"] else None,
    )
    if rng.random() >= _GIVEN["constraints"]:
        return request
    count = rng.choices((1, 2, 3), (0.6, 0.3, 0.1))[0]
    wishes = [_constraint(rng) for _ in range(count)]
    return merge(request, wishes, ("days_per_week", "max_session_min")).request


def _constraint(rng: random.Random) -> Constraint:
    kind = rng.choice(_KINDS)
    if kind == "max_session_min":
        return Constraint(kind, rng.choice(_SESSION_LIMITS), rng.choice(SCOPES))
    return Constraint(kind, rng.choice(_VALUES[kind]) if kind in _VALUES else None)


def _longest(longest: float | None, weekly: float | None, units: Units) -> float | None:
    if longest is None:
        return None
    value = round_half(from_km(longest, units))
    return value if weekly is None else min(value, float(round(from_km(weekly, units))))


def _result(rng: random.Random, level: Level, race: Race | None = None) -> RaceResult:
    ran = rng.choice(RACES) if race is None else race
    per_km = rng.uniform(*_PACE[level]) * _LONGER_IS_SLOWER[ran]
    return RaceResult(ran, round(per_km * RACE_KM[ran]))


def evaluation_lines() -> list[str]:
    """The evaluation requests with their seeds, as JSON lines."""
    rng = random.Random(EVALUATION_SEED)
    texts = EVALUATION_DETAILS.read_text(encoding="utf-8").splitlines()

    def details(draw: random.Random) -> str:
        return "" if draw.random() < _NO_DETAILS else draw.choice(texts)

    lines = []
    for seed in range(EVALUATION_COUNT):
        data = sample_request(rng, details, wishes=False).to_json()
        known = {key: value for key, value in data.items() if key not in _WISH_FIELDS}
        lines.append(json.dumps({**known, "seed": seed}, ensure_ascii=False))
    return lines


if __name__ == "__main__":
    print("\n".join(evaluation_lines()))
