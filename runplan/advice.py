"""Advice about the request itself: what makes it risky, and the plain safer alternative.

The plan is written all the same; these warnings stand beside it. Nothing here looks at a plan.
"""

from calendar import day_name
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from runplan import volume
from runplan.envelope import Envelope, build_envelope
from runplan.paces import race_prediction, vdot_of
from runplan.plan import Finding
from runplan.request import DAYS, MIN_WEEKS, RACE_KM, RACE_NAME, PlanRequest
from runplan.rules import rules_of
from runplan.units import clock, from_km, number

# A long run of this length carries a runner through the race (published beginner plans: half
# 16–19 km, marathon 29–32 km; below that the last part is unknown ground).
LONG_NEEDED_KM = {"5K": 4.0, "10K": 7.0, "half": 14.0, "marathon": 26.0}
# Before a 16–20 week marathon plan: 25–30 mi a week with a 10 mi long run (RW-UK), or a comfortable
# 6 mi run (a first-timer plan); the gentler of the two here. Half: a comfortable 5 km.
BASE_WEEK_KM = {"half": 15.0, "marathon": 30.0}
BASE_LONG_KM = {"half": 5.0, "marathon": 10.0}
# A goal this far above the recent race is called ambitious: about 4 % faster at VDOT 40. Chosen here;
# no study says how much one plan brings.
GOAL_VDOT_GAIN = 2.0
# The first week against the stated volume: when it counts as lowered or raised.
LOWERED_SHARE, RAISED_SHARE, RAISED_KM = 0.85, 1.25, 2.0
DAY_NAME: Mapping[str, str] = dict(zip(DAYS, day_name))


def advice(request: PlanRequest, today: date | None) -> tuple[Finding, ...]:
    """Warnings about a request; `today` None leaves out what depends on the calendar."""
    envelope = build_envelope(request)
    return (
        *_time(request),
        *_calendar(request, today),
        *_days(request),
        *_volume(request, envelope),
        *_long_run(request, envelope),
        *_paces(request, envelope),
    )


def missing(request: PlanRequest) -> dict[str, str]:
    """What the runner could still tell: field of the request → how the plan would gain from it.

    Experts' first complaint about plans by language models is that nothing is asked about what is
    missing (Düking, JSSM 2024); no answer is needed, so none of these is a warning.
    """
    reasons = {
        "weekly_distance": "the plan then starts from what you run now, not from what is usual at "
        "your level.",
        "longest_run": "the long runs then grow in safe steps from yours.",
        "recent_race": "your paces then follow from what you can do today. A hard, even run over "
        "one of the race distances will do.",
    }
    return {field: why for field, why in reasons.items() if getattr(request, field) is None}


def _warning(code: str, message: str) -> Finding:
    return Finding(code, "warning", None, message)


def _time(request: PlanRequest) -> Iterator[Finding]:
    floor = volume.floor_weeks(request)
    if request.weeks < floor:
        yield _warning(
            "few_weeks",
            f"{request.weeks} weeks is short for a {RACE_NAME[request.race]}: at least {floor} are "
            "usual. The plan builds up only as far as is safe; a later race, or a shorter one, "
            "would give your training more time.",
        )


def _calendar(request: PlanRequest, today: date | None) -> Iterator[Finding]:
    race_date = request.race_date
    if race_date is None:
        return
    start = race_date - timedelta(days=7 * request.weeks - 1)
    if today is not None and race_date < today:
        yield _warning(
            "race_in_past",
            f"The race date, {race_date.isoformat()}, has passed. Choose the date of your next race.",
        )
    elif today is not None and start < today:
        week = (today - start).days // 7 + 1
        left = ((race_date - today).days + 1) // 7
        shorter = (
            f"Ask for {left} weeks, which are still left"
            if left >= MIN_WEEKS
            else f"A plan takes at least {MIN_WEEKS} weeks, so a later race would be the safer choice"
        )
        yield _warning(
            "start_in_past",
            f"Counted back from your race on {race_date.isoformat()}, this plan began on "
            f"{start.isoformat()}. {shorter}; or join at week {week}, the current one, if you have "
            "been running about that much.",
        )
    race_day = DAYS[race_date.weekday()]
    if race_day != request.long_day:
        days = f"from {DAY_NAME[request.week_order[0]]} to {DAY_NAME[race_day]}"
        text = (
            f"Your race is on a {DAY_NAME[race_day]}, your long runs are on {DAY_NAME[request.long_day]}. "
            f"The weeks of the plan go {days}, so that the last one ends with the race."
        )
        if race_day not in request.run_days:
            text += " In that week the race takes the place of one of your runs."
        yield _warning("race_day_differs", text)


def _days(request: PlanRequest) -> Iterator[Finding]:
    if request.level == "beginner" and request.days_per_week == 7:
        yield _warning(
            "beginner_seven_days",
            "Running every day leaves no day to recover. Four or five days a week bring a beginner "
            "just as far; walk on a day when the legs are heavy.",
        )
    elif request.days_per_week <= 5 and _longest_block(request) >= request.days_per_week:
        yield _warning(
            "crowded_days",
            f"Your running days ({', '.join(request.run_days)}) follow each other, so hard "
            "sessions have no easy days around them and some are left out. Spread over the week, "
            "the same days would do more.",
        )


def _longest_block(request: PlanRequest) -> int:
    """The most running days in a row, over the turn of the week as well."""
    runs = [day in request.run_days for day in DAYS] * 2
    best = block = 0
    for running in runs:
        block = block + 1 if running else 0
        best = max(best, block)
    return min(best, 7)


def _volume(request: PlanRequest, envelope: Envelope) -> Iterator[Finding]:
    stated, units = request.weekly_distance, request.units
    first = envelope.weeks[0].distances
    typical = (first[0] + first[-1]) / 2
    start = rules_of(request).start
    if stated is not None and start < 1:
        yield _warning(
            "eased_start",
            f"The plan starts at about {number(typical)} {units} a week instead of your "
            f"{number(stated)} {units} and grows slowly, to go easy on what hurts or on a body that "
            "comes back. Run on only while nothing hurts.",
        )
    elif stated is not None and typical < stated * LOWERED_SHARE:
        yield _warning(
            "volume_lowered",
            f"Your {number(stated)} {units} a week do not fit into {_what_limits(request, envelope)}; "
            f"the plan starts at about {number(typical)} {units}. More days would keep your volume.",
        )
    raised = from_km(RAISED_KM, units)
    if stated is not None and typical > stated * RAISED_SHARE and typical - stated > raised:
        yield _warning(
            "days_raise_volume",
            f"{request.days_per_week} runs a week make about {number(typical)} {units} at the "
            f"least, more than your {number(stated)} {units} now. Fewer days would be a gentler "
            "start; run by feel and cut a run short when it is too much.",
        )
    base_week, base_long = BASE_WEEK_KM.get(request.race), BASE_LONG_KM.get(request.race)
    weekly, longest = request.weekly_distance_km, request.longest_run_km
    if base_week is None or base_long is None:
        return
    low_week = weekly is not None and weekly < base_week
    low_long = longest is not None and longest < base_long
    if (low_week and (longest is None or low_long)) or (low_long and weekly is None):
        yield _warning(
            "low_base",
            f"Before a {RACE_NAME[request.race]} plan, about {number(round(from_km(base_week, units)))} "
            f"{units} a week with a comfortable run of {number(round(from_km(base_long, units)))} "
            f"{units} is a sound base. Some weeks of easy running first, or a shorter race, would be "
            "the safer way.",
        )


def _what_limits(request: PlanRequest, envelope: Envelope) -> str:
    days = f"{request.days_per_week} days"
    first, most = volume.first_long_limit_km(request), volume.long_limit_km(request, envelope.paces)
    if request.longest_run is not None and first < most:
        return f"{days} with a longest run of {number(request.longest_run)} {request.units}"
    minutes = rules_of(request).session_minutes
    if minutes is not None:
        return f"{days} of at most {minutes} minutes"
    return f"{days} without runs that are too long for a {RACE_NAME[request.race]}"


def _long_run(request: PlanRequest, envelope: Envelope) -> Iterator[Finding]:
    if volume.needs_run_walk(request, envelope.paces):
        yield _warning(
            "run_walk_start",
            "The plan starts with runs that have walking breaks, because half an hour of running is "
            "still a lot for you now. Should it feel easy, take fewer breaks.",
        )
    limit = volume.long_session_limit_km(request, envelope.paces)
    minutes = rules_of(request).long_minutes
    if limit < LONG_NEEDED_KM[request.race]:
        units = request.units
        needed = from_km(LONG_NEEDED_KM[request.race], units)
        yield _warning(
            "short_sessions",
            f"In {minutes} minutes your long run stays below "
            f"{from_km(limit, units):.1f} {units}; for a {RACE_NAME[request.race]} about "
            f"{needed:.0f} {units} is usual. If you can, give the long run more time on one day a "
            "week, or choose a shorter race.",
        )


def _paces(request: PlanRequest, envelope: Envelope) -> Iterator[Finding]:
    if envelope.paces.estimated:
        yield _warning(
            "estimated_paces",
            f"Your paces are estimated from {envelope.paces.source.removesuffix(' (estimated)')} "
            "runner. Go by effort where they feel wrong: easy means you can talk in sentences.",
        )
    recent, goal = request.recent_race, request.goal_time
    if recent is None or goal is None:
        return
    now = vdot_of(RACE_KM[recent.race] * 1000, recent.seconds)
    wanted = vdot_of(RACE_KM[request.race] * 1000, goal)
    if wanted > now + GOAL_VDOT_GAIN:
        yield _warning(
            "ambitious_goal",
            f"Your {RACE_NAME[recent.race]} in {clock(recent.seconds)} points to "
            f"{race_prediction(request)} for the {RACE_NAME[request.race]}; your goal of "
            f"{clock(goal)} is a large step. The paces follow your recent race, which is the safer "
            "way; a goal in between would be within reach sooner.",
        )
