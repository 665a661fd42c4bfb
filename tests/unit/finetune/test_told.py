"""Texts to learn reading from: usable, apart from what is measured, and the same asked with other days."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.duplicates import Seen, normal
from finetune.phrasings import read_phrasings
from finetune.told import Told, told_texts, with_other_days
from finetune.wish_rows import DEVELOPMENT, PHRASINGS, PLAIN
from runplan.constraints import DAY_KINDS, KINDS, Constraint
from runplan.mentions import find_mentions
from runplan.understanding import answers_for

ALL = (*told_texts("validation"), *told_texts("train"))


def test_every_wish_can_be_read_off_its_text() -> None:
    silent = [told.text for told in ALL if answers_for(told.text, told.wishes) is None]
    assert silent == []
    assert all(len(told.text) <= 500 for told in ALL)


def test_no_text_is_there_twice_or_measured() -> None:
    texts = [normal(told.text) for told in ALL]
    assert len(set(texts)) == len(texts) > 10_000
    seen = Seen()
    for path in (PHRASINGS, PLAIN, DEVELOPMENT):
        for phrasing in read_phrasings(path):
            seen.add(phrasing.text, always=True)
    assert [text for text in texts if seen.add(text)] == []


def test_each_kind_is_asked_for_and_much_is_idle() -> None:
    kinds = Counter(wish.kind for told in ALL for wish in told.wishes)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 50
    assert 0.2 < sum(not told.wishes for told in ALL) / len(ALL) < 0.6


def test_the_splits_share_no_text() -> None:
    train, validation = (set(told_texts(split)) for split in ("train", "validation"))
    assert train.isdisjoint(validation)
    assert 0.03 < len(validation) / len(train) < 0.07


@given(st.sampled_from(ALL), st.integers(0, 2**32))
def test_with_other_days_it_asks_for_as_much(told: Told, seed: int) -> None:
    other = with_other_days(told, random.Random(seed))
    assert [w.kind for w in other.wishes] == [w.kind for w in told.wishes]
    kept = {w for w in told.wishes if w.kind not in DAY_KINDS}
    assert kept <= set(other.wishes)
    was, now = (
        [mention.category for mention in find_mentions(text)] for text in (told.text, other.text)
    )
    # A word of another day may stand nearer to its neighbours: seldom, and such a text is left out.
    if was == now:
        assert answers_for(other.text, other.wishes) is not None


def test_days_are_exchanged_among_their_like() -> None:
    text = "Choir on tues, long one on Sundays please"
    told = Told(text, (Constraint("avoid_day", "Tue"), Constraint("long_run_day", "Sun")))
    drawn = [with_other_days(told, random.Random(seed)) for seed in range(60)]
    avoided = {other.wishes[0].value for other in drawn}
    longs = {other.wishes[1].value for other in drawn}
    assert avoided == {"Mon", "Tue", "Wed", "Thu", "Fri"}
    assert longs == {"Sat", "Sun"}
    for other in drawn:
        assert answers_for(other.text, other.wishes) == ("avoid", "long")


@pytest.mark.parametrize("text", ["no weekends, so Tue", "Mon-Thu only", "Mon, midweek and Fri"])
def test_groups_keep_their_days(text: str) -> None:
    told = Told(text, ())
    assert all(with_other_days(told, random.Random(seed)) is told for seed in range(20))
