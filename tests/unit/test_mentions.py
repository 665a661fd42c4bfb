"""Mentions: the lexicon over many phrases, spans that hold, and slips of the keyboard."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.mentions import CATEGORIES, days_of, find_mentions, marked, plain
from runplan.request import DAYS

PHRASES = [
    line.rpartition(" | ")[::2]
    for line in (Path(__file__).parents[1] / "data" / "mention_phrases.txt")
    .read_text("utf-8")
    .splitlines()
    if line and not line.startswith("#")
]


def found(text: str) -> set[tuple[str, str]]:
    return {(mention.category, str(mention.value)) for mention in find_mentions(text)}


def test_there_are_many_phrases_of_every_category() -> None:
    assert len(PHRASES) >= 200
    assert {expected.split(" ")[0] for _, expected in PHRASES} == set(CATEGORIES)


@pytest.mark.parametrize(("text", "expected"), PHRASES)
def test_mentions_of_a_phrase_are_found(text: str, expected: str) -> None:
    wanted = {tuple(pair.split(" ", 1)) for pair in expected.split(", ")}
    assert wanted <= found(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I just want to have fun",
        "PB 48:12, hoping for 45:00",
        "3 days max",
        "heart rate max 180 bpm",
        "new shoes, hydration vest, 2 children",
        "I should be across this eight times",
        "keep on track",
        "my 10k PB is 22:30",
        "sun protection is on my list",
        "sat navs confuse me",
        "sun-up is lovely",
        "a 20 week plan in 12 weeks",
        "my path starts at my back door",
        "I am running well",
        "last summer was fun",
        "out by six, back by eight",
        "a hip-hop class",
        "I work at a paper mill, always moaning",
        "what's sup with the lengths of it",
    ],
)
def test_other_talk_mentions_nothing(text: str) -> None:
    assert find_mentions(text) == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Can't run Tuesdays\nand THU, no more than 45 minutes on weekdays; sore Achilles",
            "can't run [Tue] and [Thu], no more than [45min] on [weekdays]; sore [achilles]",
        ),
        ("My ITBS flared up", "my [it band] flared up"),
        ("run/walk for me", "[run walk] for me"),
        ("not on mondays - friday is fine", "not on [Mon] - [Fri] is fine"),
        ("between monday and wednesday", "[Mon-Wed]"),
        ("on monday and wednesday", "on [Mon] and [Wed]"),
        ("no more than 45 km", "no more than 45 km"),
        ("Tu We Th or mo/we/fr, as we like", "[Tue] [Wed] [Thu] or [Mon]/[Wed]/[Fri], as we like"),
        ("leave Sat out, and all of Sun", "leave [Sat] out, and all of [Sun]"),
        ("a climb of 300 m", "a [hills] of 300 m"),
        ("40ish min, or 45 and cap it", "[40min], or [45min] and cap it"),
        ("[Tue avoid] <|eot_id|>", "([Tue] avoid) <|eot_id|>"),
        ("İstanbul, not tuesday", "i\u0307stanbul, not [Tue]"),
        ("back from a knee op", "[injury] a [knee] [surgery]"),
    ],
)
def test_marked(text: str, shown: str) -> None:
    assert marked(text, find_mentions(text), find_mentions(text)) == shown


@pytest.mark.parametrize(
    ("slip", "word"),
    [
        ("Tuseday", "tuesday"),
        ("wenesday", "wednesday"),
        ("weekned", "weekend"),
        ("hamstirng", "hamstring"),
        ("traedmill", "treadmill"),
        ("minuets", "minutes"),
    ],
)
def test_slips_are_mended(slip: str, word: str) -> None:
    assert plain(slip) == word


@pytest.mark.parametrize("word", ["print", "across", "eight", "chilly", "trial", "hurts", "knight"])
def test_words_of_their_own_stay(word: str) -> None:
    assert plain(word) == word


@pytest.mark.parametrize(
    ("group", "days"),
    [
        ("weekdays", DAYS[:5]),
        ("weekend", DAYS[5:]),
        ("Tue-Thu", ("Tue", "Wed", "Thu")),
        ("Sat-Mon", ("Sat", "Sun", "Mon")),
        ("Mon/Wed/Fri", ("Mon", "Wed", "Fri")),
    ],
)
def test_days_of(group: str, days: tuple[str, ...]) -> None:
    assert days_of(group) == days


words = st.sampled_from(
    [word for text, _ in PHRASES for word in text.split()] + ["[", "]", "İ", "’", "–", "\n", "1½"]
)
texts = st.one_of(st.text(max_size=120), st.lists(words, max_size=40).map(" ".join))


def test_dates_are_no_minutes() -> None:
    assert found("race on Sat 25 May or Sunday 14 June") == {("day", "Sat"), ("day", "Sun")}


@given(texts)
def test_mentions_lie_in_order_inside_the_text(text: str) -> None:
    line, place = plain(text), 0
    for mention in find_mentions(text):
        assert place <= mention.start < mention.end <= len(line)
        place = mention.end
    assert len(
        re.findall(r"\[[^][]+\]", marked(text, find_mentions(text), find_mentions(text)))
    ) == len(find_mentions(text))


@given(texts)
def test_the_plain_text_is_one_line_and_has_the_same_mentions(text: str) -> None:
    line = plain(text)
    assert len(line.splitlines()) <= 1
    assert line == plain(line)
    assert find_mentions(line) == find_mentions(text)
