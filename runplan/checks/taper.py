"""The weeks before the race: less running, no long run late, and never more from week to week."""

from collections.abc import Iterator, Mapping

from runplan.checks.view import PlanView, finding, mean_run_km
from runplan.plan import Finding

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
# Runs this short on average need no taper, as long as the race week is not the biggest.
TAPER_EXEMPT_RUN_KM, TAPER_EXEMPT_SHARE = 4.0, 0.95
# The longest run a week before the race; published marathon plans: 13–21 km, one
# 26 km (Burfoot, Runner's World).
LATE_LONG_WARN_KM: Mapping[str, float] = {"marathon": 22.5, "half": 19.5}
LATE_LONG_ERROR_KM: Mapping[str, float] = {"marathon": 28.0, "half": 21.0}
# In race week no run is longer than this share of the longest one, short runs exempt.
RACE_WEEK_LONG_SHARE, RACE_WEEK_LONG_KM = 0.6, 13.0
# The race week, the race left out, against the week before; small weeks exempt.
GROWS, GROWS_KM = 1.1, 3.0
ROUNDING = 0.005


def check_taper(view: PlanView) -> Iterator[Finding]:
    """Findings about the last weeks."""
    if len(view.weeks) < 2 or view.weeks[-1].race is None:
        return
    yield from _volume(view)
    yield from _grows(view)
    yield from _late_long(view)


def _volume(view: PlanView) -> Iterator[Finding]:
    if len(view.weeks) < 3:
        return
    loads = [week.km for week in view.weeks]
    for back, week in enumerate(reversed(view.weeks[-3:])):
        km = week.km
        peak = max((load or 0.0 for load in loads[: len(loads) - 1 - back]), default=0.0)
        if km is None or not peak:
            continue
        if mean_run_km(week) <= TAPER_EXEMPT_RUN_KM and (back or km < TAPER_EXEMPT_SHARE * peak):
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


def _grows(view: PlanView) -> Iterator[Finding]:
    before, last = view.weeks[-2].km, view.weeks[-1].km
    if before and last and last > max(GROWS * before, before + GROWS_KM):
        yield finding(
            "taper_grows",
            "error",
            view.weeks[-1].number,
            f"The race week has {view.show(last)} without the race, more than the week before "
            f"({view.show(before)}); volume falls to the race (Bosquet 2007).",
        )


def _late_long(view: PlanView) -> Iterator[Finding]:
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
