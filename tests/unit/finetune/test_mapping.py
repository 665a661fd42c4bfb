"""Rows of other people's data, by the columns that a recipe names."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from finetune.config import load
from finetune.errors import RecipeError, RowError, StageError
from finetune.mapping import ROLES, Source, first_question, read_messages, sources_identity

PAIR = {"prompt": "question", "answer": "plan"}
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="<"), min_size=1).filter(str.strip)
COLUMN = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
# Every name of a role, user and assistant in turns.
USERS, ASSISTANTS = (
    st.sampled_from([name for name, role in ROLES.items() if role == wanted])
    for wanted in ("user", "assistant")
)


def source(**changes: Any) -> Source:
    return Source.model_validate({"name": "mine", "path": "mine.csv", "columns": PAIR, **changes})


@given(WORDS, WORDS, st.none() | WORDS, st.lists(COLUMN, min_size=3, max_size=3, unique=True))
def test_any_columns_of_prompt_and_answer(
    question: str, answer: str, system: str | None, names: list[str]
) -> None:
    columns = dict(zip(("prompt", "answer", "system"), names))
    row = dict(zip(names, (question, answer, system))) | {"": "not read"}
    messages = read_messages(row, source(columns=columns, max_characters=10**6))
    spoken = [("system", system)] if system else []
    spoken += [("user", question), ("assistant", answer)]
    assert [(turn["role"], turn["content"]) for turn in messages] == [
        (role, text.strip()) for role, text in spoken
    ]


@given(
    st.lists(st.tuples(USERS, WORDS, ASSISTANTS, WORDS), min_size=1, max_size=4),
    st.none() | WORDS,
    st.booleans(),
    st.booleans(),
)
def test_conversations_in_either_form_and_as_json(
    rounds: list[tuple[str, str, str, str]], system: str | None, sharegpt: bool, as_text: bool
) -> None:
    spoken = [("system", system)] if system else []
    for user, question, assistant, answer in rounds:
        spoken += [(user, question), (assistant, answer)]
    keys = ("from", "value") if sharegpt else ("role", "content")
    turns: Any = [dict(zip(keys, turn)) for turn in spoken]
    row = {"conversations": json.dumps(turns) if as_text else turns}
    mine = source(columns={"messages": "conversations"}, max_characters=10**6)
    messages = read_messages(row, mine)
    assert [(turn["role"], turn["content"]) for turn in messages] == [
        (ROLES[role], text.strip()) for role, text in spoken
    ]
    assert first_question(messages) == rounds[0][1].strip()


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (None, "no messages"),
        ([], "no messages"),
        ("{broken", "messages are not JSON"),
        ("[" * 100_000, "messages are not JSON"),
        (["hello"], "a turn is not a role with text"),
        ([("user", "Hi"), ("assistant", " \n")], "empty text"),
        ([("user", "Hi"), ("assistant", None)], "empty text"),
        ([("user", "Hi"), ("assistant", 5)], "not text"),
        ([("user", "Hi")], "no assistant turn"),
        ([("system", "Be kind")], "no assistant turn"),
        ([("assistant", "Hi")], "wrong roles"),
        ([("assistant", "Hi"), ("user", "Hi")], "wrong roles"),
        ([("user", "Hi"), ("assistant", "Hi"), ("user", "Bye")], "wrong roles"),
        ([("user", "a"), ("user", "b"), ("assistant", "c")], "wrong roles"),
        ([("user", "a"), ("system", "b"), ("assistant", "c")], "wrong roles"),
        ([("system", "a"), ("assistant", "b"), ("user", "c")], "wrong roles"),
        ([("user", "a"), ("tool", "b"), ("assistant", "c")], "wrong roles"),
        ([("user", "a"), (None, "b")], "wrong roles"),
        ([("user", "a" * 50), ("assistant", "b" * 51)], "too long"),
        ([("user", "a"), ("assistant", "b<|eot_id|>c")], "holds a special token"),
        ([("user", "<start_of_turn>a"), ("assistant", "b")], "holds a special token"),
    ],
)
def test_a_conversation_that_teaches_nothing_is_refused(turns: Any, reason: str) -> None:
    if isinstance(turns, list):
        turns = [
            turn if isinstance(turn, str) else {"role": turn[0], "content": turn[1]}
            for turn in turns
        ]
    mine = source(columns={"messages": "talk"}, max_characters=100)
    with pytest.raises(RowError) as caught:
        read_messages({"talk": turns}, mine)
    assert caught.value.reason == reason


@pytest.mark.parametrize("missing", ["question", "plan"])
def test_a_row_without_the_column_names_it(missing: str) -> None:
    row = {"question": "How?", "plan": "So."}
    del row[missing]
    with pytest.raises(RowError, match=f"no such column: {missing}"):
        read_messages(row, source())


def test_as_long_as_allowed_is_not_too_long() -> None:
    row = {"question": "a" * 60, "plan": "b" * 40}
    assert len(read_messages(row, source(max_characters=100))) == 2
    with pytest.raises(RowError, match="too long: 100 characters, at most 99"):
        read_messages(row, source(max_characters=99))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hub": "a/b"}, "give path or hub"),
        ({"path": None}, "give path or hub"),
        ({"path": "mine.xls"}, r"path must end in one of \.csv"),
        ({"name": "week"}, "name must not be one of"),
        ({"name": "../up"}, "name"),
        ({"columns": {}}, "give prompt and answer, or messages, or plan"),
        ({"columns": {"prompt": "a"}}, "give prompt and answer, or messages, or plan"),
        ({"columns": {**PAIR, "plan": "b"}}, "give prompt and answer, or messages, or plan"),
        ({"columns": {"plan": "b", "answer": "c"}}, "give prompt and answer"),
        ({"columns": {"plan": "b", "system": "c"}}, "system goes with prompt and answer"),
        ({"columns": {**PAIR, "title": "b"}}, "title"),
        ({"share": 0}, "share"),
        ({"share": 1}, "share"),
        ({"validation": 1}, "validation"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        source(**changes)


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ("[{name: a, path: a.csv, columns: {plan: p}, colour: red}]", r"sources\.0\.colour"),
        (
            "[{name: a, path: a.csv, columns: {plan: p}}, {name: a, hub: b, columns: {plan: p}}]",
            "same",
        ),
        (
            "[{name: a, path: a.csv, columns: {plan: p}, share: 0.5},"
            " {name: b, path: a.csv, columns: {plan: p}, share: 0.5}]",
            "less than 1",
        ),
    ],
)
def test_a_recipe_names_what_is_wrong_with_its_sources(sources: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load("nano", [f"sources={sources}"])


def test_a_changed_file_or_column_is_another_source(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("question,plan\nHow?,So.\n")
    before = sources_identity([source(path=path)])
    assert json.loads(json.dumps(before)) == before == sources_identity([source(path=path)])
    assert sources_identity([source(path=path, share=0.1)]) != before
    path.write_text("question,plan\nHow?,Otherwise.\n")
    assert sources_identity([source(path=path)]) != before


def test_no_sources_leave_a_recipe_as_it_was() -> None:
    assert sources_identity(load("nano").sources) == {}


def test_a_missing_file_is_named_by_its_key() -> None:
    with pytest.raises(StageError, match=r"sources\.mine\.path: there is no file nowhere\.csv"):
        sources_identity([source(path="nowhere.csv")])
