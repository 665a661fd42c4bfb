"""What the runner's details ask for, brought together with the form.

Wishes that the form leaves open move its defaults; those that contradict what the runner filled in
change nothing and become questions. Knows neither how the text was read nor how plans are written.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import cast

from runplan.constraints import Constraint
from runplan.request import (
    DAYS,
    DEFAULT_RUN_DAYS,
    MAX_SESSION_MIN,
    MIN_DAYS,
    MIN_SESSION_MIN,
    Day,
    PlanRequest,
)
from runplan.rules import OTHER_SESSIONS, WEEKEND, spare_days


@dataclass(frozen=True)
class Conflict:
    """A wish that contradicts a field of the form; `message` puts the question to the runner."""

    constraint: Constraint
    field: str
    message: str


@dataclass(frozen=True)
class Merged:
    """The request with every wish that fits, and the conflicts that the runner has to settle."""

    request: PlanRequest
    conflicts: tuple[Conflict, ...]


def merge(
    request: PlanRequest, constraints: Sequence[Constraint], given: Collection[str]
) -> Merged:
    """Bring the wishes of the details into the request.

    `given` names the fields that the runner filled in; the others hold defaults and may be moved.
    What is obeyed stays in `request.constraints`, also the days that now are fields, so that a plan
    can be held against it. A new day for the long run replaces the one that was asked for before.
    """
    wishes = tuple(dict.fromkeys(constraints))
    request, conflicts = _merge_days(request, wishes, given)
    refused = {conflict.constraint for conflict in conflicts}
    kept = [wish for wish in wishes if wish not in refused]
    newer = kept if any(wish.kind == "long_run_day" for wish in kept) else request.constraints
    before = [w for w in request.constraints if w.kind != "long_run_day" or w in newer]
    request = replace(request, constraints=tuple(dict.fromkeys((*before, *kept))))
    others = [conflict for wish in wishes if (conflict := _other_conflict(request, wish))]
    refused = {conflict.constraint for conflict in others}
    obeyed = tuple(wish for wish in request.constraints if wish not in refused)
    minutes = [
        cast(int, wish.value)
        for wish in obeyed
        if wish.kind == "max_session_min" and wish.scope == "all"
    ]
    if minutes and "max_session_min" not in given:
        request = replace(request, max_session_min=min(*minutes, MAX_SESSION_MIN))
    return Merged(replace(request, constraints=obeyed), (*conflicts, *others))


def _merge_days(
    request: PlanRequest, wishes: Sequence[Constraint], given: Collection[str]
) -> tuple[PlanRequest, list[Conflict]]:
    """The request on the days that the wishes leave; a wish in conflict is left out of account."""
    conflicts = [*_day_conflicts(request, wishes, given)]
    conflicts = conflicts or [*_long_run_conflicts(request, wishes, given)]
    if conflicts:
        refused = {conflict.constraint for conflict in conflicts}
        rest = [wish for wish in wishes if wish not in refused]
        request, more = _merge_days(request, rest, given)
        return request, [*conflicts, *more]
    allowed = _allowed(wishes)
    long_day = next((cast(Day, w.value) for w in wishes if w.kind == "long_run_day"), None)
    if "long_run_day" in given:
        long_day = request.long_day
    count = min(request.days_per_week, len(allowed))
    run_days = request.run_days
    fits = len(run_days) == count and {*run_days, long_day} - {None} <= {*run_days} & {*allowed}
    if not fits:
        run_days = _nearest(allowed, count, long_day)
    if long_day is None and request.long_run_day in run_days:
        long_day = request.long_run_day
    return replace(request, days_per_week=count, run_days=run_days, long_run_day=long_day), []


def _day_conflicts(
    request: PlanRequest, wishes: Sequence[Constraint], given: Collection[str]
) -> Iterator[Conflict]:
    """Wishes about running days against the days, or the number of days, that were filled in."""
    about_days = [wish for wish in wishes if wish.kind in ("avoid_day", "only_day")]
    if "run_days" in given:
        for wish in about_days:
            outside = [day for day in request.run_days if _forbids(wish, wishes, day)]
            if outside:
                yield Conflict(
                    wish,
                    "run_days",
                    f"You chose {', '.join(request.run_days)} as running days, but your details "
                    f"leave out {', '.join(outside)} ({_in_words(wish, wishes)}). Which of the two holds?",
                )
        return
    allowed = _allowed(wishes)
    least = request.days_per_week if "days_per_week" in given else MIN_DAYS
    if len(allowed) < least:
        left = f"{len(allowed)}: {', '.join(allowed)}" if allowed else "none"
        ask = f"ask for {least} days a week" if "days_per_week" in given else f"need {least} days"
        message = f"You {ask}, but your details leave {left}. Fewer days, or other ones?"
        yield from (Conflict(wish, "days_per_week", message) for wish in about_days)


def _nearest(allowed: Sequence[Day], count: int, long_day: Day | None) -> tuple[Day, ...]:
    """The days most like the usual pattern, then most evenly spread, then with a weekend day."""
    usual = set(DEFAULT_RUN_DAYS[count])
    choices = [days for days in combinations(allowed, count) if long_day in (None, *days)]

    def rank(days: tuple[Day, ...]) -> tuple[int, int, bool]:
        places = [DAYS.index(day) for day in days]
        gaps = [(after - day) % 7 for day, after in zip(places, places[1:] + places[:1])]
        uneven = sum(gap * gap for gap in gaps)
        return -len(usual & {*days}), uneven, not {*WEEKEND} & {*days}

    return min(choices, key=rank)


def _long_run_conflicts(
    request: PlanRequest, wishes: Sequence[Constraint], given: Collection[str]
) -> Iterator[Conflict]:
    """Wishes against the day of the long run, and wishes for a day that cannot be one."""
    chosen = request.long_run_day if "long_run_day" in given else None
    for wish in wishes:
        if chosen is not None and _forbids(wish, wishes, chosen):
            yield Conflict(
                wish,
                "long_run_day",
                f"You chose {chosen} for the long run, but your details leave it out "
                f"({_in_words(wish, wishes)}). Which of the two holds?",
            )
    possible = request.run_days if "run_days" in given else _allowed(wishes)
    for wish in wishes:
        if wish.kind != "long_run_day":
            continue
        if chosen not in (None, wish.value):
            who = "you chose" if "long_run_day" in given else "they also say"
            problem = f"{who} {chosen}. Which day?"
        elif wish.value not in possible:
            problem = "that is no running day. Which day?"
        else:
            chosen = wish.value
            continue
        yield Conflict(
            wish,
            "long_run_day",
            f"Your details ask for the long run on {wish.value}, but {problem}",
        )


def _other_conflict(request: PlanRequest, wish: Constraint) -> Conflict | None:
    if wish.kind == "max_session_min" and int(wish.value or 0) < MIN_SESSION_MIN:
        message = (
            f"Your details leave {wish.value} minutes for a session; a run needs "
            f"{MIN_SESSION_MIN} at least. How long can a session be?"
        )
        return Conflict(wish, "max_session_min", message)
    if wish.kind in OTHER_SESSIONS and not spare_days(request):
        keep = ", and a beginner keeps a day of rest" if request.level == "beginner" else ""
        message = (
            f"You ask for {OTHER_SESSIONS[wish.kind]} training, but {request.days_per_week} running "
            f"days leave no day for it{keep}. Fewer running days?"
        )
        return Conflict(wish, "days_per_week", message)
    return None


def _allowed(wishes: Sequence[Constraint]) -> tuple[Day, ...]:
    return tuple(day for day in DAYS if not any(_forbids(wish, wishes, day) for wish in wishes))


def _forbids(wish: Constraint, wishes: Sequence[Constraint], day: str) -> bool:
    """Whether there is no running on `day` by this wish; "only" days stand together."""
    if wish.kind == "avoid_day":
        return wish.value == day
    if wish.kind == "only_day":
        return day not in {other.value for other in wishes if other.kind == "only_day"}
    return False


def _in_words(wish: Constraint, wishes: Sequence[Constraint]) -> str:
    if wish.kind == "avoid_day":
        return f"no running on {wish.value}"
    only = {other.value for other in wishes if other.kind == "only_day"}
    return f"running only on {', '.join(day for day in DAYS if day in only)}"
