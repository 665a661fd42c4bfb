"""The model that ships reads plain wishes, alone and joined by two: what most runners type."""

from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest

from runplan.backends.base import Backend
from runplan.backends.llama_cpp import LlamaCppBackend
from runplan.constraints import Constraint
from runplan.understanding import understand, understand_all

SHIPPED = Path(__file__).parents[2] / "models" / "nano" / "nano.gguf"

WISHES = {
    "I cannot run on Tuesdays": Constraint("avoid_day", "Tue"),
    "no runs on Monday please": Constraint("avoid_day", "Mon"),
    "it's my first race": Constraint("first_race"),
    "sore achilles": Constraint("injury", "achilles"),
    "my left knee is sore": Constraint("injury", "knee"),
    "no more than 45 min on weekdays": Constraint("max_session_min", 45, "weekday"),
    "long run on Saturday please": Constraint("long_run_day", "Sat"),
    "the course is hilly": Constraint("terrain", "hills"),
    "I only have time in the evening": Constraint("time_of_day", "evening"),
    "I am back after a long break": Constraint("returning", "break"),
    "no speedwork please": Constraint("no_speedwork"),
    "I go to the gym twice a week": Constraint("strength"),
    "I'd like to keep cycling": Constraint("cross_training"),
    "it is very hot here": Constraint("heat"),
    "we live at altitude": Constraint("altitude"),
    "I want to run-walk": Constraint("run_walk"),
}
JOINS = (" and ", ", and ", ". ", ", also ", "; ", ", ")


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with closing(LlamaCppBackend(SHIPPED)) as backend:
        yield backend


@pytest.mark.parametrize("text", WISHES)
def test_alone(backend: Backend, text: str) -> None:
    assert understand(text, backend) == (WISHES[text],)


def test_joined_by_two(backend: Backend) -> None:
    pairs = [
        (first, second)
        for first, second in permutations(WISHES, 2)
        if WISHES[first].kind != WISHES[second].kind
    ]
    texts = [
        f"{first}{JOINS[index % len(JOINS)]}{second}" for index, (first, second) in enumerate(pairs)
    ]
    read = dict(understand_all(texts, backend))
    whole = [
        set(read[index]) == {WISHES[first], WISHES[second]}
        for index, (first, second) in enumerate(pairs)
    ]
    wrong = [text for text, right in zip(texts, whole, strict=True) if not right]
    assert len(wrong) / len(pairs) <= 0.03, wrong
