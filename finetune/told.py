"""Free texts, each written by itself, with what they ask for: `data/understanding_training.jsonl`.

Beside the templates of `wishes.py`: those show one wish in many words, these several in one text, as
people put them. A text is told anew with its days exchanged, so that no day means anything by itself.
"""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from runplan.constraints import DAY_KINDS, Constraint, constraint_from_json
from runplan.mentions import find_mentions, plain
from runplan.request import DAYS

TOLD = Path(__file__).parent.parent / "data" / "understanding_training.jsonl"
VALIDATION_SHARE = 0.05
"""Of the texts: those from the first on, which training never sees."""

_WORKDAYS, _WEEKEND = DAYS[:5], DAYS[5:]
# Groups keep their days: a range has an order, and what a weekend is depends on no text.
_GROUP = re.compile(r"\b(?:week|mid-?week|work(?:ing)? ?day)")


@dataclass(frozen=True)
class Told:
    """A text and what it asks for."""

    text: str
    wishes: tuple[Constraint, ...]


@cache
def told_texts(split: Literal["train", "validation"]) -> tuple[Told, ...]:
    """The texts of a split."""
    lines = map(json.loads, TOLD.read_text("utf-8").splitlines())
    texts = tuple(
        Told(line["text"], tuple(map(constraint_from_json, line["constraints"]))) for line in lines
    )
    first = round(VALIDATION_SHARE * len(texts))
    return texts[first:] if split == "train" else texts[:first]


def with_other_days(told: Told, rng: random.Random) -> Told:
    """The same with its working days exchanged among each other, and Saturday with Sunday.

    As it is where the text names a group of days.
    """
    line = plain(told.text)
    mentions = find_mentions(told.text)
    if _GROUP.search(line) or any(mention.category == "days" for mention in mentions):
        return told
    other: Mapping[str, str] = dict(
        zip(
            DAYS,
            (*rng.sample(_WORKDAYS, 5), *rng.sample(_WEEKEND, 2)),
            strict=True,
        )
    )
    place, pieces = 0, []
    for mention in mentions:
        if mention.category == "day":
            pieces += [line[place : mention.start], other[str(mention.value)]]
            place = mention.end
    wishes = tuple(
        replace(wish, value=other[str(wish.value)]) if wish.kind in DAY_KINDS else wish
        for wish in told.wishes
    )
    return Told("".join([*pieces, line[place:]]), wishes)
