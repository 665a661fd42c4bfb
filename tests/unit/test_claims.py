"""What a note claims of its week."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.claims import MENTIONS, NoteFacts, claims_in, contradictions, strange_ailments
from runplan.notes import phrases


@pytest.mark.parametrize(
    ("note", "wrong"),
    [
        ("Keep the tempo under control.", ("tempo",)),
        ("Walk back down the hill.", ("hills",)),
        ("Enjoy the taper and race day.", ("race", "taper")),
        ("A lighter week is a gift.", ("cutback",)),
        ("The marathon rewards patience.", ("full marathon",)),
        ("The half marathon rewards patience.", ("half marathon",)),
        ("Start the long run slowly on easy days.", ()),
        ("Keep marathon pace even.", ("marathon",)),
    ],
)
def test_contradictions_name_what_is_wrong(note, wrong):
    facts = NoteFacts(
        "10K", "beginner", "base", "easy", frozenset({"easy", "long"}), 2, 8, cutback=False
    )
    assert contradictions(note, facts) == wrong


@given(st.lists(st.sampled_from(phrases()), min_size=1, max_size=4), st.sampled_from(".!?"))
def test_a_note_claims_what_its_sentences_claim(said, stop):
    note = f"{stop} ".join(phrase.replace("|", "") for phrase in said) + stop
    assert claims_in(note) == frozenset().union(*map(claims_in, said))
    assert {kind for kind, words in MENTIONS.items() if words.search(note)} == (
        claims_in(note) & MENTIONS.keys()
    )


@pytest.mark.parametrize(
    ("note", "topics", "strange"),
    [
        ("Ease into it, for the mending hamstring.", (), ("hamstring",)),
        ("Ease into it, for the mending hamstring.", ("hamstring",), ()),
        ("Keep soft knees and proud hips downhill.", (), ()),
        ("That knee and the Achilles come first.", ("achilles",), ("knee",)),
        ("Your lungs learn faster than your shins.", (), ()),
        ("Raise your toes and the shins will gain.", (), ("shin",)),
    ],
)
def test_a_note_speaks_of_no_trouble_that_the_runner_has_not(
    note: str, topics: tuple[str, ...], strange: tuple[str, ...]
) -> None:
    assert strange_ailments(note, topics) == strange
