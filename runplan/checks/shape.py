"""Is it a plan at all? Weeks, totals, kinds of sessions, phases and paces: the hard invariants.

What the runner asked for is in `wishes`, the race in `race_day`.
"""

from collections.abc import Iterator
from itertools import pairwise

from runplan.checks.view import PACE_FACTOR, PlanView, Run, WeekView, finding
from runplan.plan import PHASES, Finding
from runplan.units import clock, metres_per, number, pace

# Zones from fast to slow: seconds per unit must rise in this order.
ZONE_ORDER = ("rep", "interval", "tempo", "marathon", "easy")
# Easy and tempo closer than this are the same pace to a runner (seconds per km).
SAME_PACE_S = 10
# A pace against that of the runner's race or goal: sources print different bands, and other plans
# are slower on easy days. Without a race or goal only the level is known.
KNOWN_PACE_FACTOR = 1.3
# A stated total may be rounded: half a unit, or one per cent of a large week. Where some of the runs
# are only given in minutes, the total depends on the pace taken for them.
TOTAL_ROUNDING, TOTAL_SHARE, TIMED_TOTAL_SHARE = 0.5, 0.01, 0.4


def check_shape(view: PlanView) -> Iterator[Finding]:
    """Findings about what every plan must be, whatever its training."""
    yield from _week_count(view)
    yield from _phases(view)
    yield from _paces(view)
    for week in view.weeks:
        yield from _doubles(view, week)
        yield from _total(view, week)
        for kind in week.unknown:
            yield finding(
                "unknown_kind",
                "error",
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


def _phases(view: PlanView) -> Iterator[Finding]:
    known = [week for week in view.weeks if week.phase in PHASES]
    if len(known) < len(view.weeks):
        return
    for before, week in pairwise(known):
        if PHASES.index(week.phase) < PHASES.index(before.phase):
            yield finding(
                "phase_order",
                # Other plans may build up twice.
                "error" if view.own else "warning",
                week.number,
                f"The phase is {week.phase} after {before.phase} in week {before.number}; a season "
                f"goes from {' to '.join(PHASES)}.",
            )


def _doubles(view: PlanView, week: WeekView) -> Iterator[Finding]:
    for day, runs in _same_day(week).items():
        # Experienced runners run twice a day, week after week, and never hard or long twice.
        heavy = sum(run.hard or run.kind == "long" for run in runs)
        habit = sum(bool(_same_day(other)) for other in view.weeks) > 1
        fine = view.level == "advanced" and not view.own and habit and heavy < 2
        copied = len({(run.kind, run.km) for run in runs}) < len(runs)
        yield finding(
            "double_day",
            "warning" if fine and not copied else "error",
            week.number,
            f"{day} has {len(runs)} runs.",
        )


def _same_day(week: WeekView) -> dict[str, list[Run]]:
    days = dict.fromkeys([run.day for run in week.runs])
    if len(days) == len(week.runs):
        return {}
    found = {day: [run for run in week.runs if run.day == day] for day in days}
    return {day: runs for day, runs in found.items() if len(runs) > 1}


def _total(view: PlanView, week: WeekView) -> Iterator[Finding]:
    if week.stated is None or any(run.km is None for run in week.runs):
        return
    timed = any(not run.exact for run in week.runs)
    km = sum(run.km or 0.0 for run in week.runs)
    race_km = week.race.km or 0.0 if week.race else 0.0
    others_km = sum(session.distance or 0.0 for session in week.others) * metres_per(view.units)
    others_km /= 1000
    # Some plans leave the race out of the week's total, or count walks and rides.
    totals = {km} if view.own else {km, km - race_km, km + others_km}
    stated_km = week.stated * metres_per(view.units) / 1000
    slack = max(
        TOTAL_ROUNDING * metres_per(view.units) / 1000,
        (TIMED_TOTAL_SHARE if timed else TOTAL_SHARE) * km,
    )
    if min(abs(stated_km - total) for total in totals) > slack + 1e-6:
        yield finding(
            "total_mismatch",
            "error",
            week.number,
            f"The week says {number(round(week.stated, 2))} {view.units}, but its runs add up to "
            f"{'about ' if timed else ''}{view.show(km)}.",
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
    yield from _fitness(view, middle)


def _fitness(view: PlanView, middle: dict[str, float]) -> Iterator[Finding]:
    factor = PACE_FACTOR if view.fitness.estimated else KNOWN_PACE_FACTOR
    for zone, seconds in middle.items():
        expected = sum(view.fitness.zones[zone]) / 2
        if not expected / factor < seconds < expected * factor:
            yield finding(
                "pace_fitness",
                "error",
                None,
                f"The {zone} pace, {pace(seconds, view.units)}, is not that of "
                f"{view.fitness.source} ({pace(expected, view.units)}, Daniels); are km and miles "
                "mixed up?",
            )
            return
