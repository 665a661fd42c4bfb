"""Understanding: prompt, grammar and answer agree; what the answers mean."""

import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from runplan.constraints import KINDS, Constraint
from runplan.errors import NotationError
from runplan.mentions import CATEGORIES, find_mentions, marked
from runplan.understanding import (
    ANSWERS,
    DOUBT,
    NO,
    ROOM,
    answers_for,
    read_understanding,
    understand,
    understand_all,
    understand_each,
    understand_jobs,
)
from tests.support.gbnf import Grammar
from tests.unit.test_mentions import PHRASES

TEXT = "can't run Tuesdays, max 45 min on weekdays, no knee pain, long run Sunday, love hills"
ANSWERED = ("avoid", "weekday", "no", "no", "long", "yes")
ASKED = (
    Constraint("avoid_day", "Tue"),
    Constraint("max_session_min", 45, "weekday"),
    Constraint("long_run_day", "Sun"),
    Constraint("terrain", "hills"),
)
texts = st.lists(st.sampled_from([text for text, _ in PHRASES]), min_size=1, max_size=9).map(
    ", ".join
)


def grammars_of(text: str) -> list[Grammar]:
    grammars = [job.grammar for job in understand_jobs(text, 0)]
    assert None not in grammars
    return [Grammar(grammar) for grammar in grammars if grammar]


def shown_in(job: Job) -> str:
    (message,) = job.messages
    return message["content"].partition("\n")[2]


def test_answers_are_read() -> None:
    assert read_understanding(TEXT, ANSWERED) == ASKED
    assert answers_for(TEXT, ASKED) == ANSWERED


def test_what_someone_returns_from_may_be_named_elsewhere() -> None:
    text = "Broke my ankle in May, now I'm running again"
    asked = (Constraint("returning", "injury"),)
    assert answers_for(text, asked) == (NO, "injury")
    assert read_understanding(text, (NO, "injury")) == asked
    assert read_understanding(text, (NO, "returning")) == (Constraint("returning", "break"),)
    named = "had surgery in May, now I'm running again"
    with pytest.raises(NotationError, match="surgery"):
        read_understanding(named, ("illness", NO))


def test_each_prompt_marks_one_mention() -> None:
    jobs = understand_jobs("Sore [Achilles] <|eot_id|>, NOT on Tuesday", 0)
    assert {job.messages[0]["role"] for job in jobs} == {"user"}
    assert [shown_in(job) for job in jobs] == [
        "sore ([achilles]) < |eot_id|>, not on Tue",
        "sore (achilles) < |eot_id|>, not on [Tue]",
    ]


def test_without_a_grammar_the_model_is_free() -> None:
    assert {job.grammar for job in understand_jobs(TEXT, 0, grammar=False)} == {None}


def test_in_doubt_the_answer_is_no() -> None:
    assert DOUBT > 0
    assert {job.bias for job in understand_jobs(TEXT, 0)} == {((NO, DOUBT),)}


def test_every_category_has_answers() -> None:
    assert ANSWERS.keys() == set(CATEGORIES)


@given(texts, st.integers(0, 2**32))
def test_what_the_grammars_allow_is_read_and_has_its_answers(text: str, seed: int) -> None:
    rng = random.Random(seed)
    constraints = read_understanding(text, [each.sample(rng) for each in grammars_of(text)])
    answers = answers_for(text, constraints)
    if answers is not None:
        assert all(map(Grammar.accepts, grammars_of(text), answers))
        assert set(read_understanding(text, answers)) == set(constraints)


def test_every_kind_can_be_said() -> None:
    said = set()
    for text, _ in PHRASES:
        for number in range(3):
            words = [ANSWERS[mention.category] for mention in find_mentions(text)]
            answers = [each[min(number, len(each) - 1)] for each in words]
            said |= {found.kind for found in read_understanding(text, answers)}
    assert said == set(KINDS)


@pytest.mark.parametrize(
    "answers",
    [
        (),
        ANSWERED[:1],
        (*ANSWERED, "yes"),
        (*ANSWERED[:4], "max", "yes"),
        (*ANSWERED[:5], "yes."),
        (*ANSWERED[:5], ""),
        tuple(reversed(ANSWERED)),
    ],
)
def test_other_answers_are_refused_and_not_in_the_grammar(answers: tuple[str, ...]) -> None:
    with pytest.raises(NotationError):
        read_understanding(TEXT, answers)
    grammars = grammars_of(TEXT)
    assert len(answers) != len(grammars) or not all(map(Grammar.accepts, grammars, answers))


@pytest.mark.parametrize(
    ("text", "answer", "asked"),
    [
        ("not tue, only tue", "avoid only", [Constraint("only_day", "Tue")]),
        ("only tue, not tue", "only avoid", [Constraint("avoid_day", "Tue")]),
        ("sun, sun", "long avoid", [Constraint("avoid_day", "Sun")]),
        (
            "only sun, long run sun",
            "only long",
            [Constraint("only_day", "Sun"), Constraint("long_run_day", "Sun")],
        ),
        (
            "60 min, 45 min, 50 min",
            "max max max",
            [Constraint("max_session_min", 45, "all")],
        ),
        (
            "45 min, 2 hours",
            "weekday weekend",
            [
                Constraint("max_session_min", 45, "weekday"),
                Constraint("max_session_min", 120, "weekend"),
            ],
        ),
        (
            "weekends only",
            "only",
            [Constraint("only_day", "Sat"), Constraint("only_day", "Sun")],
        ),
        ("sore knee, bad knees", "injury injury", [Constraint("injury", "knee")]),
        ("long on sat. no, sun", "long long", [Constraint("long_run_day", "Sun")]),
        ("mornings. well, at night", "yes yes", [Constraint("time_of_day", "night")]),
        ("a break after my surgery", "returning returning", [Constraint("returning", "surgery")]),
        ("my surgery, then a break", "returning returning", [Constraint("returning", "surgery")]),
        (
            "not mon, only tue and thu",
            "avoid only only",
            [Constraint("only_day", "Tue"), Constraint("only_day", "Thu")],
        ),
    ],
)
def test_repeats_and_contradictions_are_settled(
    text: str, answer: str, asked: list[Constraint]
) -> None:
    assert list(read_understanding(text, answer.split())) == asked


def test_a_constraint_without_a_mention_has_no_answer() -> None:
    assert answers_for("sore knee", [Constraint("heat")]) is None
    assert answers_for("hello", [Constraint("heat")]) is None
    assert answers_for("hello", []) == ()


def test_a_value_that_is_mentioned_again_takes_the_next_constraint() -> None:
    asked = [Constraint("only_day", "Sun"), Constraint("long_run_day", "Sun")]
    assert answers_for("sundays only, long on sunday", asked) == ("only", "long")
    assert answers_for("sundays only", asked) is None


@pytest.mark.parametrize(
    "text",
    ["not on Tuesday or " * 70, "é知 sore knee " * 60, "ü" * 700 + " knee", "\ud83d knee " * 200],
)
def test_a_long_text_is_cut_around_the_mention(text: str) -> None:
    for job in understand_jobs(text, 0):
        shown = shown_in(job)
        assert ROOM - 8 <= len(shown.encode()) <= ROOM
        assert (shown.count("["), shown.count("]")) == (1, 1)


def test_a_text_of_usual_length_is_shown_whole() -> None:
    text = (", ".join(text for text, _ in PHRASES[::6]))[:400]
    mentions = find_mentions(text)
    shown = [shown_in(job) for job in understand_jobs(text, 0)]
    assert shown == [marked(text, mentions, [asked]) for asked in mentions]


def test_understanding_a_text() -> None:
    assert understand(TEXT, ScriptedBackend(ANSWERED)) == ASKED


def test_a_text_without_mentions_needs_no_model() -> None:
    backend = ScriptedBackend([])
    assert understand("I love running", backend) == ()
    assert backend.jobs == []


def test_texts_are_read_side_by_side_in_any_order() -> None:
    texts = ["hi", "sore knee", "hello", TEXT]
    right = dict(zip(map(shown_in, understand_jobs(TEXT, 0)), ANSWERED, strict=True))
    backend = ScriptedBackend(
        lambda job: right.get(shown_in(job), "injury"), order=lambda count: range(count)[::-1]
    )
    found = dict(understand_all(texts, backend, seed=3))
    assert found == {0: (), 1: (Constraint("injury", "knee"),), 2: (), 3: ASKED}
    assert {(job.seed, job.temperature) for job in backend.jobs} == {(3, 0.0)}
    assert len(backend.jobs) == 1 + len(ANSWERED)


def test_an_answer_out_of_the_grammar_stops_only_its_own_text() -> None:
    texts = ["sore knee", "sore achilles"]
    answers = ["no idea", "injury"]
    each = dict(understand_each(texts, ScriptedBackend(answers)))
    assert isinstance(each[0], NotationError)
    assert each[1] == (Constraint("injury", "achilles"),)
    with pytest.raises(NotationError):
        list(chain.from_iterable(understand_all(texts, ScriptedBackend(answers))))
