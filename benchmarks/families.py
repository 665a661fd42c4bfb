"""Peak week, longest run and race week for every race, level and number of days, beside published plans.

The ranges come from the plans in `tests/data/published`, measured here by the same code, and from
the usual peaks of others, listed below. What lies outside is counted as explained only where a stated
reason holds: fewer or more running days than any of the published plans, or a limit of the coach on
the long run (its share of the week, its time at the runner's pace).
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._report import report
from runplan.backends.base import Backend
from runplan.backends.load import load
from runplan.checks.view import PlanView, view_of_file, view_of_plan
from runplan.paces import paces_for
from runplan.plan_json import read_plan_file
from runplan.request import LEVELS, MAX_DAYS, MIN_DAYS, RACES, Level, PlanRequest, Race
from runplan.volume import LONG_LIMIT_MIN, LONG_SHARE, long_limit_km
from runplan.writer import finished_plan, write_plan

PUBLISHED = Path(__file__).parent.parent / "tests" / "data" / "published"
# The usual number of weeks.
WEEKS: dict[Race, int] = {"5K": 8, "10K": 8, "half": 12, "marathon": 18}
SEEDS = 3
# Distances are rounded to halves and whole units, and seeds lean to one side.
ROUNDING = 1.08
VERDICTS = ("inside", "explained", "outside")


# Race week over peak week, the race left out (marathons, others). Twelve respected plans: 18–62 %,
# marathons 18–42 %. In the folder, a marathon plan has 45 %, and plans from the couch hardly taper.
RACE_WEEK: Mapping[bool, tuple[float, float]] = {True: (0.18, 0.45), False: (0.18, 0.72)}


@dataclass(frozen=True)
class Measures:
    """A plan in numbers: running days, peak week and longest run in km, race week over peak."""

    days: int
    peak: float
    longest: float
    race_week: float = 0.0


# Peaks of plans that are not in the folder, with their source.
USUAL: tuple[tuple[Race, Level, Measures], ...] = (
    ("5K", "beginner", Measures(3, 15, 6.4)),  # Galloway
    ("5K", "intermediate", Measures(5, 34, 11)),  # Higdon
    ("5K", "advanced", Measures(6, 64, 16)),  # Runner's World
    ("10K", "intermediate", Measures(6, 47, 13)),  # Runner's World UK
    ("10K", "advanced", Measures(6, 92, 21)),  # Pfitzinger, 38 to 57 mi
    ("half", "beginner", Measures(6, 76, 19)),  # Hansons
    ("half", "intermediate", Measures(5, 55, 19)),  # Higdon
    ("half", "advanced", Measures(6, 80, 23)),  # Hansons
    ("marathon", "beginner", Measures(6, 93, 26)),  # Hansons
    ("marathon", "intermediate", Measures(6, 93, 26)),  # Hansons
    ("marathon", "advanced", Measures(6, 99, 26)),  # Hansons
    ("marathon", "advanced", Measures(7, 113, 35)),  # Pfitzinger, 55 to 70 mi
    ("marathon", "advanced", Measures(6, 95, 35)),  # Boston Athletic Association, level four
)


def main(options: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks families", description=__doc__)
    parser.add_argument("--model", action="store_true", help="the embedded model's plans as well")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="plans for each family")
    asked = parser.parse_args(options)
    published = _published()
    writers: dict[str, Backend | None] = {"coach": None}
    if asked.model:
        writers["model"] = load("embedded")
    ours: dict[str, dict[str, int]] = {}
    for name, backend in writers.items():
        print(f"\n{name}: days, weeks | peak km | longest km | race week over peak")
        verdicts = [
            verdict
            for race in RACES
            for level in LEVELS
            for days in range(MIN_DAYS, MAX_DAYS + 1)
            for verdict in _family(
                PlanRequest(race, level, WEEKS[race], days),
                backend,
                asked.seeds,
                published[race, level],
            )
        ]
        ours[name] = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    count = sum(ours["coach"].values())
    peer = {"name": "published plans", "plans": sum(map(len, published.values()))}
    fine = ours["coach"]["inside"] + ours["coach"]["explained"]
    report("families", ours, peer, fine / count)


def _family(
    request: PlanRequest, backend: Backend | None, seeds: int, like: Sequence[Measures]
) -> list[str]:
    """Print the line of a family and tell for each measure where it lies."""
    plans = [
        measure(view_of_plan(finished_plan(write_plan(request, backend, seed=seed))))
        for seed in range(1, seeds + 1)
    ]
    mine = Measures(
        request.days_per_week,
        *(
            statistics.median(getattr(plan, name) for plan in plans)
            for name in ("peak", "longest", "race_week")
        ),
    )
    peaks, longs = [plan.peak for plan in like], [plan.longest for plan in like]
    low, high = RACE_WEEK[request.race == "marathon"]
    days = _more_or_fewer_days(request.days_per_week, [plan.days for plan in like])
    results = (
        place(mine.peak, min(peaks), max(peaks), days),
        place(mine.longest, min(longs), max(longs), days or _long_limit(request, mine)),
        place(mine.race_week, low, high, ""),
    )
    cells = (
        f"{mine.peak:3.0f} ({min(peaks):.0f}–{max(peaks):.0f}) {results[0][1]}",
        f"{mine.longest:3.0f} ({min(longs):.0f}–{max(longs):.0f}) {results[1][1]}",
        f"{mine.race_week:4.0%} ({low:.0%}–{high:.0%}) {results[2][1]}",
    )
    family = f"{request.race:8} {request.level:12} {request.days_per_week} {request.weeks:2}"
    print(f"{family} | {' | '.join(cells)}")
    return [verdict for verdict, _ in results]


def place(value: float, low: float, high: float, reason: str) -> tuple[str, str]:
    """Where a value lies, and in words: a reason explains what is outside."""
    if low / ROUNDING <= value <= high * ROUNDING:
        return "inside", "inside"
    return ("explained", reason) if reason else ("outside", "outside")


def _more_or_fewer_days(days: int, known: Sequence[int]) -> str:
    if min(known) <= days <= max(known):
        return ""
    return f"{days} days, published {'–'.join(map(str, sorted({min(known), max(known)})))}"


def _long_limit(request: PlanRequest, mine: Measures) -> str:
    """The limit of the coach that the longest run has reached, in words."""
    share = LONG_SHARE[request.days_per_week]
    if mine.longest >= mine.peak * share / ROUNDING:
        return f"{share:.0%} of the week"
    if mine.longest >= long_limit_km(request, paces_for(request)) / ROUNDING:
        return f"{LONG_LIMIT_MIN[request.race]:.0f} min at the level's pace"
    return ""


def measure(view: PlanView) -> Measures:
    """The measures of a plan whose last week has the race."""
    volumes = [week.km or 0.0 for week in view.weeks]
    peak = max(volumes[:-1])
    return Measures(
        days=max(len({run.day for run in week.runs}) for week in view.weeks),
        peak=peak,
        longest=max(week.longest_km for week in view.weeks[:-1]),
        race_week=volumes[-1] / peak,
    )


def _published() -> dict[tuple[Race, Level], list[Measures]]:
    found: dict[tuple[Race, Level], list[Measures]] = {
        (race, level): [usual for where, who, usual in USUAL if (where, who) == (race, level)]
        for race in RACES
        for level in LEVELS
    }
    for path in sorted(PUBLISHED.glob("*.json")):
        view = view_of_file(read_plan_file(path.read_text(encoding="utf-8")))
        found[view.race, view.level].append(measure(view))
    return found
