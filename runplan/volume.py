"""The season: phases, and how far each week and its long run go.

Everything here is in km and unrounded; `envelope` turns it into ranges in the runner's unit.
Numbers come from published plans and studies, named at each constant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from runplan.paces import WALK_S_PER_KM, Paces
from runplan.plan import Phase
from runplan.request import Level, PlanRequest
from runplan.rules import rules_of

_LEVEL_INDEX: Mapping[Level, int] = {"beginner": 0, "intermediate": 1, "advanced": 2}

# Peak week and longest run in km per race for beginner, intermediate, advanced at the usual number
# of days (4, 5, 5): the middle of published plans (Higdon, RW-UK, Pfitzinger and others). The
# beginner's marathon is at the low end of 64–93 km, Higdon's Novice 1, the one with 4 days.
PEAK_KM: Mapping[str, tuple[float, float, float]] = {
    "5K": (17, 34, 52),
    "10K": (24, 42, 62),
    "half": (37, 55, 75),
    "marathon": (64, 75, 95),
}
PEAK_LONG_KM: Mapping[str, tuple[float, float, float]] = {
    "5K": (6.5, 11, 14),
    "10K": (10, 14, 18),
    "half": (17, 19, 22),
    "marathon": (30, 32, 32),
}
# How the peak week scales with the running days.
DAYS_FACTOR: Mapping[Level, Mapping[int, float]] = {
    "beginner": {3: 0.85, 4: 1.0, 5: 1.1, 6: 1.15, 7: 1.2},
    "intermediate": {3: 0.72, 4: 0.88, 5: 1.0, 6: 1.1, 7: 1.18},
    "advanced": {3: 0.65, 4: 0.82, 5: 1.0, 6: 1.12, 7: 1.22},
}
# Where a runner of the level starts when the current volume is unknown, as a share of the peak.
START_SHARE: Mapping[Level, float] = {"beginner": 0.55, "intermediate": 0.65, "advanced": 0.7}

# Growth from one loading week to the next. The 10 % rule has no support (GRONORUN); respected plans
# rise by a median of 20 % over the highest earlier week, so 12 % is on the gentle side.
WEEK_GROWTH = 1.12
# The long run against the longest of the last 30 days: the risk rises beyond 10 % (Frandsen, BJSM
# 2025), published plans go to 17–50 %; small steps in km are exempt.
LONG_GROWTH, LONG_STEP_KM = 1.15, 1.5
# Cutback weeks at 70–85 %; how often they come is in `rules`.
CUTBACK, LONG_CUTBACK = 0.8, 0.75
# A time trial every 3–5 weeks: in the cutback weeks, and once more where these end too early.
TRIAL_GAP_MIN, TRIAL_GAP_MAX = 3, 5

# The long run's share of its week. Published plans reach 60 % at 3–4 days, 50 % at 5, 40 % at 6–7;
# these stay below so that rounding never crosses.
LONG_SHARE: Mapping[int, float] = {3: 0.52, 4: 0.49, 5: 0.42, 6: 0.335, 7: 0.325}
START_LONG_SHARE: Mapping[int, float] = {3: 0.42, 4: 0.35, 5: 0.31, 6: 0.27, 7: 0.25}
# No training run is longer than this; Daniels' 2.5 h where the race allows it.
LONG_LIMIT_MIN: Mapping[str, float] = {"5K": 100, "10K": 120, "half": 150, "marathon": 210}
LONG_LIMIT_KM: Mapping[str, float] = {"5K": 20, "10K": 22, "half": 25, "marathon": 34}
# The longest run a week before the race (published half plans up to 10–12 mi, marathons 13–21 km).
LATE_LONG_KM: Mapping[str, float] = {"half": 18, "marathon": 21}
# The first long run against the runner's longest; Frandsen's steps, small ones in km exempt.
FIRST_LONG_GROWTH, FIRST_LONG_STEP_KM = 1.15, 2.0
# The other runs are at most this share of the long run on average, so that it stays the longest.
OTHERS_SHARE = 0.85

# A beginner who cannot yet run for this long starts with run–walk sessions.
CONTINUOUS_MIN = 30.0

# The shortest run worth changing for.
MIN_RUN_KM = 2.0
# With walking breaks all through, easy running is at worst as slow as half running, half walking;
# in sessions shorter than this (minutes) the walk in and out weighs more.
RUN_WALK_SHORT_MIN = 45
# A long run of this length is safe whatever its share of the week.
SHARE_EXEMPT_KM = 8.0

# Runs of the race week, on average: no longer than this, nor than this share of the longest run.
RACE_WEEK_RUN_KM, RACE_WEEK_RUN_SHARE = 10.0, 0.45

# Volume of the taper weeks over the peak week, the race left out, nearest to the race last
# (Bosquet 2007: −41…−60 %; published marathons 68–79 %, 52–71 %, 18–42 %).
TAPERS: Mapping[str, Mapping[int, tuple[float, ...]]] = {
    "5K": {4: (0.6,)},
    "10K": {4: (0.55,)},
    "half": {4: (0.5,), 7: (0.72, 0.42)},
    "marathon": {4: (0.65, 0.35), 10: (0.75, 0.6, 0.33)},
}

# Sensible shortest plans: 16 weeks for a marathon, 12 with experience.
FLOOR_WEEKS: Mapping[str, int] = {"5K": 6, "10K": 8, "half": 10, "marathon": 16}
FLOOR_WEEKS_EXPERIENCED: Mapping[str, int] = {"marathon": 12}


@dataclass(frozen=True)
class SeasonWeek:
    """One week of the curve: km without the race, km of the long run (None in the race week).

    `progress` runs from 0 in the first loading week to 1 in the peak week; `benchmark` weeks are
    those due for a time trial.
    """

    number: int
    phase: Phase
    km: float
    long_km: float | None
    cutback: bool
    progress: float
    benchmark: bool = False


def season(request: PlanRequest, paces: Paces) -> tuple[SeasonWeek, ...]:
    """The curve of the whole plan, from the runner's own volume to the taper."""
    tapers = taper_shares(request)
    loading = request.weeks - len(tapers)
    every = rules_of(request).cutback_every
    cut = [_is_cutback(index, loading, every) for index in range(loading)]
    steps = loading - sum(cut)
    start, peak = _volume_ends(request, paces, steps)
    long_start, long_peak = _long_ends(request, paces, start, peak, steps)
    phases = _phases(loading)
    limits = _limits(request, paces)
    weeks: list[SeasonWeek] = []
    step = 0
    for index in range(loading):
        progress = step / (steps - 1) if steps > 1 else 1.0
        km = _grow(start, peak, progress)
        long_km = _grow(long_start, long_peak, progress)
        if cut[index]:
            km, long_km = km * CUTBACK, long_km * LONG_CUTBACK
        else:
            step += 1
        weeks.append(
            _fit(request, limits, index + 1, phases[index], km, long_km, cut[index], progress)
        )
    for number in trial_weeks(request.weeks, loading, every):
        weeks[number - 1] = replace(weeks[number - 1], benchmark=True)
    top = max(week.km for week in weeks)
    top_long = max(week.long_km or 0.0 for week in weeks)
    for index, share in enumerate(tapers):
        number = loading + index + 1
        last = index == len(tapers) - 1
        week = _fit(
            request, limits, number, "taper", top * share, top_long * share * 0.9, False, 1.0
        )
        weeks.append(_race_week(request, number, top * share, top_long) if last else week)
    return tuple(weeks)


def taper_shares(request: PlanRequest) -> tuple[float, ...]:
    """Volume shares of the taper weeks for this race and length, the race week last."""
    options = TAPERS[request.race]
    return options[max(weeks for weeks in options if weeks <= request.weeks)]


def trial_weeks(weeks: int, loading: int, cutback_every: int) -> tuple[int, ...]:
    """The numbers of the weeks due for a time trial: every 3–5 weeks, the race being the last test.

    `loading` is the number of weeks before the taper. Too short a plan has none.
    """
    due = [index + 1 for index in range(loading) if _is_cutback(index, loading, cutback_every)]
    last = due[-1] if due else 0
    if weeks - last > TRIAL_GAP_MAX and last + TRIAL_GAP_MIN <= loading:
        due.append(last + TRIAL_GAP_MIN)
    return tuple(due)


def session_limit_km(request: PlanRequest, paces: Paces) -> float:
    """The longest easy run in km that fits the runner's time on any running day (else infinite)."""
    return _km_in(request, paces, rules_of(request).session_minutes)


def long_session_limit_km(request: PlanRequest, paces: Paces) -> float:
    """The longest easy run in km that fits the runner's time on the long-run day (else infinite)."""
    return _km_in(request, paces, rules_of(request).long_minutes)


def long_limit_km(request: PlanRequest, paces: Paces) -> float:
    """The longest training run in km: race, pace, the runner's time, and what its share allows."""
    by_time = LONG_LIMIT_MIN[request.race] * 60 / _easy_s_per_km(request, paces)
    # Where the other days hold little, the long run must not outweigh them.
    share = LONG_SHARE[request.days_per_week]
    others = (request.days_per_week - 1) * session_limit_km(request, paces)
    by_share = max(SHARE_EXEMPT_KM, others * share / (1 - share))
    return min(
        by_time, LONG_LIMIT_KM[request.race], long_session_limit_km(request, paces), by_share
    )


def first_long_limit_km(request: PlanRequest) -> float:
    """The longest run of the first week in km: a step up from the runner's longest, when known."""
    longest = request.longest_run_km
    if longest is None:
        return float("inf")
    return max(longest * FIRST_LONG_GROWTH, longest + FIRST_LONG_STEP_KM)


def needs_run_walk(request: PlanRequest, paces: Paces) -> bool:
    """Whether a beginner's stated volume says that half an hour of running is still too much."""
    longest = request.longest_run_km
    if longest is None and request.weekly_distance_km is not None:
        longest = request.weekly_distance_km / 2
    continuous_km = CONTINUOUS_MIN * 60 / paces.s_per_km("easy")
    return request.level == "beginner" and longest is not None and longest < continuous_km


def floor_weeks(request: PlanRequest) -> int:
    """The fewest weeks that are sensible for the race and level."""
    floor = FLOOR_WEEKS[request.race]
    if request.level == "beginner":
        return floor
    return FLOOR_WEEKS_EXPERIENCED.get(request.race, floor)


def min_run_km(request: PlanRequest, paces: Paces) -> float:
    """The shortest run in km for this runner."""
    return min(MIN_RUN_KM, session_limit_km(request, paces))


def _km_in(request: PlanRequest, paces: Paces, minutes: int | None) -> float:
    """Kilometres of the slowest easy running this plan may have in `minutes`."""
    if minutes is None:
        return float("inf")
    slowest = _easy_s_per_km(request, paces)
    short = rules_of(request).run_walk and minutes < RUN_WALK_SHORT_MIN
    if short or needs_run_walk(request, paces):
        slowest = max(slowest, WALK_S_PER_KM)
    return minutes * 60 / slowest


def _easy_s_per_km(request: PlanRequest, paces: Paces) -> float:
    easy = paces.s_per_km("easy")
    return max(easy, (easy + WALK_S_PER_KM) / 2) if rules_of(request).run_walk else easy


def _is_cutback(index: int, loading: int, every: int) -> bool:
    return index % every == every - 1 and index < loading - 1


def _volume_ends(request: PlanRequest, paces: Paces, steps: int) -> tuple[float, float]:
    days = request.days_per_week
    index = _LEVEL_INDEX[request.level]
    usual_peak = PEAK_KM[request.race][index] * DAYS_FACTOR[request.level][days]
    lowest = days * min_run_km(request, paces) * 1.1
    current = request.weekly_distance_km
    start = usual_peak * START_SHARE[request.level] if current is None else current
    # Few days and a short longest run hold only so much: the long run must stay the longest.
    longest = min(first_long_limit_km(request), long_limit_km(request, paces))
    session_limit = session_limit_km(request, paces)
    most = longest + (days - 1) * min(longest * OTHERS_SHARE, session_limit)
    rules = rules_of(request)
    start *= rules.start
    start = max(min(start, most), min(lowest, days * session_limit))
    growth = 1 + (WEEK_GROWTH - 1) * rules.growth
    reachable = start * growth ** max(0, steps - 1)
    return start, min(max(usual_peak, start), reachable)


def _long_ends(
    request: PlanRequest, paces: Paces, start: float, peak: float, steps: int
) -> tuple[float, float]:
    days = request.days_per_week
    limit = long_limit_km(request, paces)
    longest = request.longest_run_km
    rules = rules_of(request)
    first = start * START_LONG_SHARE[days] if longest is None else longest * rules.start
    first = min(max(min(first, start * LONG_SHARE[days]), start / days), limit)
    usual = PEAK_LONG_KM[request.race][_LEVEL_INDEX[request.level]]
    target = max(min(usual, peak * LONG_SHARE[days], limit), min(first, limit))
    reachable = first
    for _ in range(max(0, steps - 1)):
        step = max(reachable * (LONG_GROWTH - 1), LONG_STEP_KM)
        reachable += step * rules.growth
    return first, min(target, reachable)


def _grow(start: float, end: float, progress: float) -> float:
    """Geometric growth: the same percentage from each loading week to the next."""
    return start * float((end / start) ** progress)


def _phases(loading: int) -> list[Phase]:
    """About 40 % base, 35 % build, 25 % peak; short plans keep a peak week first of all."""
    peak = max(1, round(loading * 0.25))
    base = round(loading * 0.4) if loading > 2 else 0
    build = loading - peak - base
    phases: list[Phase] = ["base"] * base
    return phases + ["build"] * build + ["peak"] * peak


def _limits(request: PlanRequest, paces: Paces) -> tuple[float, float, float]:
    """The shortest run, the longest easy run and the longest long run, in km."""
    return (
        min_run_km(request, paces),
        session_limit_km(request, paces),
        long_limit_km(request, paces),
    )


def _fit(
    request: PlanRequest,
    limits: tuple[float, float, float],
    number: int,
    phase: Phase,
    km: float,
    long_km: float,
    cutback: bool,
    progress: float,
) -> SeasonWeek:
    """Make week and long run fit each other: the long run is the longest, no run is too short."""
    others = request.days_per_week - 1
    shortest, limit, long_limit = limits
    if number == request.weeks - 1:
        long_limit = min(long_limit, LATE_LONG_KM.get(request.race, long_limit))
    long_km = max(min(long_km, long_limit), shortest)
    low = long_km + others * shortest
    high = long_km + others * min(long_km * OTHERS_SHARE, limit)
    if km > high:
        # A big week on few days: lengthen the long run as far as its share allows, then cut the week.
        wanted = km / (1 + others * OTHERS_SHARE)
        long_km = max(shortest, min(wanted, long_limit))
        high = long_km + others * min(long_km * OTHERS_SHARE, limit)
    return SeasonWeek(number, phase, min(max(km, low), max(high, low)), long_km, cutback, progress)


def _race_week(request: PlanRequest, number: int, km: float, longest_km: float) -> SeasonWeek:
    runs = request.days_per_week - 1
    most = max(MIN_RUN_KM, min(RACE_WEEK_RUN_KM, RACE_WEEK_RUN_SHARE * longest_km))
    km = max(min(km, runs * most), runs * MIN_RUN_KM)
    return SeasonWeek(number, "taper", km, None, False, 1.0)
