"""One view of a plan for all checks: distances in km, running separated from the rest.

A plan from elsewhere may lack nearly everything. What is missing is None here, and a check that
needs it stays silent; only a distance is estimated, from the minutes at an easy pace.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, cast

from runplan.constraints import Constraint, constraint_from_json
from runplan.errors import InputError
from runplan.paces import WALK_S_PER_KM, Paces, paces_for
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
from runplan.request import (
    DAYS,
    MIN_DAYS,
    MIN_WEEKS,
    RACE_KM,
    Day,
    Level,
    Race,
    request_from_json,
)
from runplan.rules import in_scope
from runplan.units import METRES_PER_KM, Units, from_km, metres_per, number, to_km

# Paces further than this from those of the runner's fitness (or level) are not theirs: km and mi
# lie further apart (1.61), runners of one level nearer together.
PACE_FACTOR = 1.45
# What other plans call the kinds of this one; the first pattern that is found decides.
NAMES: tuple[tuple[str, str], ...] = (
    ("runwalk", r"(?:run|jog)\W*walk|walk\W*(?:run|jog)"),
    ("rest", r"^(?:rest|off|day off)\b|rest day"),
    ("strength", r"strength|gym|weights|lifting|core|yoga|pilates|mobility|stretch"),
    ("cross", r"cross|xt\b|bik|cycl|swim|elliptical|spin|rowing|pool|hik|^walk"),
    ("marathon", r"marathon pace|goal pace|^pace|\bmp\b"),
    ("intervals", r"time trial"),
    ("long", r"\blong|\blsd\b|endurance"),
    ("recovery", r"recovery|shakeout|regenerat"),
    ("easy", r"\beasy|aerobic|\bbase\b|foundation"),
    ("tempo", r"tempo|threshold|lactate|cruise|race pace|progress|\bfast\b"),
    ("race", r"\brace\b|parkrun"),
    ("hills", r"hill"),
    ("fartlek", r"fartlek|surge"),
    ("intervals", r"interval|vo2|speed|track|yasso"),
    ("reps", r"\breps?\b|repetition|repeat|sprint|stride"),
    ("easy", r"\brun|jog|steady|medium|moderate"),
)


class Run(NamedTuple):
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

    `others` are cross-training and strength, `unknown` the kinds that could not be told. `km` leaves
    the goal race out and is None when a run's distance is unknown.
    """

    number: int
    runs: tuple[Run, ...]
    race: Run | None
    stated: float | None
    note: str
    phase: str
    unknown: tuple[str, ...]
    others: tuple[Session, ...] = ()

    @cached_property
    def training(self) -> tuple[Run, ...]:
        """The runs without the goal race."""
        return tuple(run for run in self.runs if run is not self.race)

    @cached_property
    def km(self) -> float | None:
        """Kilometres of training."""
        if any(run.km is None for run in self.training):
            return None
        return sum(run.km or 0.0 for run in self.training)

    @cached_property
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
    long_run_day: str | None
    race_date: date | None
    weekly_km: float | None
    longest_run_km: float | None
    max_session_min: float | None
    constraints: tuple[Constraint, ...]
    fitness: Paces
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

    @cached_property
    def easy_s_per_km(self) -> float:
        """The middle of the easy pace: the plan's own, else what the runner's fitness says."""
        return easy_s_per_km(self.paces, self.fitness)

    def minutes_on(self, day: str) -> float | None:
        """The longest session the runner has time for on `day`; None without a limit."""
        limits = [
            float(wish.value or 0)
            for wish in self.constraints
            if wish.kind == "max_session_min" and in_scope(day, wish.scope)
        ]
        if self.max_session_min is not None:
            limits.append(self.max_session_min)
        return min(limits, default=None)

    def show(self, km: float) -> str:
        """Kilometres in the plan's unit: `23.5 km`."""
        return f"{number(round(from_km(km, self.units), 1))} {self.units}"


def finding(code: str, level: FindingLevel, week: int | None, message: str) -> Finding:
    """A finding; a short name for what every check returns."""
    return Finding(code, level, week, message)


def view_of_plan(plan: Plan) -> PlanView:
    """The view of a plan of this project."""
    request = plan.request
    fitness = paces_for(request)
    return PlanView(
        race=request.race,
        level=request.level,
        units=request.units,
        weeks_asked=request.weeks,
        days_per_week=request.days_per_week,
        run_days=request.run_days,
        long_run_day=request.long_run_day,
        race_date=request.race_date,
        weekly_km=request.weekly_distance_km,
        longest_run_km=request.longest_run_km,
        max_session_min=request.max_session_min,
        constraints=request.constraints,
        fitness=fitness,
        paces=plan.paces,
        weeks=_weeks(
            _unnamed(plan.weeks, request.name),
            [week.distance for week in plan.weeks],
            request.week_order,
            easy_s_per_km(plan.paces, fitness),
            request.units,
        ),
        own=True,
    )


def view_of_file(file: PlanFile) -> PlanView:
    """The view of a plan file; fields of its request that make no sense count as unknown."""
    request = file.request
    units = cast(Units, request["units"])
    fitness = _fitness(request)
    days, long_day = request.get("days_per_week"), request.get("long_run_day")
    weekly, longest = _number(request.get("weekly_distance")), _number(request.get("longest_run"))
    own = file.provenance is not None
    view = PlanView(
        race=cast(Race, request["race"]),
        level=cast(Level, request["level"]),
        units=units,
        weeks_asked=int(request["weeks"]),
        days_per_week=days if isinstance(days, int) and 1 <= days <= 7 else None,
        run_days=tuple(request.get("run_days") or ()) or None,
        long_run_day=str(long_day) if long_day in DAYS else None,
        race_date=_date(request.get("race_date")),
        weekly_km=None if weekly is None else to_km(weekly, units),
        longest_run_km=None if longest is None else to_km(longest, units),
        max_session_min=_number(request.get("max_session_min")),
        constraints=_constraints(request.get("constraints")),
        fitness=fitness,
        paces=file.paces,
        weeks=(),
        own=own,
    )
    named = _unnamed(file.weeks, str(request.get("name") or "")) if own else file.weeks
    easy = easy_s_per_km(file.paces, fitness)
    return replace(view, weeks=_weeks(named, file.stated, view.week_order, easy, units))


def easy_s_per_km(paces: Mapping[str, PaceRange], fitness: Paces) -> float:
    """The middle of the easy pace per km: the given one where it can be, else the fitness's."""
    zone = paces.get("easy")
    own = fitness.s_per_km("easy")
    if zone is None:
        return own
    given = sum(zone) / 2 * METRES_PER_KM / metres_per(fitness.units)
    # Paces in another unit, or of nobody, would spoil every estimate; they are told elsewhere.
    return given if own / PACE_FACTOR < given < own * PACE_FACTOR else own


def mean_run_km(week: WeekView) -> float:
    """The average training run of a week; 0 without runs or with unknown distances."""
    runs = week.training
    return (week.km or 0.0) / len(runs) if runs else 0.0


@lru_cache(maxsize=1024)
def kind_of(name: str) -> str | None:
    """A kind of session or step as this project names it; None when it is unknown."""
    name = name.strip().lower().replace("_", " ")
    if name in (*RUN_KINDS, *OTHER_KINDS):
        return name
    return next((kind for kind, pattern in NAMES if re.search(pattern, name)), None)


def _fitness(request: Mapping[str, Any]) -> Paces:
    """The runner's paces from the recent race or goal of a file, else the level's."""
    known = {"weeks": MIN_WEEKS, "days_per_week": MIN_DAYS}
    known |= {key: request[key] for key in ("race", "level", "units")}
    for fields in (("recent_race", "goal_time"), ()):
        try:
            return paces_for(
                request_from_json({**known, **{key: request.get(key) for key in fields}})
            )
        except InputError:
            continue
    raise AssertionError("race, level and units were checked when the file was read")


def _constraints(data: Any) -> tuple[Constraint, ...]:
    found = []
    for entry in data if isinstance(data, list) else ():
        with suppress(InputError):
            found.append(constraint_from_json(entry))
    return tuple(found)


def _unnamed(weeks: tuple[Week, ...], name: str) -> tuple[Week, ...]:
    """The weeks with notes that leave the runner's name out: Ms Hills's note is not about hills."""
    if not name:
        return weeks
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return tuple(
        replace(week, note=word.sub("{name}", week.note)) if name in week.note else week
        for week in weeks
    )


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
    runs, others, unknown = [], [], []
    for session in sorted(week.sessions, key=lambda session: order.index(cast(Day, session.day))):
        kind = kind_of(session.kind)
        if kind is None:
            unknown.append(session.kind)
        elif kind in OTHER_KINDS:
            if kind != "rest":
                others.append(session)
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
        others=tuple(others),
    )


def _run(session: Session, kind: str, easy: float, units: Units) -> Run:
    if session.distance or (session.distance is not None and session.duration_min is None):
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
