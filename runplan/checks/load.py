"""Is the training safe? Growth, the long run, hard days, rest and the taper.

Two levels throughout: a warning where a plan leaves what most published plans do, an error where it
leaves what any respected one does. Each threshold names its source.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from runplan.checks.view import PlanView, Run, WeekView, finding
from runplan.plan import Finding

# A week against the highest earlier one. Published plans: 7–67 %, median 20 %. (The 10 % rule has
# no support: GRONORUN, n=532.) A rise of a few km is harmless whatever its percentage.
WEEK_WARN, WEEK_ERROR = 0.20, 0.40
WEEK_WARN_KM, WEEK_ERROR_KM = 2.0, 5.0
# Plans that add a running day (Hansons from week 5 to 6) rise by up to 67 %; runs grow far less.
WEEK_ERROR_MORE_DAYS = 0.70
# One run against the longest of the last 30 days: injuries rise (Frandsen, BJSM 2025, n=5205);
# published plans go to 17–50 %.
LONG_WARN, LONG_ERROR, LONG_EXEMPT_KM = 0.25, 0.50, 2.5
LONG_LOOKBACK_WEEKS = 4
# The long run's share of its week by running days; published plans reach 28–57 %.
SHARE_ERROR: Mapping[int, float] = {3: 0.60, 4: 0.60, 5: 0.50, 6: 0.40, 7: 0.40}
SHARE_WARN_BELOW = 0.03
# Long runs up to these lengths are safe whatever their share.
SHARE_WARN_EXEMPT_KM, SHARE_EXEMPT_KM = 8.0, 10.0
# No training run is as long as a marathon (26 mi counts as one).
MARATHON_RUN_KM = 41.5
# Race-week running over the peak week, the race left out (warning, error): published plans 18–62 %,
# marathons 18–42 %.
RACE_WEEK: Mapping[str, tuple[float, float]] = {
    "5K": (0.70, 0.80),
    "10K": (0.70, 0.80),
    "half": (0.62, 0.75),
    "marathon": (0.50, 0.62),
}
# Marathon taper: weeks −2 and −1 at 68–79 % and 52–71 % of the peak (Bosquet 2007: −41…−60 %).
BEFORE_WARN: Mapping[int, float] = {2: 0.95, 1: 0.80}
BEFORE_ERROR: Mapping[int, float] = {1: 0.92}
# Shorter plans have no room for a third taper week.
LONG_TAPER_WEEKS = 10
# Runs this short on average need no taper.
TAPER_EXEMPT_RUN_KM = 4.0
# The longest run a week before the race; published marathon plans: 13–21 km.
LATE_LONG_WARN_KM: Mapping[str, float] = {"marathon": 22.5, "half": 19.5}
LATE_LONG_ERROR_KM: Mapping[str, float] = {"marathon": 25.0, "half": 21.0}
# In race week no run is longer than this share of the longest one, short runs exempt.
RACE_WEEK_LONG_SHARE, RACE_WEEK_LONG_KM = 0.6, 13.0
# Hard sessions with warm-up and cool-down over the week's distance. About 80 % easy is a sound
# default (Festa 2020: no proof), and half of a hard session is easy running.
HARD_WARN, HARD_ERROR = 0.60, 0.80
# The first week against the runner's own volume.
START_WARN, START_EXEMPT_KM = 0.40, 5.0
ROUNDING = 0.005


def check_load(view: PlanView) -> Iterator[Finding]:
    """Findings about the training load."""
    yield from _week_jumps(view)
    yield from _long_jumps(view)
    for week in view.weeks:
        yield from _long_run(view, week)
        yield from _hard_share(view, week)
    yield from _rest(view)
    yield from _hard_days(view)
    yield from _taper(view)
    yield from _late_long(view)


def _week_jumps(view: PlanView) -> Iterator[Finding]:
    highest, top = 0.0, None
    for week in view.weeks:
        km = week.km
        if km is None:
            continue
        rise = km - highest
        share = rise / highest if highest else 0.0
        if top is not None and share > WEEK_WARN + ROUNDING and rise > WEEK_WARN_KM:
            error = rise > WEEK_ERROR_KM and share > _week_limit(top, week) + ROUNDING
            yield finding(
                "week_jump",
                "error" if error else "warning",
                week.number,
                f"{view.show(km)} is {share:.0%} more than the biggest week so far "
                f"({view.show(highest)} in week {top.number}); published plans rise by about 20 %.",
            )
        if km > highest:
            highest, top = km, week
    yield from _start(view)


def _week_limit(before: WeekView, week: WeekView) -> float:
    """The largest tolerable rise; more where it comes from an added day, not from longer runs."""
    added = len(week.training) > len(before.training)
    longer = _mean_run(week) / _mean_run(before) - 1 if _mean_run(before) else 0.0
    return WEEK_ERROR_MORE_DAYS if added and longer <= WEEK_ERROR else WEEK_ERROR


def _start(view: PlanView) -> Iterator[Finding]:
    first = view.weeks[0].km if view.weeks and len(view.weeks) > 1 else None
    if first is None or not view.weekly_km:
        return
    if first - view.weekly_km > max(START_EXEMPT_KM, START_WARN * view.weekly_km):
        yield finding(
            "start_jump",
            "warning",
            view.weeks[0].number,
            f"The first week is {view.show(first)}; the runner covers "
            f"{view.show(view.weekly_km)} a week now.",
        )


def _long_jumps(view: PlanView) -> Iterator[Finding]:
    # The runner's longest run counts as run just before the plan.
    before = [view.longest_run_km or 0.0]
    for week in view.weeks:
        base = max(before[-LONG_LOOKBACK_WEEKS:])
        longest = max((run.km or 0.0 for run in week.training if run.kind != "race"), default=0.0)
        rise = longest - base
        if base and rise > LONG_EXEMPT_KM and rise / base > LONG_WARN + ROUNDING:
            yield finding(
                "long_jump",
                "error" if rise / base > LONG_ERROR + ROUNDING else "warning",
                week.number,
                f"The longest run, {view.show(longest)}, is {rise / base:.0%} more than the "
                f"longest of the weeks before ({view.show(base)}); injuries rise with such steps "
                "(Frandsen 2025).",
            )
        before.append(week.longest_km)


def _long_run(view: PlanView, week: WeekView) -> Iterator[Finding]:
    longest = week.longest_km
    for run in week.training:
        if (run.km or 0.0) >= MARATHON_RUN_KM:
            yield finding(
                "marathon_in_training",
                "error",
                week.number,
                f"{run.day}: a run of {view.show(run.km or 0.0)} in training is as long as a "
                "marathon; published plans stop at 29–35 km.",
            )
    named = [run.km for run in week.training if run.kind == "long" and run.km is not None]
    if named and max(named) < longest - 0.05:
        yield finding(
            "long_not_longest",
            "warning",
            week.number,
            f"The long run ({view.show(max(named))}) is shorter than another run of the week "
            f"({view.show(longest)}).",
        )
    days, km = len({run.day for run in week.training}), week.km
    limit = SHARE_ERROR.get(days)
    if limit is None or not km or week.race is not None:
        return
    share = longest / km
    if share > limit - SHARE_WARN_BELOW and longest > SHARE_WARN_EXEMPT_KM:
        error = share > limit + ROUNDING and longest > SHARE_EXEMPT_KM
        yield finding(
            "long_share",
            "error" if error else "warning",
            week.number,
            f"The longest run ({view.show(longest)}) is {share:.0%} of the week; with {days} "
            f"running days published plans stay below {limit:.0%}.",
        )


def _rest(view: PlanView) -> Iterator[Finding]:
    full = [week.number for week in view.weeks if len({run.day for run in week.runs}) == 7]
    if view.level != "beginner" or not full:
        return
    message = "no day without running; beginners need at least one a week."
    if view.days_per_week == 7 or (view.run_days is not None and len(view.run_days) == 7):
        yield finding("no_rest_day", "warning", None, f"The plan has {message}")
        return
    for number in full:
        yield finding("no_rest_day", "error", number, f"The week has {message}")


def _hard_share(view: PlanView, week: WeekView) -> Iterator[Finding]:
    km = week.km
    if not km or len(week.training) < 3:
        return
    share = sum(run.km or 0.0 for run in week.training if run.hard) / km
    if share > HARD_WARN:
        yield finding(
            "hard_share",
            "error" if share > HARD_ERROR else "warning",
            week.number,
            f"Hard sessions make up {share:.0%} of the week; most of the running should be easy.",
        )


def _hard_days(view: PlanView) -> Iterator[Finding]:
    order = view.week_order
    days: list[tuple[int, WeekView, Run]] = []
    for index, week in enumerate(view.weeks):
        days += [
            (index * 7 + order.index(run.day), week, run)
            for run in week.runs
            if run.hard or run.kind == "long"
        ]
    for (first_day, _, first), (second_day, week, second) in pairwise(days):
        if second_day - first_day != 1 or not (first.hard or second.hard):
            continue
        beginner = view.level == "beginner"
        if not beginner and second.kind == "long" and first.kind in ("tempo", "marathon"):
            continue
        yield finding(
            "hard_days_adjacent",
            "error" if beginner else "warning",
            week.number,
            f"{first.kind} on {first.day} and {second.kind} on {second.day} are next to each "
            "other; a hard day needs an easy one after it.",
        )


def _taper(view: PlanView) -> Iterator[Finding]:
    if len(view.weeks) < 3 or view.weeks[-1].race is None:
        return
    loads = [week.km for week in view.weeks]
    for back, week in enumerate(reversed(view.weeks[-3:])):
        km = week.km
        peak = max((load or 0.0 for load in loads[: len(loads) - 1 - back]), default=0.0)
        if km is None or not peak or _mean_run(week) <= TAPER_EXEMPT_RUN_KM:
            continue
        if back == 0:
            warn, error = RACE_WEEK[view.race]
        elif view.race == "marathon" and (back == 1 or len(view.weeks) >= LONG_TAPER_WEEKS):
            warn, error = BEFORE_WARN[back], BEFORE_ERROR.get(back, float("inf"))
        else:
            continue
        share = km / peak
        if share > warn + ROUNDING:
            when = "The race week" if back == 0 else f"The week {back} before the race"
            yield finding(
                "no_taper",
                "error" if share > error + ROUNDING else "warning",
                week.number,
                f"{when} is {share:.0%} of the biggest week before it; running less before the "
                "race (two weeks at 40–60 % less) makes runners faster (Bosquet 2007).",
            )


def _mean_run(week: WeekView) -> float:
    runs = week.training
    return (week.km or 0.0) / len(runs) if runs else 0.0


def _late_long(view: PlanView) -> Iterator[Finding]:
    if len(view.weeks) < 2 or view.weeks[-1].race is None:
        return
    before, last = view.weeks[-2], view.weeks[-1]
    warn = LATE_LONG_WARN_KM.get(view.race, float("inf"))
    if before.longest_km > warn:
        error = before.longest_km > LATE_LONG_ERROR_KM[view.race]
        yield finding(
            "late_long_run",
            "error" if error else "warning",
            before.number,
            f"A run of {view.show(before.longest_km)} a week before the race leaves no time to "
            "recover.",
        )
    peak = max(week.longest_km for week in view.weeks[:-1])
    if last.longest_km > max(RACE_WEEK_LONG_KM, RACE_WEEK_LONG_SHARE * peak):
        yield finding(
            "late_long_run",
            "error" if view.race in LATE_LONG_WARN_KM else "warning",
            last.number,
            f"A run of {view.show(last.longest_km)} in the week of the race is too long.",
        )
