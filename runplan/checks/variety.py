"""Does the plan move on sensibly? Repeated weeks, repetitions that leap, session lengths."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runplan.checks.view import PlanView, Run, WeekView, finding, kind_of
from runplan.plan import HARD_KINDS, Finding, Step
from runplan.units import METRES_PER_MILE

# Repetitions against the most so far of the same kind: both the count and the work must leap.
# Machine-written plans went from 3 to 20; in published ones counts grow by one to four.
REPEATS_WARN, REPEATS_ERROR = 2.0, 2.5
REPEATS_WARN_STEP, REPEATS_ERROR_STEP = 4, 6
# Fitness grows meanwhile: two more for each week since the last session of the kind, within limits.
REPEATS_A_WEEK, REPEATS_GAP_WEEKS = 2, 6
# A week once more is common in published plans; small and run–walk weeks come up to five times in a
# row (weeks 15–19 of the 21 of Hansons' couch to 10K), but do not fill the plan.
REPEATED_SMALL, REPEATED_SHARE = 3, 0.25
# Weeks this small, or with sessions that sit at the runner's time limit, leave no choice.
TINY_WEEK_KM, TINY_RUN_KM = 12.0, 3.0
AT_LIMIT = 0.8
# Nothing shorter is worth changing for.
SHORTEST_KM = 0.3
# Seconds per km: faster than any world record (a race predicted from a fast result may be a little
# faster than one), slower than a stroll.
FASTEST_S_PER_KM, FASTEST_RACE_S_PER_KM, SLOWEST_S_PER_KM = 145.0, 115.0, 1200.0

# One digit first, as in `words`: found faster than a repeat of digits.
_REPEATS = re.compile(
    r"(\d\d{0,2})\s*(?:[x×*]|times)\s*(\d+(?:\.\d+)?)?\s*"
    r"(km|mi(?:les?)?|min(?:utes?)?|metres|meters|m|seconds|secs?|s)?\b",
    re.IGNORECASE,
)
# Metres at about 5:30 per km, to compare timed and measured repetitions.
_METRES: Mapping[str, float] = {
    "km": 1000.0,
    "mi": METRES_PER_MILE,
    "mile": METRES_PER_MILE,
    "miles": METRES_PER_MILE,
    "min": 180.0,
    "minute": 180.0,
    "minutes": 180.0,
    "s": 3.0,
    "sec": 3.0,
    "secs": 3.0,
    "seconds": 3.0,
}


@dataclass(frozen=True)
class Repeats:
    """How often a bout is run; `metres` of one bout, about, or None when only the count is known."""

    count: int
    metres: float | None


def check_variety(view: PlanView) -> Iterator[Finding]:
    """Findings about what changes from week to week, and about the length of sessions."""
    yield from _repeats_jump(view)
    yield from _repeated_weeks(view)
    for week in view.weeks:
        for run in week.runs:
            yield from _duration(view, week, run)


def repeats_of(run: Run) -> Repeats | None:
    """The repetitions of a session, from its steps, else from its text."""
    work = [
        step
        for step in run.session.steps
        if step.kind in (run.kind, "run", "work") or kind_of(step.kind) == run.kind
    ]
    if work:
        step = max(work, key=lambda step: step.repeat)
        return Repeats(step.repeat, _bout_metres(step))
    return repeats_in(run.session.text)


def repeats_in(text: str) -> Repeats | None:
    """The first `6 x 400 m` (or `8 times 2 min`) of a text."""
    match = _REPEATS.search(text)
    if match is None:
        return None
    count, size, unit = int(match.group(1)), match.group(2), (match.group(3) or "m").lower()
    if size is None:
        return Repeats(count, None)
    return Repeats(count, float(size) * _METRES.get(unit, 1.0))


def _bout_metres(step: Step) -> float | None:
    if step.distance_m is not None:
        return step.distance_m
    return None if step.duration_s is None else step.duration_s * _METRES["s"]


def _repeats_jump(view: PlanView) -> Iterator[Finding]:
    most: dict[str, Repeats] = {}
    seen: dict[str, int] = {}
    for index, week in enumerate(view.weeks):
        for run in week.runs:
            if run.kind not in (*HARD_KINDS, "runwalk"):
                continue
            now = repeats_of(run)
            if now is None or now.count < 2:
                continue
            before, gap = most.get(run.kind, now), index - seen.get(run.kind, index)
            growth, step = _growth(before, now), now.count - before.count
            if (
                run.kind != "runwalk"
                and growth > REPEATS_WARN
                and step >= max(REPEATS_WARN_STEP, min(gap, REPEATS_GAP_WEEKS) * REPEATS_A_WEEK)
            ):
                error = growth > REPEATS_ERROR and step >= REPEATS_ERROR_STEP
                yield finding(
                    "repeats_jump",
                    "error" if error else "warning",
                    week.number,
                    f"{run.kind} on {run.day}: {now.count} repetitions after at most "
                    f"{before.count} before; they should grow by a few at a time.",
                )
            most[run.kind] = max(before, now, key=_work)
            seen[run.kind] = index


def _growth(before: Repeats, now: Repeats) -> float:
    """By what factor the repetitions grew: the smaller of count and work."""
    counts = now.count / before.count
    if before.metres is None or now.metres is None:
        return counts
    return min(counts, counts * now.metres / before.metres)


def _work(repeats: Repeats) -> float:
    return repeats.count * (repeats.metres or 400.0)


def _repeated_weeks(view: PlanView) -> Iterator[Finding]:
    """Equal neighbours, and a block of weeks (A B C A B C) that stands twice."""
    prints = _fingerprints(view.weeks)
    seen: set[int] = set()
    for period in range(1, len(prints) // 2 + 1):
        start = period
        while start < len(prints):
            end = start
            while end < len(prints) and prints[end] and prints[end] == prints[end - period]:
                end += 1
            # Three equal weeks in a row, or the whole block once more. Published peaks do go back and
            # forth between two weeks for a while (Higdon's second intermediate marathon).
            whole = end - start >= {1: 2, 2: 4}.get(period, period)
            if end > start and (period == 1 or whole) and start not in seen:
                if whole:
                    seen.update(range(start, end))
                yield _repeated(view, start, end, period, whole)
            start = max(end, start + 1)


def _repeated(view: PlanView, start: int, end: int, period: int, whole: bool) -> Finding:
    week, first = view.weeks[start], view.weeks[start - period]
    choice = not all(_has_no_choice(view, view.weeks[i]) for i in range(start, end))
    least = max(REPEATED_SMALL, REPEATED_SHARE * len(view.weeks)) if period == 1 else period
    error = whole and (choice or (not view.own and end - start >= least))
    if end - start == 1:
        message = f"The week has the same sessions as week {first.number}."
    else:
        message = (
            f"Weeks {week.number}–{view.weeks[end - 1].number} repeat the sessions from week "
            f"{first.number} on; without change there is no progress."
        )
    return finding("repeated_week", "error" if error else "warning", week.number, message)


def _fingerprints(weeks: Sequence[WeekView]) -> list[tuple[object, ...]]:
    """What is the same in weeks with the same sessions; empty for a week without runs."""
    days = [
        tuple(
            [
                (run.day, run.kind, run.session.distance, run.session.duration_min)
                for run in week.runs
            ]
        )
        for week in weeks
    ]
    # Only weeks with the same runs on the same days need a look at what is in them.
    return [
        (*runs, *map(_content, week.runs)) if days.count(runs) > 1 else runs
        for runs, week in zip(days, weeks, strict=True)
    ]


def _content(run: Run) -> tuple[object, ...]:
    steps = run.session.steps
    if not steps:
        return (repeats_in(run.session.text),)
    return tuple((step.kind, step.repeat, step.distance_m, step.duration_s) for step in steps)


def _has_no_choice(view: PlanView, week: WeekView) -> bool:
    """Whether the week is as small as weeks get, or as long as the runner's time allows."""
    km = week.km or 0.0
    if km <= TINY_WEEK_KM or km <= TINY_RUN_KM * len(week.runs):
        return True
    # A run–walk week may change in how it is split, which a bare file does not tell.
    if all(run.kind == "runwalk" and not run.session.steps for run in week.runs):
        return True
    limits = [view.minutes_on(run.day) for run in week.runs]
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits):
        return False
    return km >= AT_LIMIT * sum(known) * 60 / view.easy_s_per_km


def _duration(view: PlanView, week: WeekView, run: Run) -> Iterator[Finding]:
    minutes, stated = run.session.duration_min, run.session.distance
    if not run.km or run.km < SHORTEST_KM:
        unknown = stated is None and minutes is None
        yield finding(
            "no_distance",
            "warning" if unknown and not view.own else "error",
            week.number,
            f"{run.day}: the {run.kind} run has no distance and no duration."
            if unknown
            else f"{run.day}: {view.show(run.km or 0.0)} is no {run.kind} run.",
        )
        return
    if not run.exact or not minutes:
        return
    # Minutes are whole: allow half a minute either way.
    slowest, fastest = (minutes * 60 + 30) / run.km, (minutes * 60 - 30) / run.km
    record = FASTEST_RACE_S_PER_KM if run.kind == "race" else FASTEST_S_PER_KM
    if slowest < record or fastest > SLOWEST_S_PER_KM:
        yield finding(
            "duration_mismatch",
            "error",
            week.number,
            f"{run.day}: {view.show(run.km)} in {minutes} min is no possible pace.",
        )
