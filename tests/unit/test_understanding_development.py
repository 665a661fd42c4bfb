"""The development texts in data/: well formed, in the words the constraints use, and broad enough.

They are for choosing between models and settings. The held-out phrasings only measure what was
chosen, so no text may be in both.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runplan.constraints import KINDS, SCOPES, ConstraintKind, constraint_from_json
from runplan.request import MAX_DETAILS, MAX_SESSION_MIN, MIN_SESSION_MIN

DATA = Path(__file__).parents[2] / "data"


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def bare(text: str) -> str:
    return " ".join(text.casefold().split())


ROWS = rows_of("understanding_development.jsonl")
CONSTRAINTS = [tuple(constraint_from_json(data) for data in row["constraints"]) for row in ROWS]

TEXTS, WITHOUT_ANY, WITH_SEVERAL, MOST_IN_A_TEXT = 240, 50, 120, 5
# In texts, as in the held-out phrasings.
AT_LEAST = dict.fromkeys(KINDS, 10) | dict.fromkeys(
    ("avoid_day", "only_day", "long_run_day", "max_session_min"), 40
)
BODY_PARTS = "knee,achilles,shin,foot,ankle,calf,hamstring,quad,hip,groin,back,it band,\
plantar fascia,glute,toe,heel,shoulder,neck"
WORDS: dict[ConstraintKind, set[str]] = {
    "injury": set(BODY_PARTS.split(",")),
    "returning": {"break", "injury", "illness", "surgery", "pregnancy"},
    "terrain": {"hills", "trail", "track", "treadmill", "flat"},
    "time_of_day": {"morning", "lunch", "evening", "night"},
}


def test_the_constraints_are_written_in_full() -> None:
    for row, constraints in zip(ROWS, CONSTRAINTS, strict=True):
        assert row.keys() == {"text", "constraints"}
        assert [constraint.to_json() for constraint in constraints] == row["constraints"]


def test_the_texts_fit_the_form_and_differ() -> None:
    assert len({bare(row["text"]) for row in ROWS}) == len(ROWS) == TEXTS
    assert all(row["text"].strip() == row["text"] != "" for row in ROWS)
    assert max(len(row["text"]) for row in ROWS) <= MAX_DETAILS


def test_no_text_is_held_out() -> None:
    held_out = {bare(row["text"]) for row in rows_of("understanding_phrasings.jsonl")}
    assert held_out & {bare(row["text"]) for row in ROWS} == set()


def test_no_text_repeats_or_contradicts_itself() -> None:
    for row, constraints in zip(ROWS, CONSTRAINTS, strict=True):
        assert len(set(constraints)) == len(constraints) <= MOST_IN_A_TEXT, row["text"]
        kinds = {constraint.kind for constraint in constraints}
        assert not {"avoid_day", "only_day"} <= kinds, row["text"]
        caps = Counter(c.scope for c in constraints if c.kind == "max_session_min")
        assert all(count == 1 for count in caps.values()), row["text"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_common_enough(kind: ConstraintKind) -> None:
    count = sum(any(c.kind == kind for c in constraints) for constraints in CONSTRAINTS)
    assert count >= AT_LEAST[kind]


def test_every_scope_is_common_enough() -> None:
    scopes = Counter(c.scope for constraints in CONSTRAINTS for c in constraints)
    assert all(scopes[scope] >= 10 for scope in SCOPES)


def test_many_texts_ask_for_nothing_and_many_for_several_things() -> None:
    assert sum(not constraints for constraints in CONSTRAINTS) >= WITHOUT_ANY
    assert sum(len(constraints) > 1 for constraints in CONSTRAINTS) >= WITH_SEVERAL


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_is_one_of_the_known_ones_and_is_used(kind: ConstraintKind) -> None:
    assert {c.value for found in CONSTRAINTS for c in found if c.kind == kind} == WORDS[kind]


def test_minutes_are_what_the_form_accepts() -> None:
    caps = [c.value for found in CONSTRAINTS for c in found if c.kind == "max_session_min"]
    assert set(caps) <= set(range(MIN_SESSION_MIN, MAX_SESSION_MIN + 1))
