"""How well a model understands free text: the held-out phrasings, written by hand.

They are `data/understanding_phrasings.jsonl`, hard on purpose, and `data/understanding_plain.jsonl`,
ordinary notes. Nothing here is used in training.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from finetune.wish_rows import PHRASINGS
from runplan.backends.base import Backend
from runplan.constraints import Constraint, constraint_from_json
from runplan.errors import NotationError
from runplan.understanding import understand_each


@dataclass(frozen=True)
class Phrasing:
    """A free text and what it asks for."""

    text: str
    constraints: frozenset[Constraint]


@dataclass(frozen=True)
class Score:
    """Constraints that were found and asked for, found in all, and asked for in all."""

    right: int
    found: int
    asked: int

    @property
    def precision(self) -> float:
        """The share of what was found that was asked for; 1 when nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what was asked for that was found; 1 when nothing was asked for."""
        return self.right / self.asked if self.asked else 1.0


def read_phrasings(path: Path = PHRASINGS) -> list[Phrasing]:
    """The held-out phrasings of a file."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        Phrasing(line["text"], frozenset(map(constraint_from_json, line["constraints"])))
        for line in lines
    ]


def measure(backend: Backend, phrasings: Sequence[Phrasing], label: str) -> dict[str, Any]:
    """Precision and recall of the constraints, in all and by kind, and texts all right (shares).

    A constraint is right with its kind, value and scope.
    """
    found: list[frozenset[Constraint]] = [frozenset()] * len(phrasings)
    answers = understand_each([phrasing.text for phrasing in phrasings], backend)
    for index, constraints in tqdm(answers, label, len(phrasings), unit="text"):
        if not isinstance(constraints, NotationError):
            found[index] = frozenset(constraints)
    asked = [phrasing.constraints for phrasing in phrasings]
    total = score(found, asked)
    whole = sum(f == a for f, a in zip(found, asked, strict=True))
    return {
        "n_texts": len(phrasings),
        "precision": round(total.precision, 4),
        "recall": round(total.recall, 4),
        "texts_right": round(whole / len(phrasings), 4),
        "by_kind": {
            kind: {"precision": round(part.precision, 3), "recall": round(part.recall, 3)}
            for kind, part in by_kind(found, asked).items()
        },
    }


def score(found: Sequence[frozenset[Constraint]], asked: Sequence[frozenset[Constraint]]) -> Score:
    """The counts over all texts."""
    right = sum(len(f & a) for f, a in zip(found, asked, strict=True))
    return Score(right, sum(map(len, found)), sum(map(len, asked)))


def by_kind(
    found: Sequence[frozenset[Constraint]], asked: Sequence[frozenset[Constraint]]
) -> dict[str, Score]:
    """The counts of each kind that was found or asked for, by name."""

    def of(kind: str, texts: Sequence[frozenset[Constraint]]) -> list[frozenset[Constraint]]:
        return [frozenset(wish for wish in text if wish.kind == kind) for text in texts]

    kinds = Counter(wish.kind for text in (*found, *asked) for wish in text)
    return {kind: score(of(kind, found), of(kind, asked)) for kind in sorted(kinds)}
