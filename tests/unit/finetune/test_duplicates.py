"""Repeats are found, and other texts are let through."""

import random

from hypothesis import given
from hypothesis import strategies as st

from finetune.duplicates import NEAR, Seen, normal


def words(seed: int, count: int = 120) -> list[str]:
    rng = random.Random(seed)
    return [f"word{rng.randrange(10_000)}" for _ in range(count)]


def common(one: list[str], other: list[str]) -> float:
    """The exact share of three-word pieces that two texts have in common."""
    first, second = ({*zip(text, text[1:], text[2:])} for text in (one, other))
    return len(first & second) / len(first | second)


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_repeats_itself_whatever_its_case_and_spaces(text: str) -> None:
    seen = Seen()
    assert seen.add(text) is None
    assert seen.add(text) == "duplicate"
    assert seen.add(f"  {text}\n\t") == "duplicate"
    assert normal(normal(text)) == normal(text)


def test_unicode_forms_and_case_are_one_text() -> None:
    seen = Seen()
    assert seen.add("Zoë runs 10K") is None
    assert seen.add("ZOE\u0308 RUNS  10K") == "duplicate"


def test_a_few_changed_words_are_found_and_many_are_not() -> None:
    """Judged by the exact share, with room for the error of the estimate."""
    found = missed = 0
    for seed in range(60):
        text = words(seed)
        changed = [*text]
        for place in random.Random(-seed - 1).sample(range(len(text)), 1 + seed % 12):
            changed[place] = "other"
        seen = Seen()
        seen.add(" ".join(text))
        repeat = seen.add(" ".join(changed))
        share = common(text, changed)
        if share > NEAR + 0.1:
            assert repeat == "near duplicate", share
            found += 1
        elif share < NEAR - 0.12:
            assert repeat is None, share
            missed += 1
    assert found > 5
    assert missed > 5


def test_other_texts_are_let_through_among_many() -> None:
    seen = Seen()
    assert [seen.add(" ".join(words(seed))) for seed in range(200)] == [None] * 200


def test_a_repeat_is_not_taken_in_unless_asked() -> None:
    text = words(1)
    far = [*text[:-6], *(["other"] * 6)]
    assert common(text, far) > NEAR + 0.1
    for always in (False, True):
        seen = Seen()
        seen.add(" ".join(text))
        assert seen.add(" ".join(far), always=always) == "near duplicate"
        assert seen.add(" ".join(far)) == ("duplicate" if always else "near duplicate")


def test_short_texts_are_only_compared_as_a_whole() -> None:
    seen = Seen()
    assert seen.add("Hi") is None
    assert seen.add("Hi there") is None
    assert seen.add("") is None
    assert seen.add(" hi ") == "duplicate"
