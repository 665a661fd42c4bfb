"""Training details: variety, shares, and that the topics in them are recognised."""

import random
import re
import tomllib
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from finetune import details
from runplan.topics import topic_names, topics_in

ROOT = Path(__file__).parents[3]
HELD_OUT = (ROOT / "data" / "evaluation_details.txt").read_text(encoding="utf-8").splitlines()
HELD_OUT_TOPICS = [
    set(line.split(",")) - {"-"}
    for line in Path(__file__).with_name("evaluation_topics.txt").read_text().splitlines()
]
BANK = tomllib.loads((ROOT / "finetune" / "details.toml").read_text(encoding="utf-8"))


@cache
def draws() -> list[tuple[str, tuple[str, ...]]]:
    rng = random.Random(20)
    return [details.sample_with_topics(rng) for _ in range(20_000)]


def bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower().replace("'", "")).strip()


def test_same_topics_in_both_banks():
    assert set(BANK["topic"]) == set(topic_names())
    assert len(topic_names()) == 35


@pytest.mark.parametrize("topic", sorted(BANK["topic"]))
def test_each_topic_has_many_wordings(topic):
    says, coach = BANK["topic"][topic]["says"], BANK["topic"][topic]["coach"]
    assert len(set(says)) >= 25
    assert len(set(coach)) >= 4


def test_slots_are_all_known_and_used():
    written = str(list(details.templates())) + str(BANK["slots"])
    used = set(re.findall(r"\{(\w+)\}", written))
    assert used == set(BANK["slots"]) | {"He", "he", "his", "him"}


def test_every_template_is_recognised():
    rng = random.Random(3)
    texts = [(t, details.filled(x, rng)) for t, x in details.templates() if t for _ in range(3)]
    missed = [(topic, text) for topic, text in texts if topic not in topics_in(text)]
    assert len(missed) <= 0.01 * len(texts), missed


def test_topics_of_samples_are_recognised_in_spite_of_typos():
    found = [topic in topics_in(text) for text, topics in draws()[:5000] for topic in topics]
    assert len(found) > 3000
    assert sum(found) / len(found) >= 0.97


def test_texts_without_a_topic_give_none():
    texts = [text for text, topics in draws() if text and not topics]
    assert len(texts) > 1000
    assert sum(bool(topics_in(text)) for text in texts) / len(texts) <= 0.01


def test_shares_and_lengths():
    texts = [text for text, _ in draws()]
    written = [text for text in texts if text]
    assert 0.33 <= 1 - len(written) / len(texts) <= 0.37
    assert max(map(len, texts)) <= details.USUAL_LENGTH
    assert all("\n" not in text and "{" not in text for text in texts)
    assert len(set(written)) / len(written) >= 0.8


def test_every_topic_is_drawn():
    counts = Counter(chain.from_iterable(topics for _, topics in draws()))
    assert set(counts) == set(topic_names())
    assert min(counts.values()) >= 300


def test_same_seed_same_text():
    first = [details.sample_details(random.Random(seed)) for seed in range(50)]
    assert first == [details.sample_details(random.Random(seed)) for seed in range(50)]


def test_held_out_texts_are_many_short_and_distinct():
    assert len(HELD_OUT) == len(set(HELD_OUT)) == len(HELD_OUT_TOPICS)
    assert len(HELD_OUT) >= 150
    assert all(0 < len(text) <= details.USUAL_LENGTH for text in HELD_OUT)
    counts = Counter(chain.from_iterable(HELD_OUT_TOPICS))
    assert set(counts) == set(topic_names())
    assert min(counts.values()) >= 3


def test_held_out_texts_are_not_among_the_training_texts():
    trained = {bare(text) for text, _ in draws()}
    assert not [text for text in HELD_OUT if bare(text) in trained]


def test_no_template_can_write_a_held_out_clause():
    slots = {name: "|".join(map(bare, values)) for name, values in BANK["slots"].items()}
    slots["ago"] = slots["ago"].replace("in month", f"in (?:{slots['month']})")
    slots |= dict.fromkeys(("He", "he", "his", "him"), "he|she|his|her|him")
    written = [
        re.sub(
            r"0slot(\w+?)slot0",
            lambda slot: f"(?:{slots[slot[1]]})",
            bare_template(template),
        )
        for _, template in details.templates()
    ]
    anything = re.compile("|".join(written))
    clauses = {
        bare(clause)
        for text in HELD_OUT
        for clause in [text, *re.split(r"[.,;:!?()]| - ", text)]
        if len(bare(clause).split()) >= 3
    }
    assert len(clauses) > 200
    assert not [clause for clause in clauses if anything.fullmatch(clause)]


def bare_template(template: str) -> str:
    marked = re.sub(r"\{(\w+)\}", r" 0slot\1slot0 ", template)
    parts = re.split(r"(0slot\w+?slot0)", marked)
    kept = [part if part.startswith("0slot") else bare(part) for part in parts]
    return " ".join(part for part in kept if part)


def test_held_out_topics_are_recognised():
    pairs = list(zip(HELD_OUT, HELD_OUT_TOPICS, strict=True))
    wanted = sum(len(topics) for _, topics in pairs)
    found = sum(len(topics & set(topics_in(text))) for text, topics in pairs)
    extra = sum(len(set(topics_in(text)) - topics) for text, topics in pairs)
    assert found / wanted >= 0.95
    assert extra / wanted <= 0.05
