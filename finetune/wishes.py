"""Realistic free texts with exactly what they ask for, to learn understanding from.

The templates are in `wishes*.toml`, where the rules of meaning are written too. A text joins one to
five of them; some ask, some mention days, minutes or body parts and ask for nothing, some only talk.
Knows nothing of how mentions are found or how the model answers.
"""

import math
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, cast

from finetune.details import PRONOUNS, joined, typed
from finetune.spellings import WEEK, WEEKEND, WORKDAYS, days_text, minutes_text, time_text
from runplan.constraints import FLAGS, Constraint, ConstraintKind, Scope

# A wording and what it asks for.
Part = tuple[str, tuple[Constraint, ...]]

# Of all texts, those which ask for nothing on purpose.
IDLE_SHARE = 0.13
COACH_SHARE = 0.08  # texts in which someone writes about the runner
PARTS_IN_TEXT = {1: 0.3, 2: 0.32, 3: 0.2, 4: 0.12, 5: 0.06}
USUAL_LENGTH = 300  # characters; a text that would be longer has a part less
MOST_CONSTRAINTS = 5

# How often a template of each section is drawn; subsections share the weight of theirs.
_ASKING = {
    "avoid_day": 17, "only_day": 8, "long_run_day": 10, "mixed_day": 7, "max_session_min": 16,
    "injury": 11, "returning": 8, "terrain": 8, "time_of_day": 7, "no_speedwork": 4, "run_walk": 3,
    "cross_training": 5, "strength": 5, "first_race": 4, "heat": 4, "cold": 3, "altitude": 3,
}  # fmt: skip
_IDLE = {
    "nothing.day": 12, "nothing.any_day": 2, "nothing.minutes": 10, "nothing.limit": 3,
    "nothing.injury": 9, "nothing.returning": 4, "nothing.terrain": 5, "nothing.time_of_day": 5,
    "nothing.heat": 2, "nothing.cold": 2, "nothing.altitude": 1, "nothing.no_speedwork": 3,
    "nothing.run_walk": 2, "nothing.cross_training": 3, "nothing.strength": 3,
    "nothing.first_race": 3, "filler": 20,
}  # fmt: skip
_IDLE_PART_SHARE = 0.45
# A text takes from one section of such a group at most, so that it does not speak against itself.
_RIVALS: tuple[set[str], ...] = (
    {"avoid_day", "only_day", "mixed_day", "nothing.any_day"},
    {"long_run_day", "mixed_day"},
    {"max_session_min", "mixed_day", "nothing.limit"},
    {"injury", "nothing.returning"},
    *(
        {kind, f"nothing.{kind}"}
        for kind in _ASKING.keys() - {"injury"}
        if f"nothing.{kind}" in _IDLE
    ),
)
_REPEATABLE = {"avoid_day", "injury", "filler", "nothing.day", "nothing.minutes", "nothing.injury"}

_DAY_KINDS: dict[str, ConstraintKind] = {
    "avoid": "avoid_day",
    "never": "avoid_day",
    "only": "only_day",
    "one": "only_day",
    "two": "only_day",
    "three": "only_day",
    "long": "long_run_day",
}
_LIMITS: dict[str, tuple[Scope, tuple[int, ...]]] = {
    "all": ("all", (30, 40, 45, 50, 55, 60, 70, 75, 80, 90, 100, 105, 120, 150)),
    "weekday": ("weekday", (20, 25, 30, 35, 40, 45, 50, 55, 60, 70, 75)),
    "weekend": ("weekend", (80, 90, 100, 105, 120, 150, 180)),
}
_SCOPE_DAYS: dict[Scope, tuple[str, ...]] = {"weekday": WORKDAYS, "weekend": WEEKEND}
_SPANS = (10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 90, 120)

# How many days a wish names; 0 is the weekend, -1 the working days.
_COUNTS = {
    "avoid": {1: 58, 2: 22, 3: 7, 0: 8, -1: 3},
    "only": {2: 20, 3: 34, 4: 24, 0: 10, -1: 6},
    "never": {1: 1},
    "one": {1: 1},
    "two": {2: 1},
    "three": {3: 1},
    "long": {1: 1},
    "fine": {1: 7, 2: 3},
    "spare": {1: 1},
    "day": {1: 1},
    "days": {1: 6, 2: 3, 3: 1, 0: 2, -1: 1},
}
_LONG_RUN_WEIGHTS = {"Sat": 5, "Sun": 6}  # of other days 1

_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}|<([^|<>]*)\|([^|<>]*)>")
_PERSON = re.compile(r"\{(?:He|he|his|him)\}")
_FIRST_PERSON = re.compile(r"\b(?:i|me|my|mine|we|us|our|im)\b", re.IGNORECASE)
_OPENERS = ("hi, ", "Hello! ", "fyi: ", "note: ", "hi there, ", "Please note: ", "so ", "well, ")


@dataclass(frozen=True)
class _Bank:
    """The templates by section, all and by who writes, and what fills their slots."""

    sections: dict[str, list[str]]
    own: dict[str, "Lines"]
    coach: dict[str, "Lines"]
    slots: dict[str, list[str]]
    parts: dict[str, list[str]]
    ailments: dict[str, list[str]]


@cache
def _bank() -> _Bank:
    data: dict[str, Any] = {}
    for path in sorted(Path(__file__).parent.glob("wishes*.toml")):
        data |= tomllib.loads(path.read_text(encoding="utf-8"))
    slots, parts, ailments = data.pop("slots"), data.pop("part"), data.pop("ailment")
    sections: dict[str, list[str]] = {}
    for name, table in data.items():
        named = (
            {name: table} if "says" in table else {f"{name}.{sub}": t for sub, t in table.items()}
        )
        sections |= {section: sub["says"].strip().splitlines() for section, sub in named.items()}
    return _Bank(
        sections,
        {
            name: Lines([x for x in lines if not _PERSON.search(x)])
            for name, lines in sections.items()
        },
        {
            name: Lines([x for x in lines if _PERSON.search(x) or not _FIRST_PERSON.search(x)])
            for name, lines in sections.items()
        },
        slots,
        parts,
        ailments,
    )


class Lines:
    """Templates to draw from: the more wordings one has, the more often, by the square root.

    Those with many choices are the plain ones that most people use; drawn evenly, they would drown
    among odd ones, of which there are more.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._weights = list(accumulate(math.sqrt(_wordings(line)) for line in lines))

    def draw(self, rng: random.Random) -> str:
        """One of them."""
        return rng.choices(self._lines, cum_weights=self._weights)[0]


def _wordings(template: str) -> int:
    return math.prod(choice.count("|") + 1 for choice in _CHOICE.findall(template))


class _NoneLeftError(Exception):
    """A text has used up the days or body parts that a template needs."""


@dataclass
class _Writer:
    """Fills templates for one text; each day and body part means one thing in it."""

    rng: random.Random
    pronouns: Mapping[str, str]
    days: set[str] = field(default_factory=lambda: set(WEEK))
    parts: set[str] = field(default_factory=lambda: set(_bank().parts))
    plural: bool = False
    # Minutes of this part: a span that asks for nothing is never as long as one that does.
    spans: set[int] = field(default_factory=set)
    # Of the parts before: the days to run on and the day of the long run, which belong together.
    running: set[str] = field(default_factory=set)
    long_run: set[str] = field(default_factory=set)

    def fill(self, template: str) -> tuple[str, list[Constraint]]:
        asked: list[Constraint] = []
        self.spans.clear()

        def value(slot: re.Match[str]) -> str:
            if slot[1] is None:
                return slot[3] if self.plural else slot[2]
            text, wishes = self._slot(slot[1])
            asked.extend(wishes)
            return text

        while _CHOICE.search(template):
            template = _CHOICE.sub(lambda m: self.rng.choice(m[1].split("|")), template)
        while _SLOT.search(template):
            template = _SLOT.sub(value, template)
        return template, asked

    def _slot(self, name: str) -> tuple[str, list[Constraint]]:
        if name in self.pronouns:
            return self.pronouns[name], []
        if name in _COUNTS:
            days = self._days(name)
            text, self.plural = days_text(days, self.rng)
            return text, [Constraint(_DAY_KINDS[name], day) for day in days if name in _DAY_KINDS]
        if name in _LIMITS:
            scope, values = _LIMITS[name]
            minutes = self._span(values)
            limit = Constraint("max_session_min", minutes, scope)
            return minutes_text(minutes, self.rng), [limit]
        if name == "minutes":
            return minutes_text(self._span(_SPANS), self.rng), []
        if name == "time":
            return time_text(self.rng), []
        if name in ("injury", "ailment", "part", "trouble"):
            part, text = self._body(named=name in ("ailment", "trouble"))
            return text, [Constraint("injury", part)] if name in ("injury", "ailment") else []
        return self.rng.choice(_bank().slots[name]), []

    def _span(self, values: Sequence[int]) -> int:
        minutes = self.rng.choice([value for value in values if value not in self.spans])
        self.spans.add(minutes)
        return minutes

    def _days(self, slot: str) -> list[str]:
        counts = _COUNTS[slot]
        count = self.rng.choices(list(counts), list(counts.values()))[0]
        # Talk of the past or of the race may name any day; what could be a wish, a day not yet named.
        free = set(WEEK) if slot in ("day", "days") else self.days
        if slot == "long" and self.running:
            free = self.running
        named = [day for day in WEEK if day in free]
        # A fixed number of days has no room for the day of the long run.
        if len(named) < count or (slot in ("one", "two", "three") and self.long_run):
            raise _NoneLeftError
        if count <= 0:
            days = list(WORKDAYS if count else WEEKEND)
        elif slot == "long":
            days = self.rng.choices(named, [_LONG_RUN_WEIGHTS.get(day, 1) for day in named])
        else:
            days = self.rng.sample(named, count)
        if not free.issuperset(days):
            raise _NoneLeftError
        if slot == "only":
            days = [day for day in WEEK if day in {*days, *self.long_run}]
        self.days -= set(days)
        # People name days mostly in the order of the week.
        return sorted(days, key=WEEK.index) if self.rng.random() < 0.85 else days

    def _body(self, *, named: bool) -> tuple[str, str]:
        bank = _bank()
        words = bank.ailments if named else bank.parts
        free = [part for part in words if part in self.parts]
        if not free:
            raise _NoneLeftError
        # The bank lists the common ones with more wordings.
        part = self.rng.choices(free, [len(words[name]) for name in free])[0]
        self.parts.discard(part)
        return part, self.rng.choice(words[part])


def sample_wishes(rng: random.Random) -> tuple[str, tuple[Constraint, ...]]:
    """A text and what it asks for, in the order of the text.

    Never more than 500 characters or five constraints; no day is both avoided and asked for, and
    there is at most one long-run day and one limit for each scope.
    """
    text, parts = sample_parts(rng)
    return text, tuple(dict.fromkeys(chain.from_iterable(wishes for _, wishes in parts)))


def sample_parts(rng: random.Random) -> tuple[str, list[Part]]:
    """A text, and the parts it was joined from with what each asks for."""
    idle = rng.random() < IDLE_SHARE
    writer = _Writer(rng, rng.choice(PRONOUNS))
    voice = _bank().coach if rng.random() < COACH_SHARE else _bank().own
    sections: list[str] = []
    parts: list[Part] = []
    for number in range(rng.choices(list(PARTS_IN_TEXT), list(PARTS_IN_TEXT.values()))[0]):
        calm = idle or (number > 0 and rng.random() < _IDLE_PART_SHARE)
        section = _section(rng, _IDLE if calm else _ASKING, sections)
        part = _part(writer, voice[section].draw(rng), section)
        if not _fits([*parts, part]):
            continue
        sections.append(section)
        parts.append(part)
    rng.shuffle(parts)
    parts = parts or [_part(writer, voice["filler"].draw(rng), "filler")]
    text = joined([text for text, _ in parts], rng)
    if rng.random() < 0.05:
        text = rng.choice(_OPENERS) + text
    return typed(text, rng), parts


def templates() -> Iterator[tuple[str, str]]:
    """Every (section, template) of the bank."""
    for section, lines in _bank().sections.items():
        yield from ((section, line) for line in lines)


def _part(writer: _Writer, template: str, section: str) -> Part:
    before = set(writer.days), set(writer.parts)
    wording, _, more = template.partition(" => ")
    try:
        text, asked = writer.fill(wording)
    except _NoneLeftError:
        writer.days, writer.parts = before
        return _part(writer, _bank().own["filler"].draw(writer.rng), "filler")
    for wish in asked:
        if wish.kind == "only_day":
            writer.running.add(str(wish.value))
        elif wish.kind == "long_run_day":
            writer.long_run.add(str(wish.value))
    return text, (*_wishes(section), *_wishes(more), *asked)


def _wishes(name: str) -> Iterator[Constraint]:
    """What `heat` or `terrain.hills` asks for; nothing for sections whose slots say it."""
    kind, _, value = name.partition(".")
    if kind in FLAGS or (value and kind != "nothing"):
        yield Constraint(cast(ConstraintKind, kind), value or None)


def _fits(parts: Sequence[Part]) -> bool:
    asked = {wish for _, wishes in parts for wish in wishes}
    avoided = {wish.value for wish in asked if wish.kind == "avoid_day"}
    # A limit for days on which the runner never runs makes no sense.
    limited = [wish.scope for wish in asked if wish.scope in _SCOPE_DAYS]
    if any(avoided.issuperset(_SCOPE_DAYS[scope]) for scope in limited):
        return False
    if sum(wish.kind == "time_of_day" for wish in asked) > 1:
        return False
    return (
        len(asked) <= MOST_CONSTRAINTS and sum(len(text) + 2 for text, _ in parts) <= USUAL_LENGTH
    )


def _section(rng: random.Random, weights: Mapping[str, int], used: Sequence[str]) -> str:
    """A section that goes with those which the text has already."""
    taken = {section if "nothing." in section else section.split(".")[0] for section in used}
    barred = set(
        chain.from_iterable(group - (taken & _REPEATABLE) for group in _RIVALS if group & taken)
    )
    barred |= taken - _REPEATABLE
    free = {name: weight for name, weight in weights.items() if name not in barred}
    name = rng.choices(list(free), list(free.values()))[0]
    return rng.choice([s for s in _bank().sections if s == name or s.startswith(f"{name}.")])
