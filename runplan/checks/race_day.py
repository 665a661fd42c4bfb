"""Is there one race, of the right length, at the very end?"""

from collections.abc import Iterator

from runplan.checks.view import PlanView, WeekView, finding
from runplan.plan import Finding
from runplan.request import DAYS, RACE_NAME

# Races are measured; a plan may round 21.0975 to 21.
RACE_ROUNDING = 0.02
# A race this near to the goal distance is a second goal race, not a tune-up. Over 5K and 10K plans do
# test the distance itself, but not in the last weeks.
SECOND_SHARE, SECOND_LAST_WEEKS = 0.9, 2
NEVER_TWICE = ("half", "marathon")


def check_race(view: PlanView) -> Iterator[Finding]:
    """Findings about the goal race."""
    if not view.weeks:
        return
    yield from _earlier(view)
    last = view.weeks[-1]
    if last.race is None:
        if not any(_full_races(view, week) for week in view.weeks):
            message = f"The last week has no {RACE_NAME[view.race]}."
            yield finding("race_missing", "error", last.number, message)
        return
    yield from _day(view, last)
    km = last.race.km
    if last.race.exact and km is not None and abs(km - view.race_km) > view.race_km * RACE_ROUNDING:
        yield finding(
            "race_distance",
            "error",
            last.number,
            f"The race is {view.show(km)} long; a {RACE_NAME[view.race]} is "
            f"{view.show(view.race_km)}.",
        )


def _full_races(view: PlanView, week: WeekView) -> int:
    """How many races of the week are about as long as the goal race."""
    least = view.race_km * SECOND_SHARE
    return sum(run.kind == "race" and (run.km is None or run.km >= least) for run in week.runs)


def _earlier(view: PlanView) -> Iterator[Finding]:
    name, last = RACE_NAME[view.race], view.weeks[-1]
    late = last.number - SECOND_LAST_WEEKS
    for week in view.weeks[:-1]:
        if not _full_races(view, week):
            continue
        if last.race is None:
            message = f"The {name} is in week {week.number}, not in the last week."
        elif view.own or view.race in NEVER_TWICE or week.number >= late:
            message = f"There is a {name} in week {week.number} besides the goal race."
        else:
            continue
        yield finding("race_not_last", "error", week.number, message)


def _day(view: PlanView, last: WeekView) -> Iterator[Finding]:
    race = last.race
    assert race is not None, "asked only of a week with the race"
    if sum(run.kind == "race" for run in last.runs) > 1:
        yield finding(
            "race_not_last", "error", last.number, "The last week has more than one race."
        )
    after = last.runs[-1]
    if after is not race:
        message = f"There is a run on {after.day}, after the race."
        yield finding("race_not_last", "error", last.number, message)
    weekday = None if view.race_date is None else DAYS[view.race_date.weekday()]
    if weekday is not None and view.race_date is not None and race.day != weekday:
        message = f"The race is on {race.day}, but {view.race_date.isoformat()} is a {weekday}."
        yield finding("race_not_last", "error", last.number, message)
    elif weekday is None and view.own and view.run_days:
        days = [day for day in view.week_order if day in view.run_days]
        if race.day != days[-1]:
            message = f"The race is on {race.day}; the last running day is {days[-1]}."
            yield finding("race_not_last", "error", last.number, message)
