"""The coach's notes: form, truth, variety. Checked over thousands of weeks drawn at random."""

import random
import re
import tomllib
from collections import Counter
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan import notes
from runplan.claims import MENTIONS, NoteFacts, claims_in, contradictions, strange_ailments
from runplan.notes import write_note
from runplan.topics import topic_names
from tests.support.note_form import form_problems

RACES = ("5K", "10K", "half", "marathon")
LEVELS = ("beginner", "intermediate", "advanced")
FOCI = ("easy", "strides", "hills", "fartlek", "tempo", "intervals", "reps", "marathon", "runwalk")
BANK = tomllib.loads((files("runplan") / "notes.toml").read_text(encoding="utf-8"))


def random_facts(rng: random.Random, topics: tuple[str, ...] | None = None) -> NoteFacts:
    total = rng.randint(4, 24)
    number = rng.randint(1, total)
    focus = rng.choice(FOCI)
    kinds = {"easy", "long"} if rng.random() < 0.9 else {"recovery"}
    if focus == "marathon":
        kinds.add(rng.choice(["marathon", "finish"]))
    elif rng.random() < 0.95:
        kinds.add(focus)
    if rng.random() < 0.3:
        kinds.add("strides")
    if number == total:
        focus, kinds = "race", {"easy", "race"}
    part = number / total
    phase = "base" if part < 0.4 else "build" if part < 0.7 else "peak" if part < 0.85 else "taper"
    if topics is None:
        topics = tuple(rng.sample(topic_names(), rng.choice([0, 0, 1, 1, 2, 3])))
    cutback = number % 4 == 0 and number < total
    return NoteFacts(
        rng.choice(RACES), rng.choice(LEVELS), phase, focus, frozenset(kinds), number, total,
        cutback, topics,
    )  # fmt: skip


@cache
def written() -> list[tuple[NoteFacts, str]]:
    rng = random.Random(1)
    weeks = [random_facts(rng) for _ in range(4000)]
    return [(facts, write_note(facts, rng)) for facts in weeks]


def plan_weeks(race: str, level: str, total: int, topics: tuple[str, ...]) -> list[NoteFacts]:
    weeks = []
    for number in range(1, total + 1):
        focus = FOCI[number % len(FOCI)]
        kinds = {"easy", "long", focus}
        if number == total:
            focus, kinds = "race", {"easy", "race"}
        phase = ("base", "build", "peak", "taper")[min(3, 4 * (number - 1) // total)]
        weeks.append(
            NoteFacts(race, level, phase, focus, frozenset(kinds), number, total,
                      number % 4 == 0 and number < total, topics)
        )  # fmt: skip
    return weeks


def test_the_bank_is_large():
    phrases = notes.phrases()
    assert len(phrases) == len(set(phrases))
    assert len(phrases) >= 1000


@pytest.mark.parametrize("topic", topic_names())
def test_each_topic_has_enough_phrases(topic):
    assert len(set(BANK["topic"][topic]["notes"])) >= 12


def test_topics_of_the_bank_are_those_recognised():
    assert set(BANK["topic"]) == set(topic_names())


def test_phrases_are_bare():
    for phrase in notes.phrases():
        text = phrase.replace("|", "")
        assert not set(form_problems(text)) - {"words"}, phrase
        assert phrase[0].isupper(), phrase
        assert phrase[-1].isalpha(), phrase
        assert phrase.count("|") <= 1, phrase
        assert not re.search(r"\|[^ ,;:]", phrase), phrase
        assert len(phrase.split()) <= 18, phrase


def test_a_phrase_says_the_same_wherever_the_name_stands():
    for phrase in notes.phrases():
        bare = f"{phrase.replace('|', '')}."
        named = [
            f"{{name}}, {bare[0].lower()}{bare[1:]}",
            f"{bare[:-1]}, {{name}}.",
            re.sub(r"\|(?=[,;:])", ", {name}", f"{phrase}.").replace("|", ", {name},"),
        ]
        assert {claims_in(text) for text in (phrase, bare, *named)} == {claims_in(bare)}, phrase
        assert not {*form_problems(bare)} & {"characters", "counts or dates"}, phrase


def test_notes_keep_their_form():
    assert not [(note, form_problems(note)) for _, note in written() if form_problems(note)]
    for _, note in written():
        assert note.isascii()
        assert note[-1] in ".!"
        assert not re.search(r"[\d\n\"|]", note)
        assert set(re.findall(r"\{.*?\}", note)) <= {"{name}"}
        assert len(note.replace("{name}", "Xxxxxxxx")) <= 150
        assert 8 <= len(note.split()) <= 22
        assert not re.search(r"[,:;.] ?[,:;.]", note), note


def test_notes_never_contradict_their_week():
    assert not [(n, contradictions(n, facts)) for facts, n in written() if contradictions(n, facts)]


def test_kind_words_stand_only_where_the_kind_is():
    plain = {
        "tempo": "tempo", "intervals": "interval", "fartlek": "fartlek", "hills": "hill",
        "strides": "stride", "runwalk": "walk break", "race": "race day",
    }  # fmt: skip
    for facts, note in written():
        for kind, word in plain.items():
            if kind not in facts.kinds:
                assert not re.search(rf"\b{word}s?\b", note.lower()), (facts, note)
        if facts.phase != "taper":
            assert "taper" not in note.lower()
        if not facts.cutback:
            assert not re.search("cutback|lighter week|recovery week", note.lower())


def test_every_session_word_is_in_use():
    said = " ".join(note for _, note in written())
    unused = {kind for kind, words in MENTIONS.items() if not words.search(said)}
    assert unused <= {"recovery", "strength", "cross", "finish"}


def test_names_stand_in_most_notes_at_varied_places():
    named = [note for _, note in written() if "{name}" in note]
    assert 0.55 <= len(named) / len(written()) <= 0.7
    where = Counter(
        "start" if n.startswith("{") else "end" if n.rstrip(".!").endswith("}") else "inside"
        for n in named
    )
    assert min(where.values()) >= 0.1 * len(named)


def test_notes_are_varied():
    some = [note for _, note in written()[:2000]]
    assert len(set(some)) >= 0.9 * len(some)
    assert notes.FALLBACK not in some


@pytest.mark.parametrize("topics", [("knee",), ("busy", "heat"), ("fun", "older", "trail")])
def test_most_notes_speak_to_the_details(topics):
    rng = random.Random(5)
    about = {
        " ".join(re.findall(r"[a-z']+", phrase.lower()))
        for topic in topics
        for phrase in BANK["topic"][topic]["notes"]
    }
    hits = Counter()
    for _ in range(1000):
        note = write_note(random_facts(rng, topics), rng).lower().replace("{name}", " ")
        said = " ".join(re.findall(r"[a-z']+", note))
        hits[any(phrase in said for phrase in about)] += 1
    assert 620 <= hits[True] <= 800


@pytest.mark.parametrize("seed", range(6))
def test_a_long_plan_repeats_no_sentence(seed):
    rng = random.Random(seed)
    topics = tuple(rng.sample(topic_names(), 2))
    told: list[str] = []
    for facts in plan_weeks(rng.choice(RACES), rng.choice(LEVELS), 24, topics):
        told.append(write_note(facts, rng, told))
    assert len(set(told)) == 24
    sentences = [
        re.sub(r"[^a-z]", "", part)
        for note in told
        for part in re.split(r"[.!?]", note.lower().replace("{name}", ""))
        if part.strip()
    ]
    assert len(set(sentences)) == len(sentences)


def test_same_seed_same_notes():
    facts = plan_weeks("10K", "beginner", 8, ("knee",))
    first = [write_note(week, random.Random(9)) for week in facts]
    assert first == [write_note(week, random.Random(9)) for week in facts]


@given(
    race=st.sampled_from(RACES),
    level=st.sampled_from(LEVELS),
    phase=st.sampled_from(["base", "build", "peak", "taper"]),
    focus=st.sampled_from([*FOCI, "race", "something new"]),
    kinds=st.frozensets(st.sampled_from([*MENTIONS, "easy", "long"])),
    number=st.integers(1, 30),
    more=st.integers(0, 30),
    cutback=st.booleans(),
    topics=st.lists(st.sampled_from(topic_names()), max_size=4, unique=True),
    seed=st.integers(0, 10**6),
)
def test_any_facts_give_a_true_note(
    race, level, phase, focus, kinds, number, more, cutback, topics, seed
):
    facts = NoteFacts(
        race, level, phase, focus, kinds, number, number + more, cutback, tuple(topics)
    )
    note = write_note(facts, random.Random(seed))
    assert form_problems(note) == ()
    assert contradictions(note, facts) == ()


def test_phrases_name_a_hurt_part_only_under_its_topic():
    def strange(node, topics=()):
        if isinstance(node, str):
            return [(node, topics)] if strange_ailments(node, topics) else []
        nodes = node.values() if isinstance(node, dict) else node
        return [found for part in nodes for found in strange(part, topics)]

    everybody = {name: part for name, part in BANK.items() if name != "topic"}
    assert strange(everybody) == []
    assert [
        found for topic, part in BANK["topic"].items() for found in strange(part, (topic,))
    ] == []
