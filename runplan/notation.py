"""The plan notation: parsing, printing and the grammar, in one place so that they agree.

    1 base 24 long 8 hills            an outline line: week, phase, distance, long run, focus
    12 taper 14 race                  the race week: no long run, the distance leaves the race out

    Tue easy 5 strides 4              a week: one line per running day ...
    Thu hills 6: 8x45s
    Sun long 24 finish 5
    Note Short steps uphill, {name}.  ... and the note, where `{name}` stands for the runner

The grammar is GBNF (llama.cpp's format, also read by vLLM and XGrammar).
"""

import re
from collections.abc import Iterable, Sequence
from typing import cast

from runplan.claims import NoteFacts, forbidden_phrases
from runplan.drafts import Blocks, BlockUnit, OutlineLine, SessionDraft, WeekDraft, slot_keys
from runplan.envelope import Envelope, Slot, WeekEnvelope
from runplan.errors import NotationError
from runplan.note_grammar import note_rules
from runplan.plan import HARD_KINDS, PHASES, RUN_KINDS, Phase
from runplan.request import DAYS
from runplan.topics import topics_in
from runplan.units import number

# A note is one line of plain text: no digits, so that it cannot contradict the sessions.
NOTE_MIN, NOTE_MAX = 12, 200
NAME = "{name}"
FOCUSES = (*HARD_KINDS, "easy", "strides", "runwalk", "race")

_NUMBER = r"(\d{1,3}(?:\.\d)?)"
_OUTLINE = re.compile(rf"(\d{{1,2}}) (\w+) {_NUMBER}(?: long {_NUMBER})? (\w+)")
_SESSION = re.compile(
    rf"(\w{{3}}) (\w+)(?: {_NUMBER})?(?: strides (\d{{1,2}}))?(?: finish {_NUMBER})?"
    r"(?:: (\S+))?(?: (\d{1,3})min)?"
)
_BLOCKS = re.compile(rf"(?:(\d{{1,2}})x)?{_NUMBER}(s|min|m|km|mi)(?:/{_NUMBER}min)?")
_NOTE = re.compile(r"[^\d\n]+")


def print_outline(lines: Iterable[OutlineLine]) -> str:
    """The outline as the model writes it."""
    return "\n".join(_outline_text(line) for line in lines)


def print_week(week: WeekDraft) -> str:
    """A week as the model writes it."""
    return "\n".join([*(print_session(session) for session in week.sessions), f"Note {week.note}"])


def print_session(session: SessionDraft) -> str:
    """One session line."""
    parts = [session.day, session.kind]
    if session.distance is not None:
        parts.append(number(session.distance))
    if session.strides:
        parts.append(f"strides {session.strides}")
    if session.finish:
        parts.append(f"finish {number(session.finish)}")
    if session.minutes is not None:
        parts.append(f"{session.minutes}min")
    text = " ".join(parts)
    return text if session.blocks is None else f"{text}: {session.blocks}"


def parse_outline(text: str) -> tuple[OutlineLine, ...]:
    """Read an outline.

    Raises:
        NotationError: a line is not in the notation.
    """
    return tuple(_parse_outline_line(line) for line in _lines(text))


def parse_week(text: str) -> WeekDraft:
    """Read a week: its sessions and, last, its note.

    Raises:
        NotationError: a line is not in the notation, or the note is missing.
    """
    lines = _lines(text)
    if not lines or not lines[-1].startswith("Note "):
        raise NotationError(lines[-1] if lines else "", "the note is missing")
    note = lines[-1].removeprefix("Note ").strip()
    if not _NOTE.fullmatch(note) or len(note) > NOTE_MAX:
        raise NotationError(note, f"a note is up to {NOTE_MAX} characters without digits")
    return WeekDraft(tuple(_parse_session(line) for line in lines[:-1]), note)


def parse_blocks(text: str) -> Blocks:
    """Read `6x45s`, `20min`, `5x800m` or `8x2min/1min`.

    Raises:
        NotationError: not of that form.
    """
    match = _BLOCKS.fullmatch(text)
    if match is None:
        raise NotationError(text, "not a workout")
    repeat, size, unit, walk = match.groups()
    return Blocks(
        int(repeat or 1), float(size), cast(BlockUnit, unit), float(walk) if walk else None
    )


def outline_grammar(envelope: Envelope) -> str:
    """GBNF of the outlines inside the envelope: exactly its weeks, in order."""
    rules = [
        "root ::= " + ' "\\n" '.join(f"w{week.number}" for week in envelope.weeks),
    ]
    for week in envelope.weeks:
        long = f' " long " {_numbers(week.longs)}' if week.longs else ""
        rules.append(
            f'w{week.number} ::= "{week.number} {week.phase} " {_numbers(week.distances)}{long} '
            f'" " {_choice(week.focuses)}'
        )
    return "\n".join(rules) + "\n"


def week_grammar(week: WeekEnvelope) -> str:
    """GBNF of the weeks inside the week's envelope, then one line of note."""
    rules = [f"s-{key} ::= {_slot_rule(slot)}" for key, slot in week.slots.items()]
    names: dict[tuple[tuple[str, ...], ...], str] = {}
    _order_rules(week.days, week.arrangements, names, rules)
    rules.append(f'root ::= {names[week.arrangements]} "Note " note')
    rules.append(note_rules("note", forbidden_phrases(week_facts(week))))
    return "\n".join(rules) + "\n"


def week_facts(week: WeekEnvelope, kinds: Iterable[str] | None = None) -> NoteFacts:
    """What a note may speak of in this week, with the `kinds` of its slots unless given."""
    request = week.request
    found = week.kinds if kinds is None else frozenset(kinds)
    if week.benchmark:
        # Talk of intervals is of repetitions, which a time trial has not.
        found -= {"intervals"}
    return NoteFacts(
        race=request.race,
        level=request.level,
        phase=week.line.phase,
        focus=week.line.focus,
        kinds=found,
        number=week.line.number,
        total=request.weeks,
        cutback=week.cutback,
        topics=topics_in(request.details),
    )


def outline_fits(lines: Sequence[OutlineLine], envelope: Envelope) -> str | None:
    """Why an outline leaves the envelope, or None when it fits."""
    if [line.number for line in lines] != [week.number for week in envelope.weeks]:
        return f"has weeks {[line.number for line in lines]}"
    for line, week in zip(lines, envelope.weeks, strict=True):
        longs: tuple[float | None, ...] = week.longs or (None,)
        if (
            line.phase != week.phase
            or line.distance not in week.distances
            or line.long not in longs
            or line.focus not in week.focuses
        ):
            return f"week {line.number} is out of range: {_outline_text(line)}"
    return None


def week_fits(draft: WeekDraft, week: WeekEnvelope) -> str | None:
    """Why a week leaves its envelope, or None when it fits (the note is checked elsewhere)."""
    days = tuple(session.day for session in draft.sessions)
    if days != week.days:
        return f"runs on {', '.join(days)} instead of {', '.join(week.days)}"
    keys = slot_keys(draft.sessions)
    if keys not in week.arrangements:
        return f"has the sessions {', '.join(keys)} in this order"
    for key, session in zip(keys, draft.sessions, strict=True):
        slot = week.slots[key]
        if (
            (session.distance not in slot.distances if slot.distances else session.distance)
            or (session.blocks not in slot.blocks if slot.blocks else session.blocks)
            or (session.strides not in slot.strides if slot.strides else session.strides)
            or (session.finish not in slot.finishes if slot.finishes else session.finish)
            or session.minutes is not None
        ):
            return f"{print_session(session)} is out of range"
    low, high = week.total
    total = sum(session.distance or 0.0 for session in draft.sessions)
    if not low <= total <= high:
        return f"adds up to {number(total)} instead of about {number(week.line.distance)}"
    return None


def _outline_text(line: OutlineLine) -> str:
    long = "" if line.long is None else f" long {number(line.long)}"
    return f"{line.number} {line.phase} {number(line.distance)}{long} {line.focus}"


def _lines(text: str) -> list[str]:
    return [line for line in text.strip().split("\n") if line.strip()]


def _parse_outline_line(line: str) -> OutlineLine:
    match = _OUTLINE.fullmatch(line)
    if match is None:
        raise NotationError(line, "not an outline line")
    week, phase, distance, long, focus = match.groups()
    if phase not in PHASES or focus not in FOCUSES:
        raise NotationError(line, "unknown phase or focus")
    return OutlineLine(
        int(week), cast(Phase, phase), float(distance), float(long) if long else None, focus
    )


def _parse_session(line: str) -> SessionDraft:
    match = _SESSION.fullmatch(line)
    if match is None:
        raise NotationError(line, "not a session")
    day, kind, distance, strides, finish, blocks, minutes = match.groups()
    if day not in DAYS or kind not in (*RUN_KINDS, "cross", "strength"):
        raise NotationError(line, "unknown day or kind of session")
    return SessionDraft(
        day,
        kind,
        float(distance) if distance else None,
        int(strides or 0),
        float(finish or 0),
        parse_blocks(blocks) if blocks else None,
        int(minutes) if minutes else None,
    )


def _slot_rule(slot: Slot) -> str:
    parts = [f'" {slot.kind}"']
    if slot.distances:
        parts += ['" "', _numbers(slot.distances)]
    if slot.strides:
        parts += ['" strides "', _choice(map(str, slot.strides))]
    if slot.finishes:
        parts += ['" finish "', _numbers(slot.finishes)]
    if slot.blocks:
        parts += ['": "', _choice(map(str, slot.blocks))]
    return " ".join(parts)


def _order_rules(
    days: tuple[str, ...],
    orders: tuple[tuple[str, ...], ...],
    names: dict[tuple[tuple[str, ...], ...], str],
    rules: list[str],
) -> str:
    """Rules for the orders of slots over the days; orders that end alike share their rules."""
    if orders in names:
        return names[orders]
    name = names[orders] = f"d{len(names)}"
    options = []
    for first in dict.fromkeys(order[0] for order in orders):
        rest = tuple(order[1:] for order in orders if order[0] == first)
        line = f'"{days[-len(orders[0])]}" s-{first} "\\n"'
        options.append(f"{line} {_order_rules(days, rest, names, rules)}" if rest[0] else line)
    rules.append(f"{name} ::= {' | '.join(options)}")
    return name


def _numbers(values: Iterable[float]) -> str:
    return _choice(number(value) for value in values)


def _choice(options: Iterable[str]) -> str:
    quoted = [f'"{option}"' for option in options]
    return quoted[0] if len(quoted) == 1 else f"({' | '.join(quoted)})"
