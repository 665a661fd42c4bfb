import random

import pytest

from runplan.claims import (
    AILMENT_PHRASES,
    PHRASES,
    NoteFacts,
    contradictions,
    forbidden_phrases,
    strange_ailments,
)
from runplan.note_grammar import note_rules
from runplan.notes import phrases, write_note
from tests.support.gbnf import Grammar

KINDS = (
    frozenset({"easy", "long"}),
    frozenset({"easy", "tempo", "long", "strides"}),
    frozenset({"easy", "recovery", "intervals", "hills", "long", "finish"}),
    frozenset({"runwalk", "long"}),
    frozenset({"easy", "strides", "race"}),
)


def grammar(*forbidden: str) -> Grammar:
    return Grammar(f"root ::= note\n{note_rules('note', forbidden)}")


def facts(
    kinds: frozenset[str], *, race: str = "half", number: int = 5, cutback: bool = False
) -> NoteFacts:
    phase = "taper" if "race" in kinds else "build"
    return NoteFacts(race, "advanced", phase, "easy", kinds, number, 12, cutback)


def test_keeps_off_a_word_and_its_endings_in_either_case() -> None:
    made = grammar("stride", "lighter week")
    assert made.accepts("Run tall and easy, {name}.")
    assert not made.accepts("Strides keep you quick.")
    assert not made.accepts("A few strides, then rest.")
    assert not made.accepts("Enjoy the lighter week!")
    assert made.accepts("A lighter weed.")
    assert made.accepts("Astride the hill we go.")


def test_finds_a_phrase_that_begins_inside_another() -> None:
    made = grammar("hard day", "day off")
    assert not made.accepts("No hard day off.")
    assert not made.accepts("A hard hard day.")
    assert made.accepts("A hard hat.")


def test_a_note_ends_with_a_stop_and_holds_no_digits() -> None:
    made = grammar()
    assert made.accepts("Run well. Sleep well!")
    assert not made.accepts("Run well")
    assert not made.accepts("Run well. ")
    assert not made.accepts("Run five or 5.")
    assert not made.accepts("Run\nwell.")


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize(("race", "cutback"), [("5K", False), ("half", True), ("marathon", False)])
def test_agrees_with_the_check_on_every_phrase_of_the_bank(
    kinds: frozenset[str], race: str, cutback: bool
) -> None:
    week = facts(kinds, race=race, cutback=cutback)
    made = grammar(*forbidden_phrases(week))
    wrongly_taken, wrongly_refused = [], []
    for phrase in phrases():
        note = phrase.replace("|", "").rstrip(".") + ("" if phrase[-1] in "!?" else ".")
        wrong = contradictions(note, week) or strange_ailments(note, week.topics)
        if made.accepts(note) and wrong:
            wrongly_taken.append(note)
        if not made.accepts(note) and not wrong:
            wrongly_refused.append(note)
    assert not wrongly_taken
    assert len(wrongly_refused) <= 1, wrongly_refused


@pytest.mark.parametrize("kinds", KINDS)
def test_what_it_lets_through_passes_the_check(kinds: frozenset[str]) -> None:
    week = facts(kinds)
    made = grammar(*forbidden_phrases(week))
    rng = random.Random(1)
    for _ in range(150):
        assert made.accepts(write_note(week, rng))


def test_every_claim_of_the_check_has_its_phrases() -> None:
    week = facts(frozenset(), race="5K")
    for claim, written in PHRASES.items():
        notes = [f"Mind {phrase.strip()}." for phrase in written]
        assert any(claim in contradictions(note, week) for note in notes), claim
    for topic, written in AILMENT_PHRASES.items():
        assert any(topic in strange_ailments(f"Mind the {w.strip()} now.", ()) for w in written)
