"""Do the texts and the steps of sessions agree with the numbers? Notes are in `note_words`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from runplan.checks.variety import Repeats, repeats_in, repeats_of
from runplan.checks.view import PlanView, Run, WeekView, finding, kind_of
from runplan.paces import WALK_S_PER_KM
from runplan.plan import HARD_KINDS, Finding, Session, Step
from runplan.units import METRES_PER_KM, METRES_PER_MILE, metres_per
from runplan.workouts import JOG_FACTOR

# Texts round: a tenth of a unit is fine, and one per cent of a long run.
TEXT_ROUNDING_KM, TEXT_ROUNDING = 0.3, 0.02
# Steps given by distance must add up; timed ones depend on the speed taken for them.
STEPS_KM, STEPS_SHARE = 0.1, 0.01
TIMED_STEPS_KM, TIMED_STEPS_SHARE = 0.5, 0.10
# Minutes in a text against those of the session: rounded, and with a walk to the door and back.
MINUTES_SHARE, MINUTES = 0.15, 3.0
# A pace written for a session against its zone.
PACE_SHARE = 0.03
# A pattern that begins with one digit is found fastest: what must not stand before it comes second.
_DISTANCE = re.compile(
    r"(\d(?<![\d.:/].)\d*(?:\.\d+)?)[\s-]*(km|kilomet(?:er|re)s?|k|mi|miles?)\b", re.I
)
_REPEATED = re.compile(r"\d\s*(?:[x×*]|times)\s*$", re.I)
_PART = re.compile(
    r"\b(?:last|final|first|middle|then|with|finish\w*|after|before|plus|and)\W*$", re.I
)
_PACE = re.compile(
    r"(\d\d?):(\d{2})(?:\s*[–-]\s*\d{1,2}:\d{2})?\s*(?:min\s*)?(?:/|per )\s*(?:km|mi)"
)
NEGATED = re.compile(
    r"\b(?:no|not|never|without|skip\w*|avoid\w*|instead of|rather than|next|last|before|after|until"
    r"|from)\b[^.;:!?]{0,24}$",
    re.I,
)
# What a text calls a session, for texts that contradict the kind: kind, word, the word in its place.
# Most texts have few of the words, and a word is found sooner than a pattern.
_TITLES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, word, re.compile(pattern, re.I))
    for kind, word, pattern in (
        ("easy", "easy", r"^\W*easy (?:run|jog)"),
        ("recovery", "recovery", r"^\W*recovery (?:run|jog)"),
        ("long", "long", r"^\W*long(?:est)? run"),
        ("tempo", "tempo", r"\btempo\b"),
        ("tempo", "threshold", r"\bthreshold\b"),
        ("intervals", "interval", r"\bintervals?\b"),
        ("reps", "repetition", r"\brepetitions?\b"),
        ("hills", "hill", r"\bhill (?:repeats|sprints|reps)\b|^\W*hills\b"),
        ("fartlek", "fartlek", r"\bfartlek\b"),
        ("race", "race", r"^\W*race day\b"),
        ("rest", "rest", r"^\W*rest(?: day)?\W*$"),
        ("rest", "no running", r"^\W*no running\W*$"),
    )
)
_MINUTES = re.compile(
    r"(\d(?<![\d.:].)\d{0,2})[\s-]*min(?:ute)?s?\b(?!\s*(?:before|after|later|earlier))", re.I
)
# The zone of a kind of session or step where the two have different names.
_ZONE: Mapping[str, str] = {"intervals": "interval", "reps": "rep"}
_TEXT_ZONE: Mapping[str, str] = {**_ZONE, "long": "easy", "recovery": "easy"}
_TIMED_ZONE: Mapping[str, str] = {**_ZONE, "strides": "rep", "fartlek": "tempo"}


@dataclass(frozen=True)
class _Said:
    """What a text says: names of sessions, distances with their km, repetitions, paces in seconds.

    `km` is the sum of the distances.
    """

    titles: tuple[tuple[str, re.Match[str]], ...]
    distances: tuple[tuple[re.Match[str], float], ...]
    km: float
    repeats: Repeats | None
    paces: tuple[int, ...]
    minutes: tuple[re.Match[str], ...]


def check_words(view: PlanView) -> Iterator[Finding]:
    """Findings about texts and steps that contradict the numbers."""
    for week in view.weeks:
        for run in week.runs:
            problem = _text_problem(view, run)
            if problem:
                yield finding("prose_mismatch", "error", week.number, f"{run.day}: {problem}")
            yield from _steps(view, week, run)
        for session in (*(run.session for run in week.runs), *week.others):
            problem = _wrong_minutes(session)
            if problem:
                yield finding("prose_mismatch", "error", week.number, f"{session.day}: {problem}")


@lru_cache(maxsize=4096)
def _read(text: str) -> _Said:
    """What a text says; the same few texts come again and again."""
    lower = text.lower()
    titles = [(kind, title.search(text)) for kind, word, title in _TITLES if word in lower]
    distances = tuple([(match, km_of(match)) for match in _DISTANCE.finditer(text)])
    return _Said(
        tuple([(kind, match) for kind, match in titles if match is not None]),
        distances,
        sum([km for _, km in distances]),
        repeats_in(text),
        tuple([int(match[1]) * 60 + int(match[2]) for match in _PACE.finditer(text)]),
        tuple(_MINUTES.finditer(text)) if "min" in lower else (),
    )


def _text_problem(view: PlanView, run: Run) -> str | None:
    text = run.session.text
    if not text:
        return None
    said = _read(text)
    return (
        _wrong_title(run, text, said, view.own)
        or _wrong_distance(view, run, text, said)
        or _wrong_repeats(run, said)
        or _wrong_pace(view, run, said)
    )


def _wrong_title(run: Run, text: str, said: _Said, own: bool) -> str | None:
    plain = run.kind in ("easy", "recovery")
    for kind, match in said.titles:
        if kind == run.kind or (plain and kind in ("easy", "recovery")):
            continue
        if NEGATED.search(text[: match.start()]):
            continue
        # Elsewhere an easy run may well end with some minutes at tempo.
        if not own and len(text[: match.start()].split()) > 2:
            continue
        # A long run may end at tempo, and a mixed session holds several kinds of work.
        if kind in HARD_KINDS and not plain:
            continue
        return f"the text speaks of {match.group().strip().lower()}, but the session is {run.kind}."
    return None


def _wrong_distance(view: PlanView, run: Run, text: str, said: _Said) -> str | None:
    if not run.exact or run.km is None:
        return None
    rounding = max(TEXT_ROUNDING_KM, TEXT_ROUNDING * run.km)
    if abs(said.km - run.km) <= rounding:
        # The parts of the run, listed.
        return None
    for place, (match, km) in enumerate(said.distances):
        whole = place == 0 and _is_title(run, text[: match.start()], text[match.end() :])
        if km > run.km + rounding or (whole and km < run.km - rounding):
            return f"the text says {match.group()}, but the run is {view.show(run.km)}."
    return None


def km_of(match: re.Match[str]) -> float:
    """Kilometres of a matched number and unit."""
    metres = METRES_PER_MILE if match.group(2).lower().startswith("mi") else METRES_PER_KM
    return float(match.group(1)) * metres / 1000


def _is_title(run: Run, before: str, after: str) -> bool:
    """Whether a distance between these words stands for the whole run: `Easy run 8 km at ...`."""
    if len(before.split()) > 3 or _REPEATED.search(before) or _PART.search(before):
        return False
    # In a session with work, only a title says how long the whole is.
    return run.kind not in HARD_KINDS or after.startswith(":")


def _wrong_repeats(run: Run, said: _Said) -> str | None:
    repeats = said.repeats
    if repeats is None or not run.session.steps:
        return None
    counts = {step.repeat for step in run.session.steps}
    if repeats.count not in counts:
        real = repeats_of(run)
        real_count = real.count if real else max(counts)
        return f"the text says {repeats.count} repetitions, but the session has {real_count}."
    metres = repeats.metres
    sizes = {step.distance_m for step in run.session.steps if step.repeat == repeats.count}
    timed = any(step.duration_s for step in run.session.steps if step.repeat == repeats.count)
    if (
        metres
        and not timed
        and all(size is None or abs(size - metres) > 0.02 * metres for size in sizes)
    ):
        return f"the text says {metres:g} m each, but the steps are {sizes}."
    return None


def _wrong_pace(view: PlanView, run: Run, said: _Said) -> str | None:
    zone = view.paces.get(_TEXT_ZONE.get(run.kind, run.kind))
    if zone is None or run.kind == "race" or not said.paces:
        return None
    fast, slow = zone[0] * (1 - PACE_SHARE), zone[1] * (1 + PACE_SHARE)
    if not any(fast <= seconds <= slow for seconds in said.paces):
        minutes, seconds = divmod(said.paces[0], 60)
        return f"the text says {minutes}:{seconds:02d}, which is not the pace of {run.kind} runs."
    return None


def _wrong_minutes(session: Session) -> str | None:
    """No part of a session takes longer than the whole; one that stands alone is the whole."""
    minutes = session.duration_min
    said = _read(session.text).minutes if session.text else ()
    if minutes is None or not said:
        return None
    slack = max(MINUTES, MINUTES_SHARE * minutes)
    first, most = said[0], max(int(match[1]) for match in said)
    before = session.text[: first.start()]
    alone = len(said) == 1 and len(before.split()) <= 3 and not _REPEATED.search(before)
    plain = kind_of(session.kind) not in HARD_KINDS and not _PART.search(before)
    if most > minutes + slack or (
        alone and plain and session.distance is None and most < minutes - slack
    ):
        return f"the text says {most} min, but the session takes {minutes} min."
    return None


def _steps(view: PlanView, week: WeekView, run: Run) -> Iterator[Finding]:
    steps = run.session.steps
    if not steps or not run.exact or run.km is None:
        return
    total, timed = 0.0, False
    for step in steps:
        if step.distance_m is None:
            timed = True
            if step.duration_s is None:
                return
        total += step.repeat * _step_km(view, step)
    slack = (
        max(TIMED_STEPS_KM, TIMED_STEPS_SHARE * run.km)
        if timed
        else max(STEPS_KM, STEPS_SHARE * run.km)
    )
    if abs(total - run.km) > slack:
        yield finding(
            "steps_mismatch",
            "error",
            week.number,
            f"{run.day}: the steps add up to {view.show(total)}, the session says "
            f"{view.show(run.km)}.",
        )
    for step in steps:
        zone = view.paces.get(_ZONE.get(step.kind, step.kind))
        if zone and step.pace and step.kind != "race":
            slack_s = PACE_SHARE * zone[0]
            if step.pace[1] < zone[0] - slack_s or step.pace[0] > zone[1] + slack_s:
                yield finding(
                    "steps_mismatch",
                    "error",
                    week.number,
                    f"{run.day}: the {step.kind} part is not run at the plan's {step.kind} pace.",
                )


def _step_km(view: PlanView, step: Step) -> float:
    """One repetition; timed steps at the middle of their zone."""
    if step.distance_m is not None:
        return step.distance_m / 1000
    pace = step.pace or view.paces.get(_TIMED_ZONE.get(step.kind, step.kind))
    if pace and sum(pace) > 0:
        s_per_km = sum(pace) / 2 * 1000 / metres_per(view.units)
    elif step.kind == "walk":
        s_per_km = WALK_S_PER_KM
    else:
        s_per_km = view.easy_s_per_km * (JOG_FACTOR if step.kind == "recovery" else 1.0)
    return (step.duration_s or 0.0) / s_per_km
