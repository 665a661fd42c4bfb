"""A plan in plain words, piece by piece: what the readable formats have in common.

Knows nothing of layout or escaping; every function returns raw text, and each format wraps and
escapes it in its own way.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from runplan.calendar import plan_dates
from runplan.constraints import Constraint, in_words
from runplan.paces import heart_rate_zones
from runplan.plan import HARD_KINDS, RUN_KINDS, Phase, Plan, Session, Week
from runplan.request import RACE_NAME
from runplan.units import clock, number

KIND_NAME = {
    "easy": "Easy run",
    "recovery": "Recovery run",
    "long": "Long run",
    "marathon": "Marathon-pace run",
    "tempo": "Tempo run",
    "intervals": "Intervals",
    "trial": "Time trial",
    "reps": "Repetitions",
    "hills": "Hills",
    "fartlek": "Fartlek",
    "runwalk": "Run–walk",
    "race": "Race",
    "cross": "Cross-training",
    "strength": "Strength",
    "rest": "Rest",
}

# Zone of `Plan.paces` → its name and how it should feel.
ZONES = {
    "recovery": ("Recovery", "very relaxed; you could sing"),
    "easy": ("Easy", "relaxed; you can talk in whole sentences"),
    "long": ("Long run", "relaxed; you can talk in whole sentences"),
    "marathon": ("Marathon", "steady; you can talk in short sentences"),
    "tempo": ("Tempo", "comfortably hard; a few words at a time"),
    "interval": ("Interval", "hard but even; single words only"),
    "rep": ("Repetition", "fast and relaxed, with full recovery; not a sprint"),
    "race": ("Race", "your goal for the day; hold back in the first part"),
}

SOURCE_WORDS = {
    "model": "written by the model",
    "repaired": "written by the model and rewritten after a check",
    "coach": "written by the rule-based coach",
}

DISCLAIMER = (
    "This plan is general training advice, not medical advice. If you are new to exercise, "
    "pregnant, injured or have a health condition, ask a doctor before you start. Stop and get "
    "help if you have chest pain, faintness or unusual breathlessness, and rest when pain changes "
    "how you run."
)


@dataclass(frozen=True)
class DayRow:
    """One day of a week as shown: its date if known, and its sessions (none on a rest day)."""

    week: Week
    day: str
    date: date | None
    sessions: tuple[Session, ...]


def day_rows(plan: Plan) -> list[tuple[Week, list[DayRow]]]:
    """Every week with all its seven days, in the order of a plan week; rest sessions left out."""
    dates = plan_dates(plan)
    return [
        (
            week,
            [
                DayRow(
                    week,
                    day,
                    dates[week.number, day] if dates else None,
                    tuple(s for s in week.sessions if s.day == day and s.kind != "rest"),
                )
                for day in plan.request.week_order
            ],
        )
        for week in plan.weeks
    ]


def title(plan: Plan) -> str:
    """What the plan is and for whom: `10K training plan for Alex`."""
    race = RACE_NAME[plan.request.race]
    name = f" for {plan.request.name}" if plan.request.name else ""
    return f"{race[:1].upper()}{race[1:]} training plan{name}"


def short_date(day: date) -> str:
    """A date without its weekday: `26 Apr 2027`."""
    return f"{day.day} {day:%b} {day.year}"


def full_date(day: date) -> str:
    """A date with its weekday: `Sun 25 Apr 2027`."""
    return f"{day:%a} {short_date(day)}"


def distance(value: float, plan: Plan) -> str:
    """A distance in the plan's unit: `24 km`."""
    return f"{number(round(value, 2))} {plan.request.units}"


def minutes(value: int) -> str:
    """A duration: `32 min`, `1 h 45 min`, `2 h`."""
    hours, rest = divmod(value, 60)
    parts = ([f"{hours} h"] if hours else []) + ([f"{rest} min"] if rest or not hours else [])
    return " ".join(parts)


def pace_range(pace: tuple[int, int]) -> str:
    """A pace or a range of paces without its unit: `6:12–6:44`."""
    fast, slow = clock(pace[0]), clock(pace[1])
    return fast if fast == slow else f"{fast}–{slow}"


def overview(plan: Plan) -> list[tuple[str, str]]:
    """The head of the plan as (label, value): race, level, weeks, days, units and dates."""
    request = plan.request
    rows = [
        ("Race", RACE_NAME[request.race]),
        ("Level", request.level),
        ("Length", f"{request.weeks} weeks, {request.days_per_week} running days a week"),
        ("Units", "kilometres" if request.units == "km" else "miles"),
    ]
    if request.name:
        rows.insert(0, ("Runner", request.name))
    dates = plan_dates(plan)
    if dates and request.race_date:
        rows.append(("First day", full_date(min(dates.values()))))
        rows.append(("Race day", full_date(request.race_date)))
    return rows


def criteria(plan: Plan) -> list[tuple[str, str]]:
    """What the runner asked for beyond the overview, as (label, value)."""
    request = plan.request
    rows = [
        ("Running days", ", ".join(request.ordered_run_days)),
        ("Long run on", request.long_day),
    ]
    if request.weekly_distance is not None:
        rows.append(("Current weekly distance", distance(request.weekly_distance, plan)))
    if request.longest_run is not None:
        rows.append(("Longest recent run", distance(request.longest_run, plan)))
    if request.recent_race is not None:
        recent = request.recent_race
        rows.append(("Recent race", f"{RACE_NAME[recent.race]} in {clock(recent.seconds)}"))
    if request.goal_time is not None:
        rows.append(("Goal time", clock(request.goal_time)))
    if request.max_session_min is not None:
        rows.append(("Time for a session", f"at most {minutes(request.max_session_min)}"))
    if request.age is not None:
        rows.append(("Age", str(request.age)))
    if request.max_heart_rate is not None:
        rows.append(("Maximum heart rate", f"{request.max_heart_rate} bpm"))
    if request.details:
        rows.append(("Details", request.details))
    if request.constraints:
        rows.append(("Wishes", wishes(request.constraints)))
    return rows


def pace_table(plan: Plan) -> tuple[list[str], list[list[str]]]:
    """Titles and rows: zone, pace with its unit, heart rate where the highest is known, effort."""
    highest = plan.request.max_heart_rate
    hearts = heart_rate_zones(highest) if highest is not None else {}
    rows = []
    for zone, pace in plan.paces.items():
        name, effort = ZONES.get(zone, (zone.capitalize(), ""))
        heart = [_heart_rate(hearts.get(zone))] if hearts else []
        rows.append([name, f"{pace_range(pace)} /{plan.request.units}", *heart, effort])
    return ["Zone", "Pace", *(["Heart rate"] if hearts else []), "Effort"], rows


def _heart_rate(limits: tuple[int, int] | None) -> str:
    return "–" if limits is None else f"{limits[0]}–{limits[1]} bpm"


def wishes(constraints: Iterable[Constraint]) -> str:
    """Constraints in one line: `no running on Tuesday; sore knee`."""
    return "; ".join(words[:1].lower() + words[1:] for words in map(in_words, constraints))


def week_title(week: Week, plan: Plan) -> str:
    """`Week 1 (base) – 24 km`."""
    phase = f" ({week.phase})" if week.phase else ""
    return f"Week {week.number}{phase} – {distance(week.distance, plan)}"


def week_span(rows: Sequence[DayRow]) -> str:
    """The dates of one week, `2 Mar 2027 to 8 Mar 2027`, or nothing without dates."""
    first, last = rows[0].date, rows[-1].date
    return f"{short_date(first)} to {short_date(last)}" if first and last else ""


def kind_name(session: Session) -> str:
    """The kind of a session as a heading."""
    kind = "trial" if trial_metres(session) is not None else session.kind
    return KIND_NAME.get(kind, kind.capitalize())


def trial_metres(session: Session) -> float | None:
    """The metres of a time trial, which is intervals in a single block; None for other sessions."""
    steps = [step for step in session.steps if step.kind == session.kind == "intervals"]
    return steps[0].distance_m if len(steps) == 1 and steps[0].repeat == 1 else None


def session_title(session: Session, plan: Plan) -> str:
    """Kind and size of a session: `Easy run, 5 km, about 32 min`."""
    parts = [kind_name(session)]
    if session.distance is not None:
        parts.append(distance(session.distance, plan))
    if session.duration_min is not None:
        about = "about " if session.distance is not None else ""
        parts.append(about + minutes(session.duration_min))
    return ", ".join(parts)


def session_label(session: Session, plan: Plan) -> str:
    """A session in a few words, for a calendar or a watch: `Easy run 5 km`, `Strength 20 min`."""
    parts = [kind_name(session)]
    if session.distance is not None:
        parts.append(distance(session.distance, plan))
    elif session.duration_min is not None:
        parts.append(minutes(session.duration_min))
    return " ".join(parts)


def session_line(session: Session, plan: Plan) -> str:
    """A session in one line: its own text, completed by what that leaves out."""
    text = session.text.rstrip(".")
    if not text:
        return session_title(session, plan)
    if session.kind == "race" or session.distance is None:
        return text
    size = re.escape(distance(session.distance, plan))
    if re.search(rf"(?<![\d.]){size}\b", text) is None:
        return f"{session_title(session, plan)}: {text}"
    about = "" if session.duration_min is None else f" (about {minutes(session.duration_min)})"
    return text + about


def tidy(plan: Plan) -> Plan:
    """The plan with every text on one line and free of control characters and lone surrogates."""
    weeks = tuple(
        replace(
            week,
            phase=cast(Phase, _line(week.phase)),
            note=_line(week.note),
            sessions=tuple(
                replace(session, kind=_line(session.kind), text=_line(session.text))
                for session in week.sessions
            ),
        )
        for week in plan.weeks
    )
    findings = tuple(replace(found, message=_line(found.message)) for found in plan.findings)
    origin = plan.provenance
    origin = replace(origin, backend=_line(origin.backend), model=_line(origin.model))
    paces = {_line(zone): pace for zone, pace in plan.paces.items()}
    return replace(plan, paces=paces, weeks=weeks, findings=findings, provenance=origin)


def _line(text: str) -> str:
    shown = "".join(
        char
        if char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )
    return " ".join(shown.split())


def summary(plan: Plan) -> list[tuple[str, str]]:
    """The plan in figures, as (label, value)."""
    runs = [
        (week, session)
        for week in plan.weeks
        for session in week.sessions
        if session.kind in RUN_KINDS
    ]
    training = [(week, session) for week, session in runs if session.kind != "race"]
    total = distance(sum(week.distance for week in plan.weeks), plan)
    rows = [("Total distance", f"{total} with the race")]
    totals: dict[int, float] = {}
    for week, session in training:
        totals[week.number] = totals.get(week.number, 0.0) + (session.distance or 0.0)
    if totals:
        biggest = max(totals, key=lambda number_: totals[number_])
        rows.append(("Biggest week", f"{distance(totals[biggest], plan)} in week {biggest}"))
    measured = [(s.distance, week.number) for week, s in training if s.distance is not None]
    if measured:
        longest, number_ = max(measured, key=lambda pair: pair[0])
        rows.append(("Longest run", f"{distance(longest, plan)} in week {number_}"))
    hard = sum(session.kind in HARD_KINDS for _, session in runs)
    rows.append(("Runs", f"{len(runs)}, of which {hard} faster than easy"))
    return rows


def warnings(plan: Plan) -> list[str]:
    """What the checks noticed, one sentence each."""
    lines = []
    for finding in plan.findings:
        where = "" if finding.week is None else f"Week {finding.week}: "
        what = "Problem: " if finding.level == "error" else ""
        lines.append(f"{what}{where}{finding.message}")
    return lines


def provenance(plan: Plan) -> list[str]:
    """Who wrote which weeks, and with what."""
    origin = plan.provenance
    with_model = f", model {origin.model}" if origin.model else ""
    lines = [f"Backend {origin.backend}{with_model}, seed {origin.seed}."]
    for source, words in SOURCE_WORDS.items():
        weeks = [
            week.number for week, by in zip(plan.weeks, origin.weeks, strict=False) if by == source
        ]
        if len(weeks) == len(plan.weeks):
            lines.append(f"All weeks {words}.")
        elif weeks:
            lines.append(f"{'Week' if len(weeks) == 1 else 'Weeks'} {spans(weeks)} {words}.")
    return lines


def spans(numbers: Sequence[int]) -> str:
    """Ascending whole numbers as ranges: `1–3, 5`."""
    groups: list[list[int]] = []
    for value in numbers:
        if groups and value == groups[-1][-1] + 1:
            groups[-1].append(value)
        else:
            groups.append([value])
    return ", ".join(
        str(group[0]) if len(group) == 1 else f"{group[0]}–{group[-1]}" for group in groups
    )
