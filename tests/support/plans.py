"""Plans built by hand for tests: every kind of session, any request, no writer involved."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st

from runplan.plan import (
    PHASES,
    Finding,
    PaceRange,
    Phase,
    Plan,
    Provenance,
    Session,
    Source,
    Step,
    Week,
)
from runplan.request import DAYS, LEVELS, MAX_NAME, RACE_KM, RACES, PlanRequest
from runplan.units import UNITS, Units, from_km, metres_per

PACES_PER_KM: Mapping[str, PaceRange] = {
    "easy": (372, 404),
    "marathon": (345, 345),
    "tempo": (320, 320),
    "interval": (295, 295),
    "rep": (275, 275),
}
# Quality sessions, one a week in turn.
QUALITY = ("tempo", "intervals", "hills", "reps", "fartlek", "marathon", "runwalk")
# Names that formats have to get through unharmed.
NAMES = (
    "",
    "Alex",
    "Zoë 🏃‍♀️ Łukasz",
    "=cmd()|' /C calc'!A0",
    "محمد בן ראשיד",
    "**b** <img src=x onerror=alert(1)> [x](http://x.y) `c` |",
    "BEGIN:VEVENT; SUMMARY,x\\n",
    "李明 Հայկ ไทย",
    "W" * MAX_NAME,
)


def make_request(**changes: Any) -> PlanRequest:
    """An 8-week 10K request of 4 days, with any field changed."""
    values: dict[str, Any] = {
        "race": "10K",
        "level": "beginner",
        "weeks": 8,
        "days_per_week": 4,
        "name": "Alex",
        **changes,
    }
    return PlanRequest(**values)


def make_plan(
    request: PlanRequest | None = None,
    *,
    note: str = "Keep the easy days easy.",
    text: str | None = None,
    findings: tuple[Finding, ...] = (),
) -> Plan:
    """A complete plan for `request`: long runs, a quality session a week in turn, the race last."""
    request = request or make_request()
    weeks = tuple(_week(request, number, note, text) for number in range(1, request.weeks + 1))
    sources: list[Source] = ["model"] * request.weeks
    sources[1], sources[-1] = "repaired", "coach"
    origin = Provenance("scripted", "hand-built", 1, tuple(sources))
    return Plan(request, make_paces(request.units), weeks, origin, findings)


def make_paces(units: Units) -> dict[str, PaceRange]:
    """The paces of a runner of about 25:00 for 5K, per unit."""
    return {
        zone: (round(to_unit(fast, units)), round(to_unit(slow, units)))
        for zone, (fast, slow) in PACES_PER_KM.items()
    }


def to_unit(seconds_per_km: float, units: Units) -> float:
    """Seconds per km to seconds per unit."""
    return seconds_per_km * metres_per(units) / 1000


def _week(request: PlanRequest, number: int, note: str, text: str | None) -> Week:
    last = number == request.weeks
    quality = QUALITY[(number - 1) % len(QUALITY)]
    quality_day = next(day for day in request.ordered_run_days if day != request.long_day)
    sessions = []
    for day in request.week_order:
        if last and day == request.race_day:
            kind = "race"
        elif day not in request.run_days:
            continue
        elif day == request.long_day:
            kind = "easy" if last else "long"
        else:
            kind = quality if day == quality_day else "easy"
        sessions.append(make_session(request, day, kind, text))
    if request.days_per_week < 7 and not last:
        spare = next(day for day in request.week_order if day not in request.run_days)
        sessions.append(Session(spare, "strength", None, 20, "20 min of squats and lunges"))
    total = round(sum(session.distance or 0.0 for session in sessions), 2)
    phase: Phase = PHASES[(number - 1) * len(PHASES) // request.weeks]
    return Week(number, phase, total, note, tuple(sessions))


def make_session(request: PlanRequest, day: str, kind: str, text: str | None = None) -> Session:
    """A session of `kind` with the steps it usually has."""
    paces, metres = make_paces(request.units), metres_per(request.units)
    easy = paces["easy"]
    warm_up = Step("warmup", distance_m=2 * metres, pace=easy)
    cool_down = Step("cooldown", distance_m=metres, pace=easy)
    race = round(from_km(RACE_KM[request.race], request.units), 1)
    plain: dict[str, tuple[float, int, tuple[Step, ...], str]] = {
        "easy": (
            5.0,
            33,
            (
                Step("easy", distance_m=5 * metres, pace=easy),
                Step("strides", repeat=4, duration_s=20),
                Step("recovery", repeat=4, duration_s=60),
            ),
            "Easy, then 4 strides of 20 s",
        ),
        "long": (9.0, 60, (Step("long", distance_m=9 * metres, pace=easy),), "Long and easy"),
        "race": (race, 60, (Step("race", distance_m=RACE_KM[request.race] * 1000),), "Race day"),
        "tempo": (
            7.0,
            43,
            (warm_up, Step("tempo", distance_m=4 * metres, pace=paces["tempo"]), cool_down),
            "2 easy, 4 at tempo pace, 1 easy",
        ),
        "marathon": (
            7.0,
            43,
            (warm_up, Step("marathon", distance_m=4 * metres, pace=paces["marathon"]), cool_down),
            "2 easy, 4 at marathon pace, 1 easy",
        ),
        "intervals": (
            7.5,
            48,
            (
                warm_up,
                Step("intervals", repeat=5, distance_m=800, pace=paces["interval"]),
                Step("recovery", repeat=5, duration_s=120),
                cool_down,
            ),
            "2 easy, 5 × 800 m with 2 min jog, 1 easy",
        ),
        "reps": (
            5.5,
            40,
            (
                warm_up,
                Step("reps", repeat=8, distance_m=200, pace=paces["rep"]),
                Step("recovery", repeat=8, distance_m=200),
                cool_down,
            ),
            "2 easy, 8 × 200 m fast with 200 m jog, 1 easy",
        ),
        "hills": (
            6.0,
            44,
            (
                warm_up,
                Step("hills", repeat=8, duration_s=45),
                Step("recovery", repeat=8, duration_s=90),
                cool_down,
            ),
            "2 easy, 8 × 45 s uphill, walk down, 1 easy",
        ),
        "fartlek": (
            6.0,
            40,
            (
                warm_up,
                Step("fartlek", repeat=6, duration_s=60),
                Step("recovery", repeat=6, duration_s=60),
                cool_down,
            ),
            "2 easy, 6 × 1 min brisk, 1 min easy, 1 easy",
        ),
        "runwalk": (
            4.0,
            32,
            (Step("run", repeat=8, duration_s=180), Step("walk", repeat=8, duration_s=60)),
            "8 × (3 min run, 1 min walk)",
        ),
    }
    distance, duration, steps, words = plain[kind]
    return Session(day, kind, distance, duration, words if text is None else text, steps)


def texts(limit: int) -> st.SearchStrategy[str]:
    """Any text a runner or a model may come up with, odd spaces and scripts included."""
    return st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=limit
    )


@st.composite
def requests(draw: st.DrawFn, *, dated: bool | None = None) -> PlanRequest:
    """Any request of up to 6 weeks, with a race date, without one, or (None) either."""
    day_count = draw(st.integers(3, 7))
    with_date = draw(st.booleans()) if dated is None else dated
    return PlanRequest(
        race=draw(st.sampled_from(RACES)),
        level=draw(st.sampled_from(LEVELS)),
        weeks=draw(st.integers(4, 6)),
        days_per_week=day_count,
        name=draw(st.one_of(st.sampled_from(NAMES), texts(20))),
        units=draw(st.sampled_from(UNITS)),
        long_run_day=draw(st.sampled_from((None, *DAYS))),
        goal_time=None,
        race_date=draw(st.dates(date(2025, 1, 1), date(2035, 12, 31))) if with_date else None,
        max_session_min=draw(st.one_of(st.none(), st.integers(15, 360))),
        details=draw(texts(120)),
    )


@st.composite
def plans(draw: st.DrawFn, *, dated: bool | None = None) -> Plan:
    """Any plan for `requests`, with any note, texts and findings."""
    request = draw(requests(dated=dated))
    findings = draw(
        st.lists(
            st.builds(
                Finding,
                st.just("code"),
                st.sampled_from(("warning", "error")),
                st.one_of(st.none(), st.integers(1, request.weeks)),
                texts(60),
            ),
            max_size=2,
        )
    )
    text = draw(st.one_of(st.none(), texts(100)))
    return make_plan(request, note=draw(texts(120)), text=text, findings=tuple(findings))
