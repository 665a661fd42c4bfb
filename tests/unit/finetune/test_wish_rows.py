"""Rows to learn reading from: their answers say what the texts ask for, and none is held out."""

import json
import random
import re
from collections import Counter
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from finetune import wish_rows
from finetune.told import told_texts
from finetune.wishes import sample_parts
from runplan.request import DAYS
from runplan.understanding import ANSWERS, CAUSES, NO, understand_jobs


@cache
def drawn() -> tuple[list[dict[str, Any]], Counter[str]]:
    dropped: Counter[str] = Counter()
    return list(wish_rows.wish_rows(2000, "test", dropped)), dropped


def shown_in(row: dict[str, Any]) -> str:
    prompt: str = row["messages"][0]["content"]
    return prompt.split("\n", 1)[1]


def test_few_texts_are_left_out() -> None:
    rows, dropped = drawn()
    texts = {re.sub(r"[][]", "", shown_in(row)) for row in rows}
    assert dropped.total() <= 200
    assert len(texts) >= 1990 - dropped.total()  # two that differ in brackets alone are one here
    assert dropped["a wish has no mention of its own"] <= 80


def test_rows_ask_about_one_mention() -> None:
    said: Counter[str] = Counter()
    for row in drawn()[0]:
        answer = row["messages"][1]
        assert (row["task"], answer["role"]) == ("understand", "assistant")
        assert shown_in(row).count("[") == 1
        said[answer["content"]] += 1
    words = {NO, *(word for words in ANSWERS.values() for word in words)}
    assert words < set(said) <= words | set(CAUSES)
    assert said[NO] / said.total() >= 0.25


def test_no_prompt_twice() -> None:
    prompts = [row["messages"][0]["content"] for row in drawn()[0]]
    assert len(set(prompts)) == len(prompts)


def test_every_text_comes_before_one_comes_again() -> None:
    texts = told_texts("validation")
    turns = list(islice(wish_rows._in_turns(texts, random.Random(1)), 2 * len(texts)))
    rounds = turns[: len(texts)], turns[len(texts) :]
    assert all(Counter(told) == Counter(texts) for told in rounds)
    assert rounds[0] != rounds[1]


def test_same_seed_same_rows() -> None:
    again = list(wish_rows.wish_rows(50, "test", Counter()))
    assert again == drawn()[0][: len(again)]


def test_two_mentions_of_a_day_may_mean_different_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wish_rows, "TOLD_SHARE", 0.0)
    meanings: dict[tuple[str, str], set[str]] = {}
    for row in wish_rows.wish_rows(1500, "test", Counter()):
        day = re.search(rf"\[({'|'.join(DAYS)})\]", shown_in(row))
        if day:
            text = re.sub(r"[][]", "", shown_in(row))
            meanings.setdefault((text, day[1]), set()).add(row["messages"][1]["content"])
    assert any(len(meaning) > 1 for meaning in meanings.values())


def test_held_out_phrasings_are_there_and_none_is_drawn() -> None:
    assert len(wish_rows.held_out()) >= 100
    for row in drawn()[0]:
        assert row["messages"][0]["content"] not in wish_rows.held_out()


def test_a_held_out_text_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random("wishes test")
    rng.random()  # whether it is a text of told.py
    text = sample_parts(rng)[0]
    path = tmp_path / "phrasings.jsonl"
    path.write_text(json.dumps({"text": text, "constraints": []}) + "\n", "utf-8")
    monkeypatch.setattr(wish_rows, "PHRASINGS", path)
    monkeypatch.setattr(wish_rows, "TOLD_SHARE", 0.0)
    wish_rows.held_out.cache_clear()
    dropped: Counter[str] = Counter()
    rows = list(wish_rows.wish_rows(20, "test", dropped))
    wish_rows.held_out.cache_clear()
    assert dropped["text is held out"] == 1
    prompts = {wish_rows.prompt_of(job) for job in understand_jobs(text, 0)}
    assert prompts.isdisjoint(row["messages"][0]["content"] for row in rows)
