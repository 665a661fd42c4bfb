import json

from hypothesis import given
from hypothesis import strategies as st

from finetune.phrasings import PHRASINGS, Score, by_kind, measure, read_phrasings, score
from runplan.backends.scripted import ScriptedBackend
from runplan.constraints import Constraint
from runplan.understanding import answers_for, understand_jobs
from tests.support.scripted import prompt_of

TUE, THU = Constraint("avoid_day", "Tue"), Constraint("avoid_day", "Thu")
HEAT = Constraint("heat")
wishes = st.lists(st.frozensets(st.sampled_from([TUE, THU, HEAT])), min_size=3, max_size=3)


def test_the_phrasings_are_read_as_they_stand() -> None:
    lines = PHRASINGS.read_text(encoding="utf-8").splitlines()
    phrasings = read_phrasings()
    assert [phrasing.text for phrasing in phrasings] == [json.loads(line)["text"] for line in lines]
    assert sum(len(phrasing.constraints) for phrasing in phrasings) > len(lines)


def test_precision_and_recall_by_hand() -> None:
    found = [frozenset({TUE, HEAT}), frozenset({THU}), frozenset[Constraint]()]
    asked = [frozenset({TUE, THU}), frozenset({THU}), frozenset({HEAT})]
    assert score(found, asked) == Score(right=2, found=3, asked=4)
    assert by_kind(found, asked) == {"avoid_day": Score(2, 2, 3), "heat": Score(0, 1, 1)}
    assert (Score(2, 3, 4).precision, Score(2, 3, 4).recall) == (2 / 3, 1 / 2)


@given(wishes, wishes)
def test_kinds_add_up(
    found: list[frozenset[Constraint]], asked: list[frozenset[Constraint]]
) -> None:
    total, parts = score(found, asked), by_kind(found, asked).values()
    assert total.right == sum(part.right for part in parts) <= min(total.found, total.asked)
    assert total.found == sum(part.found for part in parts)
    assert 0 <= total.precision <= 1
    assert (total.recall == 1) == (total.right == total.asked)


def test_a_model_that_always_answers_right_reaches_what_the_lexicon_allows() -> None:
    phrasings = read_phrasings()
    answers = {}
    for phrasing in phrasings:
        right = answers_for(phrasing.text, tuple(phrasing.constraints))
        if right:
            jobs = understand_jobs(phrasing.text, 0)
            answers |= zip(map(prompt_of, jobs), right, strict=True)
    backend = ScriptedBackend(lambda job: answers.get(prompt_of(job), "?"))
    found = measure(backend, phrasings, "test")
    assert found["n_texts"] == len(phrasings)
    assert found["precision"] >= 0.95
    assert 0.85 <= found["recall"] < 1
    silent = measure(ScriptedBackend(lambda job: "?"), phrasings, "test")
    assert (silent["precision"], silent["recall"]) == (1.0, 0.0)
