"""One view of a plan for all checks: distances in km, running separated from the rest.

A plan from elsewhere may lack nearly everything. What is missing is None here, and a check that
needs it stays silent; only a distance is estimated, from the minutes at an easy pace.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from runplan.paces import LEVEL_VDOT, WALK_S_PER_KM, zones_at
from runplan.plan import (
    HARD_KINDS,
    OTHER_KINDS,
    RUN_KINDS,
    Finding,
    FindingLevel,
    PaceRange,
    Plan,
    Session,
    Week,
)
from runplan.plan_json import PlanFile
from runplan.request import DAYS, RACE_KM, Day, Level, Race
from runplan.units import Units, from_km, metres_per, number, to_km

# What other plans call the kinds of this one.
ALIASES: Mapping[str, str] = {
    "base": "easy",
    "jog": "easy",
    "general aerobic": "easy",
    "steady": "easy",
    "run": "easy",
    "long run": "long",
    "pace": "marathon",
    "marathon pace": "marathon",
    "threshold": "tempo",
    "interval": "intervals",
    "speed": "intervals",
    "vo2max": "intervals",
    "repetitions": "reps",
    "rep": "reps",
    "hill": "hills",
    "run/walk": "runwalk",
    "run-walk": "runwalk",
    "walk/run": "runwalk",
    "off": "rest",
    "rest day": "rest",
    "cross-training": "cross",
    "crosstraining": "cross",
    "cross training": "cross",
    "cross-train": "cross",
    "xt": "cross",
    "bike": "cross",
    "cycling": "cross",
    "swim": "cross",
    "swimming": "cross",
    "walk": "cross",
    "yoga": "strength",
    "gym": "strength",
    "mobility": "strength",
    "strength training": "strength",
}


@dataclass(frozen=True)
class Run:
    """One run. `km` is None when neither distance nor duration is known; `exact` when it is given."""

    day: str
    kind: str
    km: float | None
    exact: bool
    session: Session

    @property
    def hard(self) -> bool:
        """Whether it needs easy days around it, the long run left aside."""
        return self.kind in HARD_KINDS or self.kind == "race"


@dataclass(frozen=True)
class WeekView:
    """One week: its running in day order; `stated` is its own total in the plan's unit.

    `km` leaves the goal race out and is None when a run's distance is unknown.
    """

    number: int
    runs: tuple[Run, ...]
    race: Run | None
    stated: float | None
    note: str
    phase: str
    unknown: tuple[str, ...]

    @property
    def training(self) -> tuple[Run, ...]:
        """The runs without the goal race."""
        return tuple(run for run in self.runs if run is not self.race)

    @property
    def km(self) -> float | None:
        """Kilometres of training."""
        if any(run.km is None for run in self.training):
            return None
        return sum(run.km or 0.0 for run in self.training)

    @property
    def longest_km(self) -> float:
        """The longest training run; 0 when there is none."""
        return max((run.km or 0.0 for run in self.training), default=0.0)


@dataclass(frozen=True)
class PlanView:
    """A plan and what its request is known to say. `own` plans are held to the request strictly."""

    race: Race
    level: Level
    units: Units
    weeks_asked: int
    days_per_week: int | None
    run_days: tuple[str, ...] | None
    race_date: date | None
    weekly_km: float | None
    longest_run_km: float | None
    max_session_min: float | None
    paces: Mapping[str, PaceRange]
    weeks: tuple[WeekView, ...]
    own: bool

    @property
    def week_order(self) -> tuple[Day, ...]:
        """The days of a plan week, as `PlanRequest.week_order`."""
        if self.race_date is None:
            return DAYS
        after = self.race_date.weekday() + 1
        return DAYS[after:] + DAYS[:after]

    @property
    def race_km(self) -> float:
        """The distance of the goal race."""
        return RACE_KM[self.race]

    @property
    def easy_s_per_km(self) -> float:
        """The middle of the easy pace: the plan's own, else the level's default."""
        return easy_s_per_km(self.paces, self.level, self.units)

    def show(self, km: float) -> str:
        """Kilometres in the plan's unit: `23.5 km`."""
        return f"{number(round(from_km(km, self.units), 1))} {self.units}"


def finding(code: str, level: FindingLevel, week: int | None, message: str) -> Finding:
    """A finding; a short name for what every check returns."""
    return Finding(code, level, week, message)


def view_of_plan(plan: Plan) -> PlanView:
    """The view of a plan of this project."""
    request = plan.request
    return PlanView(
        race=request.race,
        level=request.level,
        units=request.units,
        weeks_asked=request.weeks,
        days_per_week=request.days_per_week,
        run_days=request.run_days,
        race_date=request.race_date,
        weekly_km=request.weekly_distance_km,
        longest_run_km=request.longest_run_km,
        max_session_min=request.max_session_min,
        paces=plan.paces,
        weeks=_weeks(
            _unnamed(plan.weeks, request.name),
            [week.distance for week in plan.weeks],
            request.week_order,
            easy_s_per_km(plan.paces, request.level, request.units),
            request.units,
        ),
        own=True,
    )


def view_of_file(file: PlanFile) -> PlanView:
    """The view of a plan file; fields of its request that make no sense count as unknown."""
    request = file.request
    units, level = cast(Units, request["units"]), cast(Level, request["level"])
    race_date = _date(request.get("race_date"))
    days = request.get("days_per_week")
    weekly, longest = _number(request.get("weekly_distance")), _number(request.get("longest_run"))
    view = PlanView(
        race=cast(Race, request["race"]),
        level=level,
        units=units,
        weeks_asked=int(request["weeks"]),
        days_per_week=days if isinstance(days, int) and 1 <= days <= 7 else None,
        run_days=tuple(request.get("run_days") or ()) or None,
        race_date=race_date,
        weekly_km=None if weekly is None else to_km(weekly, units),
        longest_run_km=None if longest is None else to_km(longest, units),
        max_session_min=_number(request.get("max_session_min")),
        paces=file.paces,
        weeks=(),
        own=file.provenance is not None,
    )
    easy = easy_s_per_km(file.paces, level, units)
    named = _unnamed(file.weeks, str(request.get("name") or "")) if view.own else file.weeks
    weeks = _weeks(named, file.stated, view.week_order, easy, units)
    return PlanView(**{**view.__dict__, "weeks": weeks})


def easy_s_per_km(paces: Mapping[str, PaceRange], level: str, units: Units) -> float:
    """The middle of the easy pace per km: the given one, else the level's default."""
    zone = paces.get("easy")
    if zone is None or sum(zone) <= 0:
        zone, units = zones_at(LEVEL_VDOT[level], "km")["easy"], "km"
    return sum(zone) / 2 * 1000 / metres_per(units)


def kind_of(session: Session) -> str | None:
    """The kind as this project names it; None when it is unknown."""
    name = session.kind.strip().lower().replace("_", " ")
    name = ALIASES.get(name, name)
    return name if name in (*RUN_KINDS, *OTHER_KINDS) else None


def _unnamed(weeks: tuple[Week, ...], name: str) -> tuple[Week, ...]:
    """The weeks with notes that leave the runner's name out: Ms Hills's note is not about hills."""
    if not name:
        return weeks
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return tuple(replace(week, note=word.sub("{name}", week.note)) for week in weeks)


def _weeks(
    weeks: tuple[Week, ...],
    stated: Any,
    order: tuple[Day, ...],
    easy: float,
    units: Units,
) -> tuple[WeekView, ...]:
    return tuple(
        _week(week, total, index == len(weeks) - 1, order, easy, units)
        for index, (week, total) in enumerate(zip(weeks, stated, strict=True))
    )


def _week(
    week: Week, stated: float | None, last: bool, order: tuple[Day, ...], easy: float, units: Units
) -> WeekView:
    runs, unknown = [], []
    for session in sorted(week.sessions, key=lambda session: order.index(cast(Day, session.day))):
        kind = kind_of(session)
        if kind is None:
            unknown.append(session.kind)
        elif kind in OTHER_KINDS:
            continue
        runs.append(_run(session, kind or "easy", easy, units))
    races = [run for run in runs if run.kind == "race"]
    return WeekView(
        number=week.number,
        runs=tuple(runs),
        race=races[-1] if last and races else None,
        stated=stated,
        note=week.note,
        phase=week.phase,
        unknown=tuple(unknown),
    )


def _run(session: Session, kind: str, easy: float, units: Units) -> Run:
    if session.distance is not None:
        return Run(session.day, kind, to_km(session.distance, units), True, session)
    if session.duration_min is None:
        return Run(session.day, kind, None, False, session)
    # Run–walk sessions are about half walking.
    speed = (easy + WALK_S_PER_KM) / 2 if kind == "runwalk" else easy
    return Run(session.day, kind, session.duration_min * 60 / speed, False, session)


def _number(value: Any) -> float | None:
    return (
        float(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6
        else None
    )


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
