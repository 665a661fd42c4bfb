"""The coach's one-line note that closes each week.

Phrases live in `notes.toml`; this module picks one or two which fit the week, joins them and puts
the `{name}` placeholder in. It knows nothing of distances or paces: only the facts in `NoteFacts`.
What a phrase claims of its week is told by `claims`.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from runplan.claims import NAME, SATISFIED_BY, NoteFacts, claims_in, false_claims

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

_Pool = tuple[str, ...]
_WORD = re.compile(r"[a-z']+")
_STOP = re.compile(r"[.!?]")


def write_note(facts: NoteFacts, rng: random.Random, avoid: Collection[str] = ()) -> str:
    """A note which fits the week; sentences of the notes in `avoid` are used again only in need."""
    used = {sentence for note in avoid for sentence in _sentences(note)}
    false = false_claims(facts)
    fresh = ""
    for _ in range(TRIES):
        note = _compose(facts, false, rng)
        # What is true of the phrases is true of the note, but for its length.
        if not _has_length(note) or note in avoid:
            continue
        if used.isdisjoint(_sentences(note)):
            return note
        fresh = fresh or note
    return fresh or FALLBACK


def _has_length(note: str) -> bool:
    text = note.replace(NAME, "Xxxxxxxx")
    return len(text) <= LONGEST_NOTE and len(text.split()) in WORDS


def phrases() -> tuple[str, ...]:
    """Every written phrase of the bank, without repeats."""
    found: dict[str, None] = {}

    def collect(node: Any) -> None:
        if isinstance(node, str):
            found[node] = None
        elif isinstance(node, tuple):
            for item in node:
                collect(item)
        elif isinstance(node, dict):
            for item in node.values():
                collect(item)

    collect(_bank())
    return tuple(found)


@cache
def _bank() -> dict[str, Any]:
    bank: dict[str, Any] = _with_tuples(
        tomllib.loads((files("runplan") / "notes.toml").read_text(encoding="utf-8"))
    )
    return bank


def _with_tuples(node: Any) -> Any:
    """The same with tuples for lists, so that what is worked out of a pool can be kept."""
    if isinstance(node, dict):
        return {key: _with_tuples(value) for key, value in node.items()}
    return tuple(node) if isinstance(node, list) else node


def _is_race_week(facts: NoteFacts) -> bool:
    return "race" in facts.kinds


def _focus(facts: NoteFacts) -> str:
    """The week's focus if its session is really there, else easy running."""
    if facts.focus == "easy" or not (SATISFIED_BY.get(facts.focus, frozenset()) & facts.kinds):
        return "easy"
    return facts.focus


def _fitting(pool: _Pool, false: frozenset[str]) -> _Pool:
    """The phrases of the pool that claim nothing false: mostly all."""
    claims = _claims_of(pool)
    return pool if claims.isdisjoint(false) else _without(pool, claims & false)


@lru_cache(maxsize=1024)
def _claims_of(pool: _Pool) -> frozenset[str]:
    return frozenset().union(*map(claims_in, pool))


@lru_cache(maxsize=4096)
def _without(pool: _Pool, claims: frozenset[str]) -> _Pool:
    return tuple(phrase for phrase in pool if claims.isdisjoint(claims_in(phrase)))


def _leads(facts: NoteFacts) -> list[tuple[int, _Pool]]:
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
    if facts.halfway:
        pools.append((4, bank["halfway"]["lead"]))
    return pools


def _tails(facts: NoteFacts) -> list[tuple[int, _Pool]]:
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


def _phase(facts: NoteFacts) -> dict[str, _Pool]:
    phase: dict[str, _Pool] = _bank()["phase"][facts.phase]
    return phase


def _pick(pools: Sequence[tuple[int, _Pool]], false: frozenset[str], rng: random.Random) -> str:
    fitting = [(weight, _fitting(pool, false)) for weight, pool in pools]
    fitting = [(weight, pool) for weight, pool in fitting if pool]
    weights = [weight for weight, _ in fitting]
    return rng.choice(rng.choices([pool for _, pool in fitting], weights)[0])


def _pick_topic(facts: NoteFacts, false: frozenset[str], rng: random.Random) -> str:
    pool = _fitting(_bank()["topic"][rng.choice(facts.topics)]["notes"], false)
    focus = _focus(facts)
    weights = [FOCUS_WEIGHT if focus in claims_in(phrase) else 1 for phrase in pool]
    return rng.choices(pool, weights)[0]


def _compose(facts: NoteFacts, false: frozenset[str], rng: random.Random) -> str:
    special = _is_race_week(facts) or facts.cutback or facts.number == 1
    if facts.topics and rng.random() < TOPIC_SHARE:
        first, companions = _pick_topic(facts, false, rng), [_leads(facts), _tails(facts)]
        wants_two = special or rng.random() < COMPANION_SHARE
    else:
        first, companions = _pick(_leads(facts), false, rng), [_tails(facts)]
        wants_two = rng.random() < COMPANION_SHARE
    parts = [first]
    for _ in range(COMPANION_TRIES if wants_two else 0):
        leads = len(companions) == 2 and rng.random() < LEADS_SHARE
        other = _pick(companions[0] if leads else companions[-1], false, rng)
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


@lru_cache(maxsize=4096)
def _content(phrase: str) -> frozenset[str]:
    words = (word for word in _WORD.findall(phrase.lower()) if len(word) > 3)
    return frozenset(word[:6].rstrip("s") for word in words if word not in _FILLER)


@lru_cache(maxsize=4096)
def _sentences(note: str) -> frozenset[str]:
    """The note's sentences, bare of the name, case and punctuation."""
    parts = _STOP.split(note.lower().replace(NAME, " "))
    return frozenset(" ".join(_WORD.findall(part)) for part in parts if part.strip(" ,"))
