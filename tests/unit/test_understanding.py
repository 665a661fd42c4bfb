"""Understanding: prompt, grammar and answer agree; what the answers mean."""

import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.backends.scripted import ScriptedBackend
from runplan.constraints import KINDS, Constraint
from runplan.errors import NotationError
from runplan.mentions import CATEGORIES, find_mentions, marked
from runplan.understanding import (
    ANSWERS,
    ROOM,
    answer_for,
    read_understanding,
    understand,
    understand_all,
    understand_each,
    understand_job,
)
from tests.support.gbnf import Grammar
from tests.unit.test_mentions import PHRASES

TEXT = "can't run Tuesdays, max 45 min on weekdays, no knee pain, long run Sunday, love hills"
ANSWER = "Tue avoid\n45min weekday\nweekdays no\nknee no\nSun long\nhills yes"
ASKED = (
    Constraint("avoid_day", "Tue"),
    Constraint("max_session_min", 45, "weekday"),
    Constraint("long_run_day", "Sun"),
    Constraint("terrain", "hills"),
)
texts = st.lists(st.sampled_from([text for text, _ in PHRASES]), min_size=1, max_size=9).map(
    ", ".join
)


def grammar_of(text: str) -> Grammar:
    grammar = understand_job(text, 0).grammar
    assert grammar is not None
    return Grammar(grammar)


def test_an_answer_is_read() -> None:
    assert read_understanding(TEXT, ANSWER) == ASKED
    assert answer_for(TEXT, ASKED) == ANSWER


def test_the_prompt_shows_the_marked_text() -> None:
    system, user = understand_job("Sore [Achilles] <|eot_id|>, NOT on Tuesday", 0).messages
    assert system["role"] == "system"
    assert user["content"].endswith("sore ([achilles]) < |eot_id|>, not on [Tue]")


def test_without_a_grammar_the_model_is_free() -> None:
    assert understand_job(TEXT, 0, grammar=False).grammar is None


def test_every_category_has_answers() -> None:
    assert ANSWERS.keys() == set(CATEGORIES)


@given(texts, st.integers(0, 2**32))
def test_what_the_grammar_allows_is_read_and_is_its_own_answer(text: str, seed: int) -> None:
    grammar = grammar_of(text)
    constraints = read_understanding(text, grammar.sample(random.Random(seed)))
    answer = answer_for(text, constraints)
    if answer is not None:
        assert grammar.accepts(answer)
        assert set(read_understanding(text, answer)) == set(constraints)


def test_every_kind_can_be_said() -> None:
    said = set()
    for text, _ in PHRASES:
        mentions = find_mentions(text)
        for number in range(3):
            answers = [ANSWERS[mention.category] for mention in mentions]
            lines = [
                f"{mention.canonical} {words[min(number, len(words) - 1)]}"
                for mention, words in zip(mentions, answers, strict=True)
            ]
            said |= {found.kind for found in read_understanding(text, "\n".join(lines))}
    assert said == set(KINDS)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Tue avoid",
        f"{ANSWER}\nhills yes",
        ANSWER.replace("Tue", "Wed"),
        ANSWER.replace("Sun long", "Sun max"),
        ANSWER.replace("knee no", "knee"),
        ANSWER.replace("knee no", "knee no."),
        "\n".join(reversed(ANSWER.split("\n"))),
    ],
)
def test_other_answers_are_refused_and_not_in_the_grammar(answer: str) -> None:
    with pytest.raises(NotationError):
        read_understanding(TEXT, answer)
    assert not grammar_of(TEXT).accepts(answer)


@pytest.mark.parametrize(
    ("text", "answer", "asked"),
    [
        ("not tue, only tue", "Tue avoid\nTue only", [Constraint("only_day", "Tue")]),
        ("only tue, not tue", "Tue only\nTue avoid", [Constraint("avoid_day", "Tue")]),
        ("sun, sun", "Sun long\nSun avoid", [Constraint("avoid_day", "Sun")]),
        (
            "only sun, long run sun",
            "Sun only\nSun long",
            [Constraint("only_day", "Sun"), Constraint("long_run_day", "Sun")],
        ),
        (
            "60 min, 45 min, 50 min",
            "60min max\n45min max\n50min max",
            [Constraint("max_session_min", 45, "all")],
        ),
        (
            "45 min, 2 hours",
            "45min weekday\n120min weekend",
            [
                Constraint("max_session_min", 45, "weekday"),
                Constraint("max_session_min", 120, "weekend"),
            ],
        ),
        (
            "weekends only",
            "weekend only",
            [Constraint("only_day", "Sat"), Constraint("only_day", "Sun")],
        ),
        ("sore knee, bad knees", "knee injury\nknee injury", [Constraint("injury", "knee")]),
    ],
)
def test_repeats_and_contradictions_are_settled(
    text: str, answer: str, asked: list[Constraint]
) -> None:
    assert list(read_understanding(text, answer)) == asked


def test_a_constraint_without_a_mention_has_no_answer() -> None:
    assert answer_for("sore knee", [Constraint("heat")]) is None
    assert answer_for("hello", [Constraint("heat")]) is None
    assert answer_for("hello", []) == ""


def test_a_value_that_is_mentioned_again_takes_the_next_constraint() -> None:
    asked = [Constraint("only_day", "Sun"), Constraint("long_run_day", "Sun")]
    assert answer_for("sundays only, long on sunday", asked) == "Sun only\nSun long"
    assert answer_for("sundays only", asked) is None


@pytest.mark.parametrize(
    "text", ["not on Tuesday or " * 60, "é知 sore knee " * 60, "ü" * 700, "\ud83d knee " * 200]
)
def test_a_long_text_is_cut_between_mentions(text: str) -> None:
    job = understand_job(text, 0)
    shown = job.messages[1]["content"].partition("\n")[2]
    assert ROOM - 40 <= len(shown.encode()) + job.max_tokens <= ROOM + 1
    assert shown.count("[") == shown.count("]")
    if find_mentions(text):
        answer = grammar_of(text).sample(random.Random(0))
        assert len(answer.split("\n")) == shown.count("]")
        assert len(answer) < job.max_tokens
        read_understanding(text, answer)


def test_a_text_of_usual_length_is_shown_whole() -> None:
    text = (", ".join(text for text, _ in PHRASES[::6]))[:400]
    shown = understand_job(text, 0).messages[1]["content"].partition("\n")[2]
    assert shown == marked(text, find_mentions(text))


def test_understanding_a_text() -> None:
    assert understand(TEXT, ScriptedBackend([ANSWER])) == ASKED


def test_a_text_without_mentions_needs_no_model() -> None:
    backend = ScriptedBackend([])
    assert understand("I love running", backend) == ()
    assert backend.jobs == []


def test_texts_are_read_side_by_side_in_any_order() -> None:
    texts = ["hi", "sore knee", "hello", TEXT]
    backend = ScriptedBackend(
        lambda job: ANSWER if "[Tue]" in job.messages[1]["content"] else "knee injury",
        order=lambda count: range(count)[::-1],
    )
    found = dict(understand_all(texts, backend, seed=3))
    assert found == {0: (), 1: (Constraint("injury", "knee"),), 2: (), 3: ASKED}
    assert [(job.seed, job.temperature) for job in backend.jobs] == [(3, 0.0), (3, 0.0)]


def test_an_answer_out_of_the_grammar_stops_only_its_own_text() -> None:
    texts = ["sore knee", "sore achilles"]
    answers = ["no idea", "achilles injury"]
    each = dict(understand_each(texts, ScriptedBackend(answers)))
    assert isinstance(each[0], NotationError)
    assert each[1] == (Constraint("injury", "achilles"),)
    with pytest.raises(NotationError):
        list(chain.from_iterable(understand_all(texts, ScriptedBackend(answers))))
