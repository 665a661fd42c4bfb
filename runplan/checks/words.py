"""Do words and steps agree with the numbers? Session texts, steps, and the note of the week."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from runplan import notes
from runplan.checks.variety import repeats_in, repeats_of
from runplan.checks.view import PlanView, Run, WeekView, finding, kind_of
from runplan.drafts import SessionDraft, WeekDraft
from runplan.envelope import WeekEnvelope
from runplan.notation import NOTE_MAX, NOTE_MIN, week_facts, week_fits
from runplan.note_grammar import STOPS
from runplan.paces import WALK_S_PER_KM
from runplan.plan import HARD_KINDS, RUN_KINDS, Finding, Session, Step
from runplan.units import METRES_PER_KM, METRES_PER_MILE, metres_per, number
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
# Claims of `notes.contradictions` that can be judged from the week alone.
_WEEK_CLAIMS = (*notes.MENTIONS, "taper", "cutback", "first week")

_DISTANCE = re.compile(
    r"(?<![\d.:/])(\d+(?:\.\d+)?)[\s-]*(km|kilomet(?:er|re)s?|k|mi|miles?)\b", re.I
)
_REPEATED = re.compile(r"\d\s*(?:[x×*]|times)\s*$", re.I)
_PART = re.compile(
    r"\b(?:last|final|first|middle|then|with|finish\w*|after|before|plus|and)\W*$", re.I
)
_PACE = re.compile(
    r"(\d{1,2}):(\d{2})(?:\s*[–-]\s*\d{1,2}:\d{2})?\s*(?:min\s*)?(?:/|per )\s*(?:km|mi)"
)
_NEGATED = re.compile(
    r"\b(?:no|not|never|without|skip\w*|avoid\w*|instead of|rather than|next|last|before|after|until"
    r"|from)\b[^.;:!?]{0,24}$",
    re.I,
)
# What a text calls a session, for texts that contradict the kind.
_TITLES: dict[str, re.Pattern[str]] = {
    "easy": re.compile(r"^\W*easy (?:run|jog)", re.I),
    "recovery": re.compile(r"^\W*recovery (?:run|jog)", re.I),
    "long": re.compile(r"^\W*long(?:est)? run", re.I),
    "tempo": re.compile(r"\btempo\b|\bthreshold\b", re.I),
    "intervals": re.compile(r"\bintervals?\b", re.I),
    "reps": re.compile(r"\brepetitions?\b", re.I),
    "hills": re.compile(r"\bhill (?:repeats|sprints|reps)\b|^\W*hills\b", re.I),
    "fartlek": re.compile(r"\bfartlek\b", re.I),
    "race": re.compile(r"^\W*race day\b", re.I),
    "rest": re.compile(r"^\W*(?:rest(?: day)?|no running)\W*$", re.I),
}
_TOTAL = re.compile(
    r"(\d+(?:\.\d+)?)\s*(km|miles?|mi)\s*(?:in total|total|(?:for|of) the week|this week|weekly)",
    re.I,
)
_RUNS = re.compile(
    r"\b(\d|three|four|five|six|seven) (?:runs|running days|sessions) this week", re.I
)
_MINUTES = re.compile(
    r"(?<![\d.:])(\d{1,3})[\s-]*min(?:ute)?s?\b(?!\s*(?:before|after|later|earlier))", re.I
)
_WEEKS_LEFT = re.compile(
    r"\b(\d{1,2}|[a-z]+)(?: more)? weeks? (?:to go|left|remain\w*|until|to the race|to race day"
    r"|before (?:the )?race|(?:away )?from (?:the )?race)",
    re.I,
)
_PLAN_WEEKS = re.compile(
    r"\b(\d{1,2}|[a-z]+)[\s-]weeks? (?:plan|program(?:me)?|schedule)\b|\bweek \d{1,2} of (\d{1,2})\b",
    re.I,
)
_COUNTS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "sixteen": 16,
}


def check_words(view: PlanView) -> Iterator[Finding]:
    """Findings about texts, steps and notes that contradict the numbers."""
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
        yield from _note(view, week)
        yield from _note_weeks(view, week)


def week_problem(draft: WeekDraft, week: WeekEnvelope) -> str | None:
    """Why a written week must be repaired, or None: it leaves its envelope, or its note is wrong."""
    return week_fits(draft, week) or note_problem(draft, week)


def note_problem(draft: WeekDraft, week: WeekEnvelope) -> str | None:
    """What is wrong with the note of a written week, or None."""
    problem = _note_form(draft.note)
    if problem:
        return problem
    facts = week_facts(week, draft_kinds(draft.sessions))
    wrong = [claim for claim in notes.contradictions(draft.note, facts) if claim in _WEEK_CLAIMS]
    return f"the note speaks of {', '.join(wrong)}, which the week has not" if wrong else None


def draft_kinds(sessions: tuple[SessionDraft, ...]) -> frozenset[str]:
    """The kinds a note may speak of: session kinds, "strides", "finish" and "runwalk"."""
    kinds = {session.kind for session in sessions}
    if any(session.strides for session in sessions):
        kinds.add("strides")
    if any(session.finish for session in sessions):
        kinds.add("finish")
    if any(session.blocks and session.blocks.walk_min for session in sessions):
        kinds.add("runwalk")
    return frozenset(kinds)


def _note_form(note: str) -> str | None:
    bare = note.replace(notes.NAME, "Alex")
    words = re.findall(r"[^\W\d_]+", bare.lower())
    if len(bare) < NOTE_MIN or len(words) < 3:
        return "the note is too short"
    if len(note) > NOTE_MAX:
        return f"the note is longer than {NOTE_MAX} characters"
    if note[-1] not in STOPS:
        return "the note is cut off"
    if re.search(r"\d", note):
        return "the note has digits"
    if re.search(r"[{}]", bare):
        return "the note has braces that are not {name}"
    if "\n" in note:
        return "the note has more than one line"
    if any(first == second == third for first, second, third in zip(words, words[1:], words[2:])):
        return "the note repeats a word"
    pairs = list(pairwise(words))
    if any(pairs.count(pair) > 2 for pair in set(pairs)):
        return "the note repeats itself"
    return None


def _text_problem(view: PlanView, run: Run) -> str | None:
    text = run.session.text
    if not text:
        return None
    return (
        _wrong_title(run, text, view.own)
        or _wrong_distance(view, run, text)
        or _wrong_repeats(run, text)
        or _wrong_pace(view, run, text)
    )


def _wrong_title(run: Run, text: str, own: bool) -> str | None:
    plain = run.kind in ("easy", "recovery")
    for kind, match in _titles_in(text):
        if kind == run.kind or _NEGATED.search(text[: match.start()]):
            continue
        if {kind, run.kind} == {"easy", "recovery"}:
            continue
        # Elsewhere an easy run may well end with some minutes at tempo.
        if not own and len(text[: match.start()].split()) > 2:
            continue
        # A long run may end at tempo, and a mixed session holds several kinds of work.
        if kind in HARD_KINDS and not plain:
            continue
        return f"the text speaks of {match.group().strip().lower()}, but the session is {run.kind}."
    return None


@lru_cache(maxsize=4096)
def _titles_in(text: str) -> tuple[tuple[str, re.Match[str]], ...]:
    """What a text calls sessions; the same few texts come again and again."""
    found = ((kind, title.search(text)) for kind, title in _TITLES.items())
    return tuple((kind, match) for kind, match in found if match is not None)


def _wrong_distance(view: PlanView, run: Run, text: str) -> str | None:
    if not run.exact or run.km is None:
        return None
    rounding = max(TEXT_ROUNDING_KM, TEXT_ROUNDING * run.km)
    found = [(match, _km_of(match)) for match in _DISTANCE.finditer(text)]
    if abs(sum(km for _, km in found) - run.km) <= rounding:
        # The parts of the run, listed.
        return None
    for place, (match, km) in enumerate(found):
        whole = place == 0 and _is_title(run, text[: match.start()], text[match.end() :])
        if km > run.km + rounding or (whole and km < run.km - rounding):
            return f"the text says {match.group()}, but the run is {view.show(run.km)}."
    return None


def _km_of(match: re.Match[str]) -> float:
    metres = METRES_PER_MILE if match.group(2).lower().startswith("mi") else METRES_PER_KM
    return float(match.group(1)) * metres / 1000


def _is_title(run: Run, before: str, after: str) -> bool:
    """Whether a distance between these words stands for the whole run: `Easy run 8 km at ...`."""
    if len(before.split()) > 3 or _REPEATED.search(before) or _PART.search(before):
        return False
    # In a session with work, only a title says how long the whole is.
    return run.kind not in HARD_KINDS or after.startswith(":")


def _wrong_repeats(run: Run, text: str) -> str | None:
    said = repeats_in(text)
    if said is None or not run.session.steps:
        return None
    counts = {step.repeat for step in run.session.steps}
    if said.count not in counts:
        real = repeats_of(run)
        real_count = real.count if real else max(counts)
        return f"the text says {said.count} repetitions, but the session has {real_count}."
    sizes = {step.distance_m for step in run.session.steps if step.repeat == said.count}
    timed = any(step.duration_s for step in run.session.steps if step.repeat == said.count)
    if (
        said.metres
        and not timed
        and all(size is None or abs(size - said.metres) > 0.02 * said.metres for size in sizes)
    ):
        return f"the text says {said.metres:g} m each, but the steps are {sizes}."
    return None


def _wrong_pace(view: PlanView, run: Run, text: str) -> str | None:
    zones = {"intervals": "interval", "reps": "rep", "long": "easy", "recovery": "easy"}
    zone = view.paces.get(zones.get(run.kind, run.kind))
    if zone is None or run.kind == "race":
        return None
    said = [int(match[1]) * 60 + int(match[2]) for match in _PACE.finditer(text)]
    fast, slow = zone[0] * (1 - PACE_SHARE), zone[1] * (1 + PACE_SHARE)
    if said and not any(fast <= seconds <= slow for seconds in said):
        minutes, seconds = divmod(said[0], 60)
        return f"the text says {minutes}:{seconds:02d}, which is not the pace of {run.kind} runs."
    return None


def _wrong_minutes(session: Session) -> str | None:
    """No part of a session takes longer than the whole; one that stands alone is the whole."""
    minutes = session.duration_min
    said = list(_MINUTES.finditer(session.text))
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
    if any(step.distance_m is None and step.duration_s is None for step in steps):
        return
    total = sum(step.repeat * _step_km(view, step) for step in steps)
    timed = any(step.distance_m is None for step in steps)
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
        zone = view.paces.get({"intervals": "interval", "reps": "rep"}.get(step.kind, step.kind))
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
    zone = {"intervals": "interval", "reps": "rep", "strides": "rep", "fartlek": "tempo"}.get(
        step.kind, step.kind
    )
    pace = step.pace or view.paces.get(zone)
    if pace and sum(pace) > 0:
        s_per_km = sum(pace) / 2 * 1000 / metres_per(view.units)
    elif step.kind == "walk":
        s_per_km = WALK_S_PER_KM
    else:
        s_per_km = view.easy_s_per_km * (JOG_FACTOR if step.kind == "recovery" else 1.0)
    return (step.duration_s or 0.0) / s_per_km


def _note(view: PlanView, week: WeekView) -> Iterator[Finding]:
    note = week.note
    if not note:
        return
    kinds = {run.kind for run in week.runs}
    for run in week.runs:
        kinds |= _parts(run.session)
    for kind, words in notes.MENTIONS.items():
        match = words.search(note)
        if kind not in RUN_KINDS or match is None or notes.SATISFIED_BY[kind] & kinds:
            continue
        if not view.own and _NEGATED.search(note[: match.start()]):
            continue
        yield finding(
            "prose_mismatch",
            "error" if view.own else "warning",
            week.number,
            f"The note speaks of “{match.group()}”, but the week has no such session.",
        )
    total = _TOTAL.search(note)
    if total and week.km is not None:
        said = _km_of(total)
        whole = week.km + (week.race.km or 0.0 if week.race else 0.0)
        if min(abs(said - week.km), abs(said - whole)) > max(1.0, 0.03 * week.km):
            yield finding(
                "prose_mismatch",
                "error",
                week.number,
                f"The note says {total.group(1)} {total.group(2)}, but the week is "
                f"{view.show(week.km)}.",
            )
    runs = _RUNS.search(note)
    if runs:
        count = _COUNTS.get(runs.group(1).lower()) or int(runs.group(1))
        if count not in (len(week.runs), len(week.training)):
            yield finding(
                "prose_mismatch",
                "error",
                week.number,
                f"The note says {number(count)} runs, but the week has {len(week.runs)}.",
            )


def _note_weeks(view: PlanView, week: WeekView) -> Iterator[Finding]:
    """What the note says of the plan's length, or of the weeks that are left."""
    total, left = view.weeks_asked, view.weeks_asked - week.number
    for pattern, right, truth in (
        (_PLAN_WEEKS, (total,), f"the plan has {total}"),
        # This week may be counted or not.
        (_WEEKS_LEFT, (left, left + 1), f"{left} follow this one"),
    ):
        match = pattern.search(week.note)
        said = None if match is None else next(group for group in match.groups() if group)
        count = None if said is None else _COUNTS.get(said.lower(), said)
        if match is not None and str(count).isdigit() and int(count or 0) not in right:
            yield finding(
                "prose_mismatch",
                "error",
                week.number,
                f"The note says “{match.group()}”, but {truth}.",
            )


def _parts(session: Session) -> set[str]:
    """Kinds of work inside a session, from its steps and its text."""
    kinds = {step.kind for step in session.steps}
    if kinds & {"run", "walk"}:
        kinds.add("runwalk")
    if "marathon" in kinds:
        kinds.add("finish")
    if re.search(r"\bstrides?\b", session.text, re.I):
        kinds.add("strides")
    return kinds
