"""The texts to understand in data/: well formed, in the words the constraints use, and broad enough.

The held-out phrasings, hard ones and plain ones, measure; the development texts are for choosing between
models and settings. So no text may be in two files.
"""

import json
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from runplan.constraints import KINDS, SCOPES, Constraint, ConstraintKind, constraint_from_json
from runplan.request import MAX_DETAILS, MAX_SESSION_MIN, MIN_SESSION_MIN

DATA = Path(__file__).parents[2] / "data"
MOST_IN_A_TEXT = 5
# Days and minutes are what runners write most, and what a plan must not get wrong.
FREQUENT = ("avoid_day", "only_day", "long_run_day", "max_session_min")
BODY_PARTS = "knee,achilles,shin,foot,ankle,calf,hamstring,quad,hip,groin,back,it band,\
plantar fascia,glute,toe,heel,shoulder,neck"
WORDS: dict[ConstraintKind, set[str]] = {
    "injury": set(BODY_PARTS.split(",")),
    "returning": {"break", "injury", "illness", "surgery", "pregnancy"},
    "terrain": {"hills", "trail", "track", "treadmill", "flat"},
    "time_of_day": {"morning", "lunch", "evening", "night"},
}


@dataclass(frozen=True)
class Texts:
    """A file of texts with what each asks for, and how many it must hold.

    `rare` and `frequent` are the texts with any one kind and scope, and with a kind of `FREQUENT`.
    """

    name: str
    rows: list[dict[str, Any]]
    count: int
    without_any: int
    with_several: int
    rare: int
    frequent: int

    @property
    def constraints(self) -> list[tuple[Constraint, ...]]:
        return [tuple(map(constraint_from_json, row["constraints"])) for row in self.rows]

    @property
    def bare(self) -> set[str]:
        return {" ".join(row["text"].casefold().split()) for row in self.rows}


def texts_of(name: str, *at_least: int) -> Texts:
    lines = (DATA / f"understanding_{name}.jsonl").read_text("utf-8").splitlines()
    return Texts(name, [json.loads(line) for line in lines], *at_least)


FILES = [
    texts_of("phrasings", 260, 45, 150, 10, 40),
    texts_of("plain", 219, 30, 90, 7, 8),
    texts_of("development", 240, 50, 120, 10, 40),
]
each = pytest.mark.parametrize("texts", FILES, ids=lambda texts: texts.name)


@pytest.mark.parametrize(
    ("one", "other"), list(combinations(FILES, 2)), ids=lambda texts: texts.name
)
def test_no_text_is_in_two_files(one: Texts, other: Texts) -> None:
    assert one.bare & other.bare == set()


@each
def test_the_constraints_are_written_in_full(texts: Texts) -> None:
    for row, constraints in zip(texts.rows, texts.constraints, strict=True):
        assert row.keys() == {"text", "constraints"}
        assert [constraint.to_json() for constraint in constraints] == row["constraints"]


@each
def test_the_texts_fit_the_form_and_differ(texts: Texts) -> None:
    assert len(texts.bare) == len(texts.rows) == texts.count
    assert all(row["text"].strip() == row["text"] != "" for row in texts.rows)
    assert max(len(row["text"]) for row in texts.rows) <= MAX_DETAILS


@each
def test_no_text_repeats_or_contradicts_itself(texts: Texts) -> None:
    for row, constraints in zip(texts.rows, texts.constraints, strict=True):
        assert len(set(constraints)) == len(constraints) <= MOST_IN_A_TEXT, row["text"]
        kinds = {constraint.kind for constraint in constraints}
        assert not {"avoid_day", "only_day"} <= kinds, row["text"]
        caps = Counter(c.scope for c in constraints if c.kind == "max_session_min")
        assert all(count == 1 for count in caps.values()), row["text"]


@each
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_common_enough(kind: ConstraintKind, texts: Texts) -> None:
    count = sum(any(c.kind == kind for c in constraints) for constraints in texts.constraints)
    assert count >= (texts.frequent if kind in FREQUENT else texts.rare)


@each
def test_every_scope_is_common_enough(texts: Texts) -> None:
    scopes = Counter(c.scope for constraints in texts.constraints for c in constraints)
    assert all(scopes[scope] >= texts.rare for scope in SCOPES)


@each
def test_many_texts_ask_for_nothing_and_many_for_several_things(texts: Texts) -> None:
    assert sum(not constraints for constraints in texts.constraints) >= texts.without_any
    assert sum(len(constraints) > 1 for constraints in texts.constraints) >= texts.with_several


@each
@pytest.mark.parametrize("kind", WORDS)
def test_every_word_is_one_of_the_known_ones_and_is_used(
    kind: ConstraintKind, texts: Texts
) -> None:
    assert {c.value for found in texts.constraints for c in found if c.kind == kind} == WORDS[kind]


@each
def test_minutes_are_what_the_form_accepts(texts: Texts) -> None:
    caps = [c.value for found in texts.constraints for c in found if c.kind == "max_session_min"]
    assert set(caps) <= set(range(MIN_SESSION_MIN, MAX_SESSION_MIN + 1))
