"""Hypothesis strategies: any form a runner could send."""

from dataclasses import replace
from datetime import date
from typing import Any, cast

from hypothesis import strategies as st

from runplan.constraints import FLAGS, Constraint
from runplan.merging import merge
from runplan.request import DAYS, LEVELS, RACE_KM, RACES, PlanRequest, Race, RaceResult
from runplan.units import UNITS, from_km

# Plausible race paces in seconds per km: elite to walking.
RACE_PACES = st.integers(150, 890)


def race_times(race: Race) -> st.SearchStrategy[int]:
    """Plausible times of a race."""
    return RACE_PACES.map(lambda pace: round(pace * RACE_KM[race]))


BODY_PARTS = (
    "knee", "achilles", "shin", "foot", "ankle", "calf", "hamstring", "quad", "hip", "groin", "back",
    "it band", "plantar fascia", "glute", "toe", "heel", "shoulder", "neck",
)  # fmt: skip
_DAY_WISHES = st.builds(
    Constraint, st.sampled_from(("avoid_day", "only_day", "long_run_day")), st.sampled_from(DAYS)
)
_OTHER_WISHES = st.one_of(
    st.builds(
        Constraint,
        st.just("max_session_min"),
        st.integers(15, 200),
        st.sampled_from(("weekday", "weekend", "all")),
    ),
    st.builds(Constraint, st.just("injury"), st.sampled_from(BODY_PARTS)),
    st.builds(
        Constraint,
        st.just("returning"),
        st.sampled_from(("break", "injury", "illness", "surgery", "pregnancy")),
    ),
    st.builds(
        Constraint,
        st.just("terrain"),
        st.sampled_from(("hills", "trail", "track", "treadmill", "flat")),
    ),
    st.builds(
        Constraint,
        st.just("time_of_day"),
        st.sampled_from(("morning", "lunch", "evening", "night")),
    ),
    st.builds(Constraint, st.sampled_from(FLAGS)),
)


def wishes(*, days: bool = True) -> st.SearchStrategy[list[Constraint]]:
    """Up to five constraints, contradictory ones included; without `days` none about days."""
    return st.lists(st.one_of(_DAY_WISHES, _OTHER_WISHES) if days else _OTHER_WISHES, max_size=5)


@st.composite
def constrained_requests(draw: st.DrawFn) -> PlanRequest:
    """Any request with what its runner asks for in words merged in, conflicts left out."""
    given = draw(st.sets(st.sampled_from(("run_days", "long_run_day", "days_per_week"))))
    request = replace(draw(requests()), age=draw(st.one_of(st.none(), st.integers(18, 85))))
    return merge(request, draw(wishes()), given).request


@st.composite
def requests(draw: st.DrawFn) -> PlanRequest:
    """Any valid request, odd ones included: tiny limits, crowded days, large or no volume."""
    days = draw(st.integers(3, 7))
    race, units = draw(st.sampled_from(RACES)), draw(st.sampled_from(UNITS))
    values: dict[str, Any] = {}
    if draw(st.booleans()):
        values["run_days"] = tuple(draw(st.permutations(DAYS))[:days])
    if draw(st.booleans()):
        values["long_run_day"] = draw(st.sampled_from(values.get("run_days", DAYS)))
    if draw(st.booleans()):
        values["weekly_distance"] = float(draw(st.integers(0, int(from_km(200, units)))))
    if draw(st.booleans()):
        most = min(values.get("weekly_distance") or from_km(60, units), from_km(99, units))
        values["longest_run"] = round(draw(st.floats(0, 1)) * most, 1)
    if draw(st.booleans()):
        recent = draw(st.sampled_from(RACES))
        values["recent_race"] = RaceResult(recent, draw(race_times(recent)))
    if draw(st.booleans()):
        values["goal_time"] = draw(race_times(race))
    if draw(st.booleans()):
        values["race_date"] = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    if draw(st.booleans()):
        values["max_session_min"] = draw(st.integers(15, 240))
    values["name"] = draw(st.sampled_from(("", "Alex", "Zoë", "李娜", "O’Brien-Smith")))
    values["details"] = draw(
        st.sampled_from(("", "sore knee", "new baby and little sleep", "I run on trails"))
    )
    return PlanRequest(
        race=race,
        level=draw(st.sampled_from(LEVELS)),
        weeks=draw(st.integers(4, 24)),
        days_per_week=days,
        units=cast(Any, units),
        **values,
    )
