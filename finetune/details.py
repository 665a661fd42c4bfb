"""Free-text details for the training requests: how runners really type into an optional box.

Templates are in `details.toml`. A text is empty, or joins one to three topics and often some talk of
days and minutes, then may lose its capitals, apostrophes or a letter. Knows nothing of plans.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

EMPTY_SHARE = 0.35
NONE_SHARE = 0.03  # texts which only say that there is nothing to say
SCHEDULE_ONLY_SHARE = 0.10
SCHEDULE_TOO_SHARE = 0.25  # of texts with topics, those which also speak of days, minutes, form
COACH_SHARE = 0.08  # texts in which someone writes about the runner
TOPICS_IN_TEXT = {1: 0.55, 2: 0.33, 3: 0.12}
USUAL_LENGTH = 200  # characters; longer texts lose a part
TYPO_SHARE = 0.08
JOINS = {
    ". ": 5, ", ": 5, " and ": 2, ", and ": 2, ", but ": 1, " but ": 1, " plus ": 1, "; ": 1, " - ": 1,
    ". Also ": 1, ", also ": 1, " and also ": 1, "! ": 1,
}  # fmt: skip

_SLOT = re.compile(r"\{(\w+)\}")
PRONOUNS = (
    {"He": "He", "he": "he", "his": "his", "him": "him"},
    {"He": "She", "he": "she", "his": "her", "him": "her"},
)


def sample_details(rng: random.Random) -> str:
    """One text for the details field, empty about every third time."""
    return sample_with_topics(rng)[0]


def sample_with_topics(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A text and the topics which its templates were taken from."""
    bank = _bank()
    kind = rng.random()
    if kind < EMPTY_SHARE:
        return "", ()
    pronouns = rng.choice(PRONOUNS)
    if kind < EMPTY_SHARE + NONE_SHARE:
        return typed(_filled(rng.choice(bank["none"]["says"]), pronouns, rng), rng), ()
    voice = "coach" if rng.random() < COACH_SHARE else "says"
    schedule = _filled(rng.choice(bank["scheduling"][voice]), pronouns, rng)
    if kind < EMPTY_SHARE + NONE_SHARE + SCHEDULE_ONLY_SHARE:
        if voice == "says" and rng.random() < 0.5:
            schedule = joined(
                [schedule, _filled(rng.choice(bank["scheduling"][voice]), {}, rng)], rng
            )
        return typed(schedule, rng), ()
    count = rng.choices(list(TOPICS_IN_TEXT), list(TOPICS_IN_TEXT.values()))[0]
    topics = rng.sample(sorted(bank["topic"]), count)
    parts = [_filled(rng.choice(bank["topic"][topic][voice]), pronouns, rng) for topic in topics]
    while len(topics) > 1 and sum(map(len, parts)) > USUAL_LENGTH - 10:
        topics.pop()
        parts.pop()
    if (
        rng.random() < SCHEDULE_TOO_SHARE
        and sum(map(len, parts)) + len(schedule) < USUAL_LENGTH - 10
    ):
        parts.insert(rng.randint(0, len(parts)), schedule)
    return typed(joined(parts, rng), rng), tuple(topics)


def templates() -> Iterator[tuple[str, str]]:
    """Every (topic, template) of the bank; topic "" for scheduling talk and for nothing to say."""
    bank = _bank()
    for topic, voices in bank["topic"].items():
        for voice in voices.values():
            yield from ((topic, template) for template in voice)
    for name in ("scheduling", "none"):
        for voice in bank[name].values():
            yield from (("", template) for template in voice)


def filled(template: str, rng: random.Random) -> str:
    """The template with its slots filled."""
    return _filled(template, rng.choice(PRONOUNS), rng)


@cache
def _bank() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("details.toml").read_text(encoding="utf-8"))


def _filled(template: str, pronouns: dict[str, str], rng: random.Random) -> str:
    slots = _bank()["slots"]

    def value(slot: re.Match[str]) -> str:
        name = slot[1]
        return pronouns[name] if name in pronouns else str(rng.choice(slots[name]))

    while _SLOT.search(template):
        template = _SLOT.sub(value, template)
    return template


def joined(parts: list[str], rng: random.Random) -> str:
    """The parts as one text, joined as people do."""
    text = parts[0]
    for part in parts[1:]:
        join = rng.choices(list(JOINS), list(JOINS.values()))[0]
        text = text.rstrip(".!;, ") + join + part if text[-1] not in "?" else f"{text} {part}"
    return text


def typed(text: str, rng: random.Random) -> str:
    """As typed on a phone: small letters, missing apostrophes and stops, now and then a slip."""
    style = rng.random()
    if style < 0.35:
        text = text.lower()
    elif style < 0.7:
        text = ". ".join(part[:1].upper() + part[1:] for part in text.split(". "))
        text = re.sub(r"\bi\b", "I", text)
    elif style < 0.72:
        text = text.upper()
    if rng.random() < 0.15:
        text = text.replace("'", "")
    if rng.random() < 0.25 and text[-1] not in ".!?":
        text += "."
    if rng.random() < TYPO_SHARE:
        text = _slip(text, rng)
    return text


def _slip(text: str, rng: random.Random) -> str:
    """One typing slip inside a longer word: letters swapped, doubled or lost."""
    words = list(re.finditer(r"[A-Za-z]{5,}", text))
    if not words:
        return text
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    how = rng.choice(("swap", "double", "drop"))
    if how == "swap":
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + (text[at] * 2 if how == "double" else "") + text[at + 1 :]
