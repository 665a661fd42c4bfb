"""Is the training safe? Growth, the long run, hard days and rest.

Two levels throughout: a warning where a plan leaves what most published plans do, an error where it
leaves what any respected one does. Each threshold names its source. The weeks before the race are in
`taper`.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from runplan.checks.view import PlanView, Run, WeekView, finding, mean_run_km
from runplan.plan import Finding

# A week against the highest earlier one. Published plans: 7–67 %, median 20 %. (The 10 % rule has
# no support: GRONORUN, n=532.) A rise of a few km is harmless whatever its percentage.
WEEK_WARN, WEEK_ERROR = 0.20, 0.40
WEEK_WARN_KM, WEEK_ERROR_KM = 2.0, 5.0
# Plans that add running days rise more (Hansons by 67 % from week 5 to 6, and by 94 % after a first
# week that starts on a Thursday); runs grow far less.
WEEK_ERROR_MORE_DAYS = 1.0
# One run against the longest of the last 30 days: injuries rise (Frandsen, BJSM 2025, n=5205);
# published plans go to 17–50 %.
LONG_WARN, LONG_ERROR, LONG_EXEMPT_KM = 0.25, 0.50, 2.5
LONG_LOOKBACK_WEEKS = 4
# The long run's share of its week by running days; published plans reach 28–57 %, on
# three days 62 % (Higdon's Senior marathon).
SHARE_ERROR: Mapping[int, float] = {3: 0.65, 4: 0.60, 5: 0.50, 6: 0.40, 7: 0.40}
SHARE_WARN_BELOW = 0.03
# Long runs up to these lengths are safe whatever their share.
SHARE_WARN_EXEMPT_KM, SHARE_EXEMPT_KM = 8.0, 10.0
# Single weeks of published plans have a longer mid-week run, but not most of them.
NEVER_LONGEST_WEEKS, LONGEST_ROUNDING_KM = 3, 0.05
# No training run is as long as a marathon (26 mi counts as one).
MARATHON_RUN_KM = 41.5
# Hard sessions with warm-up and cool-down over the week's distance. About 80 % easy is a sound
# default (Festa 2020: no proof), and half of a hard session is easy running.
HARD_WARN, HARD_ERROR = 0.60, 0.85
# All running hard or long: no week of any published plan, from this many running days on.
ALL_HARD_DAYS = 4
# Hard days in a row that no plan has; two do occur (Higdon's advanced 10K).
HARD_IN_A_ROW = 4
# The first week against the runner's own volume, as a share and in km; runs have a shortest length,
# so that many days add up even for those who hardly run yet: couch-to-5K plans begin with 20 to 30
# minutes of running and walking, about 3 km, three times a week.
START_WARN, START_WARN_KM = 0.40, 5.0
START_ERROR, START_ERROR_KM_A_DAY = 0.60, 3.0
# The first week against the three after it: plans start at their lowest.
START_PEAK, START_PEAK_KM = 1.3, 5.0
ROUNDING = 0.005


def check_load(view: PlanView) -> Iterator[Finding]:
    """Findings about the training load."""
    yield from _week_jumps(view)
    yield from _long_jumps(view)
    for week in view.weeks:
        yield from _long_run(view, week)
        yield from _hard_share(view, week)
    yield from _never_longest(view)
    yield from _rest(view)
    yield from _hard_days(view)


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
    longer = mean_run_km(week) / mean_run_km(before) - 1 if mean_run_km(before) else 0.0
    return WEEK_ERROR_MORE_DAYS if added and longer <= WEEK_ERROR else WEEK_ERROR


def _start(view: PlanView) -> Iterator[Finding]:
    first = view.weeks[0].km if len(view.weeks) > 1 else None
    if first is None:
        return
    now = view.weekly_km
    if now is not None:
        # A week holds its longest run, whatever the runner says of their weeks.
        now = max(now, view.longest_run_km or 0.0)
    far = START_ERROR_KM_A_DAY * len({run.day for run in view.weeks[0].training})
    if now is not None and first - now > max(START_WARN_KM, START_WARN * now):
        yield finding(
            "start_jump",
            "error" if first - now > max(far, START_ERROR * now) else "warning",
            view.weeks[0].number,
            f"The first week is {view.show(first)}; the runner covers {view.show(now)} a week now.",
        )
    after = [week.km or 0.0 for week in view.weeks[1:4] if week.race is None]
    most = max(after, default=0.0)
    if len(after) == 3 and first > max(START_PEAK * most, most + START_PEAK_KM):
        yield finding(
            "start_jump",
            "error",
            view.weeks[0].number,
            f"The first week, {view.show(first)}, is far bigger than the three after it "
            f"({view.show(most)} at most).",
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


def _never_longest(view: PlanView) -> Iterator[Finding]:
    """The long run is shorter than another run, week after week."""
    named = [week for week in view.weeks if any(run.kind == "long" for run in week.training)]
    short = [week for week in named if _long_is_short(week)]
    if len(short) >= NEVER_LONGEST_WEEKS and len(short) > len(named) / 2:
        yield finding(
            "long_not_longest",
            "error",
            None,
            f"In {len(short)} of {len(named)} weeks the long run is shorter than another run.",
        )


def _long_is_short(week: WeekView) -> bool:
    longs = [run.km or 0.0 for run in week.training if run.kind == "long"]
    return bool(longs) and max(longs) < week.longest_km - LONGEST_ROUNDING_KM


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
    if _long_is_short(week):
        named = [run.km or 0.0 for run in week.training if run.kind == "long"]
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
        # Estimated distances only hint (Galloway's runs of 45 min stay short beside 17 miles).
        exact = all(run.exact for run in week.training)
        error = exact and share > limit + ROUNDING and longest > SHARE_EXEMPT_KM
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
    runs = week.training
    if len(runs) < 3:
        return
    many = len({run.day for run in runs}) >= ALL_HARD_DAYS and week.race is None
    if many and all(run.hard or run.kind == "long" for run in runs):
        yield finding(
            "hard_share",
            "error",
            week.number,
            f"All {len(runs)} runs are hard or long; about 80 % of running should be easy.",
        )
        return
    share = sum(run.km or 0.0 for run in runs if run.hard) / week.km if week.km else 0.0
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
    row = 1
    beginner = view.level == "beginner"
    for (first_day, _, first), (second_day, week, second) in pairwise(days):
        if second_day == first_day:
            continue
        row = row + 1 if second_day - first_day == 1 and first.hard and second.hard else 1
        if second_day - first_day != 1 or not (first.hard or second.hard):
            continue
        if not beginner and second.kind == "long" and first.kind in ("tempo", "marathon"):
            continue
        yield finding(
            "hard_days_adjacent",
            "error" if beginner or row >= HARD_IN_A_ROW else "warning",
            week.number,
            f"{first.kind} on {first.day} and {second.kind} on {second.day} are next to each "
            "other; a hard day needs an easy one after it.",
        )
