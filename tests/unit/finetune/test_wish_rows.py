"""Rows to learn reading from: their answers say what the texts ask for, and none is held out."""

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from finetune import wish_rows
from finetune.wishes import sample_parts
from runplan.mentions import find_mentions, marked
from runplan.understanding import ANSWERS, NO


@cache
def drawn() -> tuple[list[dict[str, Any]], Counter[str]]:
    dropped: Counter[str] = Counter()
    return list(wish_rows.wish_rows(2000, "test", dropped)), dropped


def test_few_texts_are_left_out() -> None:
    rows, dropped = drawn()
    assert len(rows) + dropped.total() == 2000
    assert len(rows) >= 1800
    assert dropped["a wish has no mention of its own"] <= 80


def test_rows_answer_each_mention_in_order() -> None:
    said: Counter[str] = Counter()
    for row in drawn()[0]:
        _, question, answer = row["messages"]
        assert (row["task"], answer["role"]) == ("understand", "assistant")
        lines = answer["content"].split("\n")
        assert len(lines) == question["content"].count("[")
        for line in lines:
            mention, _, word = line.rpartition(" ")
            assert f"[{mention}]" in question["content"]
            said[word] += 1
    assert set(said) == {NO, *(word for words in ANSWERS.values() for word in words)}
    assert said[NO] / said.total() >= 0.25


def test_no_prompt_twice() -> None:
    prompts = [row["messages"][1]["content"] for row in drawn()[0]]
    assert len(set(prompts)) == len(prompts)


def test_same_seed_same_rows() -> None:
    again = list(wish_rows.wish_rows(50, "test", Counter()))
    assert again == drawn()[0][: len(again)]


def test_two_mentions_of_a_day_may_mean_different_things() -> None:
    meanings = [
        {line for line in row["messages"][2]["content"].split("\n") if line.startswith("Sun ")}
        for row in drawn()[0]
    ]
    assert any(len(meaning) > 1 for meaning in meanings)


def test_held_out_phrasings_are_there_and_none_is_drawn() -> None:
    assert len(wish_rows.held_out()) >= 100
    for row in drawn()[0]:
        assert row["messages"][1]["content"].split("\n", 1)[1] not in wish_rows.held_out()


def test_a_held_out_text_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random("wishes test")
    texts = (sample_parts(rng)[0] for _ in range(20))
    shown = {marked(text, find_mentions(text)): text for text in texts}
    prompt = drawn()[0][0]["messages"][1]["content"].split("\n", 1)[1]
    path = tmp_path / "phrasings.jsonl"
    path.write_text(json.dumps({"text": shown[prompt], "constraints": []}) + "\n", "utf-8")
    monkeypatch.setattr(wish_rows, "PHRASINGS", path)
    wish_rows.held_out.cache_clear()
    dropped: Counter[str] = Counter()
    rows = list(wish_rows.wish_rows(20, "test", dropped))
    wish_rows.held_out.cache_clear()
    assert dropped["text is held out"] == 1
    assert prompt not in [row["messages"][1]["content"].split("\n", 1)[1] for row in rows]
