"""Is it the plan that was asked for? Weeks, days, the race, totals, paces: the hard invariants."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from runplan.checks.view import PlanView, WeekView, finding
from runplan.plan import Finding, FindingLevel
from runplan.request import DAYS, RACE_NAME
from runplan.units import clock, metres_per, number, pace

# Zones from fast to slow: seconds per unit must rise in this order.
ZONE_ORDER = ("rep", "interval", "tempo", "marathon", "easy")
# Easy and tempo closer than this are the same pace to a runner (seconds per km).
SAME_PACE_S = 10
# A stated total may be rounded: half a unit, or one per cent of a large week.
TOTAL_ROUNDING, TOTAL_SHARE = 0.5, 0.01
# Races are measured; a plan may round 21.0975 to 21.
RACE_ROUNDING = 0.02


def check_shape(view: PlanView) -> Iterator[Finding]:
    """Findings about what every plan must be, whatever its training."""
    yield from _week_count(view)
    yield from _race(view)
    yield from _paces(view)
    for index, week in enumerate(view.weeks):
        last = index == len(view.weeks) - 1
        yield from _days(view, week, last)
        yield from _total(view, week)
        for kind in week.unknown:
            yield finding(
                "unknown_kind",
                "warning",
                week.number,
                f"“{kind}” is no known kind of session; it is counted as easy running.",
            )


def _week_count(view: PlanView) -> Iterator[Finding]:
    numbers = [week.number for week in view.weeks]
    if len(numbers) != view.weeks_asked:
        yield finding(
            "week_count",
            "error",
            None,
            f"The plan has {len(numbers)} weeks instead of the {view.weeks_asked} asked for.",
        )
    elif numbers != list(range(1, len(numbers) + 1)):
        listed = ", ".join(map(str, numbers))
        yield finding(
            "week_count",
            "error",
            None,
            f"The weeks are numbered {listed} instead of 1 to {len(numbers)}.",
        )


def _days(view: PlanView, week: WeekView, last: bool) -> Iterator[Finding]:
    ran = Counter(run.day for run in week.runs)
    for day, count in ran.items():
        if count > 1:
            # Experienced runners do run twice a day; the plan's own request never asks for it.
            level: FindingLevel = (
                "warning" if view.level == "advanced" and not view.own else "error"
            )
            yield finding("double_day", level, week.number, f"{day} has {count} runs.")
    if view.run_days is None:
        yield from _run_count(view, week, last, len(ran))
        return
    race_day = week.race.day if week.race else None
    for day in ran:
        if day not in view.run_days and day != race_day:
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


def _race(view: PlanView) -> Iterator[Finding]:
    if not view.weeks:
        return
    name = RACE_NAME[view.race]
    last = view.weeks[-1]
    race = last.race
    if race is None:
        early = [
            week
            for week in view.weeks
            for run in week.runs
            if run.kind == "race" and (run.km is None or run.km >= view.race_km * 0.9)
        ]
        if early:
            message = f"The {name} is in week {early[-1].number}, not in the last week."
            yield finding("race_not_last", "error", early[-1].number, message)
        else:
            yield finding("race_missing", "error", last.number, f"The last week has no {name}.")
        return
    if sum(run.kind == "race" for run in last.runs) > 1:
        yield finding(
            "race_not_last", "error", last.number, "The last week has more than one race."
        )
    if last.runs[-1] is not race:
        after = last.runs[-1].day
        yield finding(
            "race_not_last", "error", last.number, f"There is a run on {after}, after the race."
        )
    if view.race_date is not None and race.day != DAYS[view.race_date.weekday()]:
        weekday = DAYS[view.race_date.weekday()]
        yield finding(
            "race_not_last",
            "error",
            last.number,
            f"The race is on {race.day}, but {view.race_date.isoformat()} is a {weekday}.",
        )
    off = abs(race.km - view.race_km) if race.exact and race.km is not None else 0.0
    if off > view.race_km * RACE_ROUNDING:
        yield finding(
            "race_distance",
            "error",
            last.number,
            f"The race is {view.show(race.km or 0)} long; a {name} is {view.show(view.race_km)}.",
        )


def _total(view: PlanView, week: WeekView) -> Iterator[Finding]:
    if week.stated is None or not all(run.exact for run in week.runs):
        return
    total = sum(run.session.distance or 0.0 for run in week.runs)
    # Some plans leave the race out of the week's total.
    race = (week.race.session.distance or 0.0) if week.race and not view.own else 0.0
    tolerance = max(TOTAL_ROUNDING, TOTAL_SHARE * total) + 1e-6
    if min(abs(week.stated - total), abs(week.stated - total + race)) > tolerance:
        yield finding(
            "total_mismatch",
            "error",
            week.number,
            f"The week says {number(round(week.stated, 2))} {view.units}, "
            f"but its runs add up to {number(round(total, 2))} {view.units}.",
        )


def _paces(view: PlanView) -> Iterator[Finding]:
    known = [zone for zone in ZONE_ORDER if zone in view.paces]
    middle = {zone: sum(view.paces[zone]) / 2 for zone in known}
    same = SAME_PACE_S * metres_per(view.units) / 1000
    if {"easy", "tempo"} <= middle.keys() and abs(middle["easy"] - middle["tempo"]) < same:
        yield finding(
            "pace_same",
            "error",
            None,
            f"Easy and tempo runs have the same pace ({pace(middle['easy'], view.units)}); "
            "easy running is at 59–74 % of VO2max, tempo at 83–88 % (Daniels).",
        )
    for fast, slow in pairwise(known):
        if middle[fast] >= middle[slow] and (fast, slow) != ("tempo", "easy"):
            yield finding(
                "pace_order",
                "error",
                None,
                f"The {fast} pace ({clock(middle[fast])}) is not faster than the {slow} pace "
                f"({clock(middle[slow])}) per {view.units}.",
            )
    for zone, (first, second) in view.paces.items():
        if first > second or first <= 0:
            yield finding(
                "pace_order",
                "error",
                None,
                f"The {zone} pace runs from {clock(first)} to {clock(second)}: fast comes first.",
            )
