"""Texts with what they ask for: variety, shares, and that none speaks against itself."""

import random
import re
import tomllib
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from finetune import wishes
from runplan.constraints import KINDS, Constraint
from runplan.mentions import find_mentions

ROOT = Path(__file__).parents[3]
OWN_SLOTS = set(
    "avoid never only one two three long fine spare day days all weekday weekend minutes time "
    "injury ailment part trouble He he his him".split()
)


@cache
def draws() -> list[tuple[str, tuple[Constraint, ...]]]:
    rng = random.Random(11)
    return [wishes.sample_wishes(rng) for _ in range(8000)]


def values(asked: tuple[Constraint, ...], kind: str) -> list[str | int | None]:
    return [wish.value for wish in asked if wish.kind == kind]


@given(st.randoms(use_true_random=False))
def test_no_text_speaks_against_itself(rng: random.Random) -> None:
    text, asked = wishes.sample_wishes(rng)
    assert 0 < len(text) <= 500
    assert not set(text) & set("{}|\n"), "a slot is unfilled"
    assert "  " not in text
    assert len(asked) <= wishes.MOST_CONSTRAINTS
    assert len(set(asked)) == len(asked)
    avoided = set(values(asked, "avoid_day"))
    assert not avoided & set(values(asked, "only_day"))
    assert not avoided & set(values(asked, "long_run_day"))
    assert len(values(asked, "long_run_day")) <= 1
    scopes = [wish.scope for wish in asked if wish.kind == "max_session_min"]
    assert len(set(scopes)) == len(scopes)
    assert len(values(asked, "time_of_day")) <= 1


def test_shares() -> None:
    texts = {text for text, _ in draws()}
    assert len(texts) / len(draws()) >= 0.95
    idle = sum(not asked for _, asked in draws())
    assert 0.10 <= idle / len(draws()) <= 0.20
    counts = Counter(chain.from_iterable({wish.kind for wish in asked} for _, asked in draws()))
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 200
    assert {kind for kind, _ in counts.most_common(2)} == {"avoid_day", "max_session_min"}
    scopes = Counter(wish.scope for _, asked in draws() for wish in asked)
    assert min(scopes[scope] for scope in ("all", "weekday", "weekend")) >= 100
    assert max(len(asked) for _, asked in draws()) == wishes.MOST_CONSTRAINTS


def test_bank_is_wide() -> None:
    bank = list(wishes.templates())
    assert len(bank) >= 8000
    assert sum(section.startswith("nothing.") for section, _ in bank) >= 2500
    assert [line for line, count in Counter(bank).items() if count > 1] == []


def test_templates_are_well_formed() -> None:
    asking = {"avoid", "never", "only", "one", "two", "three", "long"}
    asking |= {"all", "weekday", "weekend", "injury", "ailment"}
    for section, line in wishes.templates():
        assert line == line.strip()
        assert line.count("(") == line.count(")"), line
        if section == "filler" or section.startswith("nothing."):
            assert not asking & set(re.findall(r"\{(\w+)\}", line)), line
            assert " => " not in line


def test_slots_are_all_known_and_used() -> None:
    bank = tomllib.loads((ROOT / "finetune" / "wishes.toml").read_text(encoding="utf-8"))
    written = str(list(wishes.templates())) + str(bank["slots"])
    used = set(re.findall(r"\{(\w+)\}", written))
    assert used == set(bank["slots"]) | OWN_SLOTS


def test_same_seed_same_text() -> None:
    first = [wishes.sample_wishes(random.Random(seed)) for seed in range(50)]
    assert first == [wishes.sample_wishes(random.Random(seed)) for seed in range(50)]


def test_most_texts_which_ask_for_nothing_mention_something() -> None:
    idle = [text for text, asked in draws()[:2000] if not asked]
    assert sum(bool(find_mentions(text)) for text in idle) / len(idle) >= 0.75


@given(st.randoms(use_true_random=False))
def test_a_text_asks_for_what_its_parts_ask_for(rng: random.Random) -> None:
    state = rng.getstate()
    text, parts = wishes.sample_parts(rng)
    rng.setstate(state)
    assert wishes.sample_wishes(rng) == (text, tuple(dict.fromkeys(chain(*(w for _, w in parts)))))


def test_the_more_wordings_a_template_has_the_oftener_it_is_drawn() -> None:
    lines = wishes.Lines(["odd", "(plain|simple|usual) (wish|request|need)"])
    rng = random.Random(4)
    drawn = Counter(lines.draw(rng) for _ in range(4000))
    assert 2.6 < drawn["(plain|simple|usual) (wish|request|need)"] / drawn["odd"] < 3.5
