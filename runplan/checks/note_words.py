"""Does the note of a week agree with the week? Also of a week as the model wrote it."""

import re
from collections.abc import Iterator
from itertools import pairwise

from runplan.checks.view import PlanView, WeekView, finding
from runplan.checks.words import NEGATED, km_of
from runplan.claims import MENTIONS, NAME, SATISFIED_BY, claims_in, contradictions, strange_ailments
from runplan.drafts import WeekDraft, draft_kinds
from runplan.envelope import WeekEnvelope
from runplan.notation import NOTE_MAX, NOTE_MIN, week_facts, week_fits
from runplan.note_grammar import STOPS
from runplan.plan import RUN_KINDS, Finding, Session
from runplan.units import number

_TOTAL = re.compile(
    r"(\d+(?:\.\d+)?)\s*(km|miles?|mi)\s*(?:in total|total|(?:for|of) the week|this week|weekly)",
    re.I,
)
_RUNS = re.compile(
    r"\b(\d|three|four|five|six|seven) (?:runs|running days|sessions) this week", re.I
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
# A note that counts runs, weeks or distance has one of these words.
_COUNTED = re.compile("week|total", re.I)
_STRIDES = re.compile(r"\bstrides?\b", re.I)
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


def check_notes(view: PlanView) -> Iterator[Finding]:
    """Findings about notes that contradict their week or the plan."""
    for week in view.weeks:
        if week.note:
            yield from _note(view, week)


def week_problem(draft: WeekDraft, week: WeekEnvelope) -> str | None:
    """Why a written week must be repaired, or None: it leaves its envelope, or its note is wrong."""
    return week_fits(draft, week) or note_problem(draft, week)


def note_problem(draft: WeekDraft, week: WeekEnvelope) -> str | None:
    """What is wrong with the note of a written week, or None."""
    problem = _note_form(draft.note)
    if problem:
        return problem
    facts = week_facts(week, draft_kinds(draft.sessions))
    if wrong := contradictions(draft.note, facts):
        return f"the note speaks of {', '.join(wrong)}, which the week has not"
    if wrong := strange_ailments(draft.note, facts.topics):
        return f"the note speaks of {', '.join(wrong)}, which the details have not"
    return None


def _note_form(note: str) -> str | None:
    bare = note.replace(NAME, "Alex")
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
    if note.count(NAME) > 1:
        return "the note has the name twice"
    if "\n" in note:
        return "the note has more than one line"
    if any(first == second == third for first, second, third in zip(words, words[1:], words[2:])):
        return "the note repeats a word"
    pairs = list(pairwise(words))
    if any(pairs.count(pair) > 2 for pair in set(pairs)):
        return "the note repeats itself"
    return None


def _note(view: PlanView, week: WeekView) -> Iterator[Finding]:
    """Findings about one note."""
    note = week.note
    claims = claims_in(note)
    kinds = {run.kind for run in week.runs}
    if any(kind in claims and not SATISFIED_BY[kind] & kinds for kind in RUN_KINDS):
        yield from _missing(view, week, kinds.union(*(_parts(run.session) for run in week.runs)))
    if _COUNTED.search(note):
        yield from _counts(view, week)
        yield from _weeks(view, week)


def _missing(view: PlanView, week: WeekView, kinds: set[str]) -> Iterator[Finding]:
    """The sessions that the note speaks of and the week, with these kinds of work, has not."""
    for kind, words in MENTIONS.items():
        match = words.search(week.note)
        if kind not in RUN_KINDS or match is None or SATISFIED_BY[kind] & kinds:
            continue
        if not view.own and NEGATED.search(week.note[: match.start()]):
            continue
        yield finding(
            "prose_mismatch",
            "error" if view.own else "warning",
            week.number,
            f"The note speaks of “{match.group()}”, but the week has no such session.",
        )


def _counts(view: PlanView, week: WeekView) -> Iterator[Finding]:
    """What the note says of the week's distance and runs."""
    note = week.note
    total = _TOTAL.search(note)
    if total and week.km is not None:
        said = km_of(total)
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


def _weeks(view: PlanView, week: WeekView) -> Iterator[Finding]:
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
    if _STRIDES.search(session.text):
        kinds.add("strides")
    return kinds
