"""The coach's one-line note that closes each week.

Phrases live in `notes.toml`; this module picks one or two which fit the week, joins them and puts
the `{name}` placeholder in. It knows nothing of distances or paces: only the facts in `NoteFacts`.

A phrase is used only where it is true. `MENTIONS` lists the words which imply a session kind; a
phrase holding such a word is left out of weeks without that kind, and the plan checker uses the
same table on notes which a model wrote.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from runplan.topics import topics_in

__all__ = [
    "FALLBACK", "MENTIONS", "NAME", "PHRASES", "SATISFIED_BY", "NoteFacts", "contradictions",
    "forbidden_phrases", "form_problems", "phrases", "topics_in", "write_note",
]  # fmt: skip

NAME = "{name}"
LONGEST_NOTE = 150  # characters, with a name of eight letters
WORDS = range(8, 23)  # how many words a written note may have

TOPIC_SHARE = 0.74  # of notes, when the details name a topic
NAME_SHARE = 0.62  # of notes which say the runner's name
COMPANION_SHARE = 0.6  # of notes which get a second short sentence
LEADS_SHARE = 0.45  # of the companions of a topic phrase, those which go before it
COMPANION_TRIES = 4
TRIES = 60
FOCUS_WEIGHT = 4  # a topic phrase about this very week's focus is that much likelier
FALLBACK = "Keep the whole week relaxed and finish every run with something left, {name}."

_SESSION_OF = {  # words in a note -> the kind of session which must then be in the week
    "easy": r"easy (?:runs?|days?|jogs?)",
    "recovery": r"recovery (?:runs?|jogs?)",
    "long": r"long (?:runs?|one|day)|longest (?:run|one)",
    "marathon": r"marathon[- ](?:pace|effort)|goal pace|race[- ]pace",
    "tempo": r"tempos?|threshold",
    "intervals": r"intervals?",
    "reps": r"reps?|repetitions?",
    "hills": r"(?:up|down)?hills?|hilly",
    "fartlek": r"fartleks?|surges?|surging",
    "runwalk": r"walk(?:ing)?[- ]breaks?|run[- ]walks?|walk[- ]runs?|(?:run|walk)ning? parts?",
    "race": r"race (?:day|week|morning|weekend)|(?:start|finish) line|start gun|gun|bib|today",
    "strides": r"strides?",
    "finish": r"(?:fast|quick|strong|steady) finish",
    "strength": r"strength (?:sessions?|days?)",
    "cross": r"cross[- ]training (?:sessions?|days?)",
    "hard": r"hard (?:runs?|days?|sessions?|work)|quality|speed ?work|speed sessions?|repeats?",
}
MENTIONS: dict[str, re.Pattern[str]] = {
    kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _SESSION_OF.items()
}
"""Words which imply a session kind. A note with such a word needs one of `SATISFIED_BY[kind]`."""

HARD_KINDS = frozenset({"tempo", "intervals", "reps", "hills", "fartlek", "marathon", "finish"})
SATISFIED_BY: dict[str, frozenset[str]] = {kind: frozenset({kind}) for kind in MENTIONS} | {
    "easy": frozenset({"easy", "recovery", "long", "runwalk"}),
    "marathon": frozenset({"marathon", "finish"}),
    "hard": HARD_KINDS,
}

_WORDS_OF_CLAIMS = MENTIONS | {
    claim: re.compile(words, re.IGNORECASE)
    for claim, words in {
        "taper": r"\btaper(?:s|ed|ing)?\b",
        "cutback": r"\bcutback\b|\b(?:lighter|recovery|easier|down|quieter) week\b|\bstep back\b",
        "first week": r"\b(?:first|opening) week\b|\bweek one\b",
        "halfway": r"\bhalf ?way\b|\bmid-?point\b",
        "half marathon": r"\bhalf[- ]marathon\b|\b(?:the|your|a) half\b(?! of)",
        "full marathon": r"(?<!half )(?<!half-)\bmarathon\b(?![- ](?:pace|effort))",
    }.items()
}

# The words of the claims as they are written, for the grammar of a note; endings are included.
PHRASES: dict[str, tuple[str, ...]] = {
    "easy": ("easy run", "easy day", "easy jog"),
    "recovery": ("recovery run", "recovery jog"),
    "long": ("long run", "long one", "long day", "longest run", "longest one"),
    "marathon": (
        *("marathon pace", "marathon-pace", "marathon effort", "marathon-effort"),
        *("goal pace", "race pace", "race-pace"),
    ),
    "tempo": ("tempo", "threshold"),
    "intervals": ("interval",),
    "reps": ("reps", "rep ", "rep,", "repetition"),
    "hills": ("hill", "uphill", "downhill"),
    "fartlek": ("fartlek", "surge", "surging"),
    "runwalk": (
        *("walk break", "walk-break", "walking break", "walking-break"),
        *("run walk", "run-walk", "walk run", "walk-run", "running part ", "running parts"),
    ),
    "race": (
        *("race day", "race week", "race morning"),
        *("start line", "finish line", "start gun", "gun", "bib", "today"),
    ),
    "strides": ("stride",),
    "finish": ("fast finish", "quick finish", "strong finish", "steady finish"),
    "strength": ("strength session", "strength day"),
    "cross": tuple(f"cross{gap}training {what}" for gap in "- " for what in ("session", "day")),
    "hard": (
        *("hard run", "hard day", "hard session", "hard work", "quality"),
        *("speed work", "speedwork", "speed session", "repeat "),
        *("repeats", "repeat,"),
    ),
    "taper": ("taper",),
    "cutback": (
        *("cutback", "lighter week", "recovery week", "easier week", "down week"),
        *("quieter week", "step back"),
    ),
    "first week": ("first week", "opening week", "week one"),
}

_NUMBERS = (
    "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    "|hundred|dozen|twice|thrice|couple|minutes?|seconds?|kms?|kilomet(?:er|re)s?|miles?"
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
_FORBIDDEN = re.compile(
    rf"\b(?:{_NUMBERS}|{_DAYS}|tomorrow|yesterday|next week|this week"
    r"|one (?:more|week|day|run|less))\b",
    re.IGNORECASE,
)
_ALLOWED_CHARACTERS = re.compile(r"[A-Za-z ,.;:!?'-]+")


@dataclass(frozen=True)
class NoteFacts:
    """What a note may know of its week and its runner."""

    race: str
    """5K, 10K, half or marathon."""
    level: str
    """beginner, intermediate or advanced."""
    phase: str
    """base, build, peak or taper."""
    focus: str
    """easy, strides, hills, fartlek, tempo, intervals, reps, marathon, runwalk or race."""
    kinds: frozenset[str]
    """Session kinds in the week, "strides", and "finish" (a long run ending at marathon pace)."""
    number: int
    """Week number, from 1."""
    total: int
    """Weeks in the plan; the last is race week."""
    cutback: bool
    """A lighter recovery week."""
    topics: tuple[str, ...] = ()
    """What the runner's details are about, as `topics_in` tells."""


def write_note(facts: NoteFacts, rng: random.Random, avoid: Collection[str] = ()) -> str:
    """A note which fits the week; sentences of the notes in `avoid` are used again only in need."""
    used = {sentence for note in avoid for sentence in _sentences(note)}
    fresh = ""
    for _ in range(TRIES):
        note = _compose(facts, rng)
        if form_problems(note) or contradictions(note, facts) or note in avoid:
            continue
        if used.isdisjoint(_sentences(note)):
            return note
        fresh = fresh or note
    return fresh or FALLBACK


def contradictions(note: str, facts: NoteFacts) -> tuple[str, ...]:
    """What the note speaks of though the week has none of it: session kinds, "taper", ..."""
    return tuple(sorted(claim for claim in _claims(note) if not _holds(claim, facts)))


def forbidden_phrases(facts: NoteFacts) -> tuple[str, ...]:
    """The phrases that a note about this week may not use, in lower case."""
    return tuple(
        phrase
        for claim, written in PHRASES.items()
        if not _holds(claim, facts)
        for phrase in written
    )


@lru_cache(maxsize=20_000)
def _claims(text: str) -> frozenset[str]:
    """What must be true of a week for this text to fit it."""
    return frozenset(claim for claim, words in _WORDS_OF_CLAIMS.items() if words.search(text))


@lru_cache(maxsize=1024)
def _false_claims(facts: NoteFacts) -> frozenset[str]:
    return frozenset(claim for claim in _WORDS_OF_CLAIMS if not _holds(claim, facts))


def _holds(claim: str, facts: NoteFacts) -> bool:
    if claim in MENTIONS:
        return bool(SATISFIED_BY[claim] & facts.kinds)
    return {
        "taper": facts.phase == "taper",
        "cutback": facts.cutback,
        "first week": facts.number == 1,
        "halfway": _is_halfway(facts),
        "half marathon": facts.race == "half",
        "full marathon": facts.race == "marathon",
    }[claim]


def form_problems(note: str) -> tuple[str, ...]:
    """What is wrong with a note whatever its week: its length, its characters, counting, days."""
    problems = []
    text = note.replace(NAME, "Xxxxxxxx")
    if len(text) > LONGEST_NOTE:
        problems.append("too long")
    if len(text.split()) not in WORDS:
        problems.append("words")
    if not _ALLOWED_CHARACTERS.fullmatch(text):
        problems.append("characters")
    if _FORBIDDEN.search(text):
        problems.append("counts or dates")
    if note.count(NAME) > 1:
        problems.append("name twice")
    return tuple(problems)


def phrases() -> tuple[str, ...]:
    """Every written phrase of the bank, without repeats."""
    found: dict[str, None] = {}

    def collect(node: Any) -> None:
        if isinstance(node, str):
            found[node] = None
        elif isinstance(node, list):
            for item in node:
                collect(item)
        elif isinstance(node, dict):
            for item in node.values():
                collect(item)

    collect(_bank())
    return tuple(found)


@cache
def _bank() -> dict[str, Any]:
    return tomllib.loads((files("runplan") / "notes.toml").read_text(encoding="utf-8"))


def _is_halfway(facts: NoteFacts) -> bool:
    return abs(facts.number - facts.total / 2) <= 0.5 and facts.total >= 6


def _is_race_week(facts: NoteFacts) -> bool:
    return "race" in facts.kinds


def _focus(facts: NoteFacts) -> str:
    """The week's focus if its session is really there, else easy running."""
    if facts.focus == "easy" or not (SATISFIED_BY.get(facts.focus, frozenset()) & facts.kinds):
        return "easy"
    return facts.focus


def _fitting(pool: Sequence[str], facts: NoteFacts) -> list[str]:
    false = _false_claims(facts)
    return [phrase for phrase in pool if false.isdisjoint(_claims(phrase))]


def _leads(facts: NoteFacts) -> list[tuple[int, list[str]]]:
    """Pools of first sentences, each with its weight."""
    bank = _bank()
    runner = bank["race"][facts.race]
    about_runner = runner["any"] + runner[facts.level]
    if _is_race_week(facts):
        own = bank["race_week"]
        return [(5, own["lead"]), (4, own[facts.race]), (3, own[facts.level])]
    pools = [
        (6, bank["focus"][_focus(facts)]["lead"]),
        (2, about_runner),
        (1, bank["also"]["lead"]),
    ]
    if "long" in facts.kinds:
        pools.append((2, bank["long"]["lead"]))
    # A phase speaks of its load, which a lighter week has not.
    pools.append((12, bank["cutback"]["lead"]) if facts.cutback else (2, _phase(facts)["lead"]))
    if facts.number == 1:
        pools.append((9, bank["first_week"]["lead"]))
    if _is_halfway(facts):
        pools.append((4, bank["halfway"]["lead"]))
    return pools


def _tails(facts: NoteFacts) -> list[tuple[int, list[str]]]:
    """Pools of short second sentences, each with its weight."""
    bank = _bank()
    if _is_race_week(facts):
        return [(1, bank["race_week"]["tail"])]
    pools = [(5, bank["focus"][_focus(facts)]["tail"])]
    pools.append((2, bank["tail"]["any"] + bank["tail"][facts.level]))
    if "long" in facts.kinds:
        pools.append((1, bank["long"]["tail"]))
    pools.append((10, bank["cutback"]["tail"]) if facts.cutback else (2, _phase(facts)["tail"]))
    if facts.number == 1:
        pools.append((4, bank["first_week"]["tail"]))
    return pools


def _phase(facts: NoteFacts) -> dict[str, list[str]]:
    phase: dict[str, list[str]] = _bank()["phase"][facts.phase]
    return phase


def _pick(pools: Sequence[tuple[int, list[str]]], facts: NoteFacts, rng: random.Random) -> str:
    fitting = [(weight, _fitting(pool, facts)) for weight, pool in pools]
    fitting = [(weight, pool) for weight, pool in fitting if pool]
    weights = [weight for weight, _ in fitting]
    return rng.choice(rng.choices([pool for _, pool in fitting], weights)[0])


def _pick_topic(facts: NoteFacts, rng: random.Random) -> str:
    pool = _fitting(_bank()["topic"][rng.choice(facts.topics)]["notes"], facts)
    focus = MENTIONS.get(_focus(facts))
    weights = [FOCUS_WEIGHT if focus and focus.search(phrase) else 1 for phrase in pool]
    return rng.choices(pool, weights)[0]


def _compose(facts: NoteFacts, rng: random.Random) -> str:
    special = _is_race_week(facts) or facts.cutback or facts.number == 1
    if facts.topics and rng.random() < TOPIC_SHARE:
        first, companions = _pick_topic(facts, rng), [_leads(facts), _tails(facts)]
        wants_two = special or rng.random() < COMPANION_SHARE
    else:
        first, companions = _pick(_leads(facts), facts, rng), [_tails(facts)]
        wants_two = rng.random() < COMPANION_SHARE
    parts = [first]
    for _ in range(COMPANION_TRIES if wants_two else 0):
        leads = len(companions) == 2 and rng.random() < LEADS_SHARE
        other = _pick(companions[0] if leads else companions[-1], facts, rng)
        if not _content(first) & _content(other):
            parts = [other, first] if leads else [first, other]
            break
    return _with_name(parts, rng)


def _with_name(parts: Sequence[str], rng: random.Random) -> str:
    """Join the sentences; in most notes put the name at the start, inside or at an end."""
    places: list[tuple[int, str, int]] = [(3, "start", 0)]
    for index, part in enumerate(parts):
        places.append((4 if index == 0 else 3, "end", index))
        if "|" in part:
            places.append((5, "inside", index))
    where, which = "", -1
    if rng.random() < NAME_SHARE:
        chosen = rng.choices(places, [weight for weight, _, _ in places])[0]
        where, which = chosen[1], chosen[2]
    sentences = []
    for index, part in enumerate(parts):
        here = where if index == which else ""
        if here == "inside":
            part = re.sub(r"\|(?=[,;:])", f", {NAME}", part)
            part = part.replace("|", f", {NAME},")
        part = part.replace("|", "")
        if here == "end":
            part = f"{part}, {NAME}"
        elif here == "start":
            part = f"{NAME}, {_lower_first(part)}"
        sentences.append(part if part[-1] in ".!?" else part + ".")
    return " ".join(sentences)


def _lower_first(sentence: str) -> str:
    return sentence if sentence.startswith("Achilles") else sentence[0].lower() + sentence[1:]


_FILLER = frozenset(
    """
    about after again also away before being both comes does each even every feel feels from give
    goes good have here into it's just keep kept last less let's like long make makes more most much
    need next only other over own part runs same still take than that that's them then there these
    they thing this time until very want week well were what when where which while will with work
    your you're
    """.split()
)  # words which two sentences of a note may share


def _content(phrase: str) -> set[str]:
    words = re.findall(r"[a-z']{4,}", phrase.lower())
    return {word[:6].rstrip("s") for word in words if word not in _FILLER}


@lru_cache(maxsize=4096)
def _sentences(note: str) -> frozenset[str]:
    """The note's sentences, bare of the name, case and punctuation."""
    bare = note.lower().replace(NAME, " ")
    parts = re.split(r"[.!?]", bare)
    return frozenset(" ".join(re.findall(r"[a-z']+", part)) for part in parts if part.strip(" ,"))
