"""Is it what the runner asked for? Days, the day of the long run, time, and confirmed constraints.

An injury changes what is planned in more ways than a session can show, so it is not judged here.
"""

from collections.abc import Iterator

from runplan.checks.view import PlanView, Run, WeekView, finding, kind_of
from runplan.constraints import Constraint
from runplan.plan import Finding, FindingLevel
from runplan.request import MIN_SESSION_MIN
from runplan.rules import bars, in_scope
from runplan.units import number

# A duration worked out from the distance may be off by this much.
ESTIMATE_SLACK = 1.1
# In plans that name no long run, one this much longer than the others stands for it.
CLEARLY_LONGEST = 1.25
# Parts around the work of a session.
_AROUND = ("warmup", "cooldown", "recovery")


def check_wishes(view: PlanView) -> Iterator[Finding]:
    """Findings about what the request asks for."""
    for week in view.weeks:
        yield from _days(view, week)
        if view.long_run_day is not None:
            for run in _long_runs(view, week):
                if run.day != view.long_run_day:
                    yield finding(
                        "long_run_day",
                        "error",
                        week.number,
                        f"The long run is on {run.day} instead of {view.long_run_day}.",
                    )
        if view.max_session_min is not None:
            for day, minutes in _too_long(view, week, view.max_session_min):
                yield finding(
                    "session_too_long",
                    "error",
                    week.number,
                    f"{day}: {minutes}, but no session may take longer than "
                    f"{number(view.max_session_min)} min.",
                )
        for wish in view.constraints:
            for problem in _broken(view, week, wish):
                yield finding("broken_constraint", "error", week.number, problem)


def _days(view: PlanView, week: WeekView) -> Iterator[Finding]:
    ran = {run.day for run in week.runs}
    last = week is view.weeks[-1]
    if view.run_days is None:
        yield from _run_count(view, week, last, len(ran))
        return
    race_day = week.race.day if week.race else None
    for day in view.week_order:
        if day in ran and day not in view.run_days and day != race_day:
            asked = ", ".join(view.run_days)
            yield finding(
                "excluded_day",
                "error",
                week.number,
                f"There is a run on {day}; the running days are {asked}.",
            )
    missing = [day for day in view.week_order if day in view.run_days and day not in ran]
    if race_day is not None and race_day not in view.run_days:
        # The race stands for one of the week's running days.
        missing = missing[:-1]
    # Published plans rest more in race week.
    missed: FindingLevel = "warning" if last and not view.own else "error"
    for day in missing:
        yield finding("missing_day", missed, week.number, f"The run on {day} is missing.")
    days = view.days_per_week
    if days is not None and days != len(view.run_days):
        yield from _run_count(view, week, last, len(ran))


def _run_count(view: PlanView, week: WeekView, last: bool, ran: int) -> Iterator[Finding]:
    if ran == 0:
        yield finding("run_count", "error", week.number, "The week has no run at all.")
    elif view.days_per_week is not None and ran != view.days_per_week:
        near = last and not view.own and ran < view.days_per_week
        yield finding(
            "run_count",
            "warning" if near else "error",
            week.number,
            f"The week has {ran} running days instead of {view.days_per_week}.",
        )


def _long_runs(view: PlanView, week: WeekView) -> Iterator[Run]:
    """The long runs of a week: those named so, else the clearly longest run."""
    if week.race is not None:
        return
    named = [run for run in week.training if run.kind == "long"]
    yield from named
    if named or view.own or any(run.kind == "long" for other in view.weeks for run in other.runs):
        return
    runs = sorted(week.training, key=lambda run: run.km or 0.0)
    if len(runs) > 1 and (runs[-1].km or 0.0) > CLEARLY_LONGEST * (runs[-2].km or 0.0):
        yield runs[-1]


def _too_long(view: PlanView, week: WeekView, limit: float) -> Iterator[tuple[str, str]]:
    """Day and length in words of each session over `limit` minutes, races left out."""
    for run in week.runs:
        given = run.session.duration_min
        if run.kind == "race" or run.km is None:
            continue
        length = run.km * view.easy_s_per_km / 60 if given is None else float(given)
        if length > limit * (ESTIMATE_SLACK if given is None else 1.0) + 0.5:
            yield run.day, f"{'about ' if given is None else ''}{length:.0f} min"
    for session in week.others:
        if (session.duration_min or 0) > limit + 0.5:
            yield session.day, f"{session.duration_min} min of {session.kind}"


def _broken(view: PlanView, week: WeekView, wish: Constraint) -> Iterator[str]:
    """In words, where the week does not obey a constraint; the race always may."""
    if wish.kind == "max_session_min":
        limit = max(MIN_SESSION_MIN, int(wish.value or 0))
        for day, minutes in _too_long(view, week, limit):
            if in_scope(day, wish.scope):
                yield f"{day}: {minutes}, but the runner has {limit} min."
    elif wish.kind in ("avoid_day", "only_day"):
        yield from (
            f"There is a run on {run.day}; the runner asked for {asked}."
            for run in week.training
            for asked in _day_asked(view, wish, run.day)
        )
    elif wish.kind == "long_run_day":
        for run in _long_runs(view, week):
            if run.day != wish.value:
                yield f"The long run is on {run.day}; the runner asked for {wish.value}."
    elif wish.kind == "no_speedwork":
        for run in week.training:
            parts = {kind_of(step.kind) for step in run.session.steps if step.kind not in _AROUND}
            if fast := sorted(bars(wish) & ({run.kind} | parts)):
                yield f"{run.day} has {', '.join(fast)}; the runner asked for no speedwork."


def _day_asked(view: PlanView, wish: Constraint, day: str) -> Iterator[str]:
    """What was asked for instead of running on `day`, if anything; “only” days stand together."""
    if wish.kind == "avoid_day" and day == wish.value:
        yield f"no running on {day}"
    if wish.kind == "only_day":
        only = [other.value for other in view.constraints if other.kind == "only_day"]
        if wish.value == only[0] and day not in only:
            yield f"only {', '.join(map(str, only))}"
