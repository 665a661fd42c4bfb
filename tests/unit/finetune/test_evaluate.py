from pathlib import Path

import pytest

from finetune import evaluate
from finetune.dataset import evaluation_requests
from finetune.evaluate import Question, _metrics, _problems, _questions
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from tests.support.scripted import GARBAGE, OUTLINE, coach_answers, prompt_of, week_of

REQUESTS, WEEKS = 12, 4
# In one of the evaluation requests the coach's own note is refused for repeating itself.
REFUSED = "the note repeats itself"


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return _questions(REQUESTS, WEEKS)


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    found = {}
    for request, seed in evaluation_requests(REQUESTS):
        found |= coach_answers(request, seed)
    return found


def test_questions_are_an_outline_and_some_weeks_of_each_request(questions: list[Question]) -> None:
    asked = [week_of(question.job(True)) for question in questions]
    starts = [place for place, week in enumerate(asked) if week == OUTLINE]
    assert len(starts) == REQUESTS
    parts = [asked[start:end] for start, end in zip(starts, [*starts[1:], None])]
    for (request, _), (_, *weeks) in zip(evaluation_requests(REQUESTS), parts, strict=True):
        assert weeks[0] == request.weeks
        assert 2 <= len(weeks) <= WEEKS
        assert len(set(weeks)) == len(weeks)
    assert [question.task for question in questions] == [
        "week" if week else "outline" for week in asked
    ]


def test_with_more_weeks_than_there_are_all_are_asked_for() -> None:
    request, _ = evaluation_requests(1)[0]
    asked = [week_of(question.job(True)) for question in _questions(1, 99)]
    assert sorted(asked) == list(range(request.weeks + 1))


def test_only_the_grammar_differs_between_the_modes(questions: list[Question]) -> None:
    for question in questions:
        free, held = question.job(False), question.job(True)
        assert free.grammar is None
        assert held.grammar is not None
        assert (free.messages, free.seed, free.temperature) == (
            held.messages,
            held.seed,
            held.temperature,
        )


def test_the_coachs_answers_are_valid(questions: list[Question], answers: dict[str, str]) -> None:
    for order in (range, lambda count: range(count)[::-1]):
        backend = ScriptedBackend(lambda job: answers[prompt_of(job)], order=order)
        problems = _problems(backend, questions, grammar=False, label="coach")
        assert set(problems) <= {None, REFUSED}
        assert problems.count(None) >= len(questions) - 1


def test_garbage_is_not(questions: list[Question]) -> None:
    for text in (GARBAGE, "", "1 base 24 long 8 hills", "Tue easy 5\nNote Take it easy, {name}."):
        problems = _problems(ScriptedBackend(lambda _, t=text: t), questions, False, "garbage")
        assert None not in problems


def test_an_answer_belongs_to_its_question(
    questions: list[Question], answers: dict[str, str]
) -> None:
    def answer(job: Job) -> str:
        return GARBAGE if week_of(job) == OUTLINE else answers[prompt_of(job)]

    backend = ScriptedBackend(answer, order=lambda count: range(count)[::-1])
    problems = _problems(backend, questions, True, "half")
    for question, problem in zip(questions, problems, strict=True):
        assert (problem in (None, REFUSED)) == (question.task == "week")


class Engine(ScriptedBackend):
    """Answers garbage freely, and with a grammar as the coach does."""

    answers: dict[str, str]

    def __init__(self, _: Path) -> None:
        super().__init__(self.write)
        self.closed = False

    def write(self, job: Job) -> str:
        if not job.grammar:
            return GARBAGE
        # What is asked of the phrasings is not understood.
        return GARBAGE if "[" in prompt_of(job) else self.answers[prompt_of(job)]

    def close(self) -> None:
        self.closed = True


def test_metrics_are_shares(
    questions: list[Question], answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[Engine] = []

    def engine(path: Path) -> Engine:
        engines.append(Engine(path))
        return engines[-1]

    monkeypatch.setattr(Engine, "answers", answers, raising=False)
    monkeypatch.setattr(evaluate, "LlamaCppBackend", engine)
    found = _metrics("base", Path("base.gguf"), questions)
    assert (found["outline_valid_free"], found["week_valid_free"]) == (0.0, 0.0)
    assert found["outline_valid_grammar"] == 1.0
    assert 0.95 < found["week_valid_grammar"] <= 1.0
    assert sum(found["week_problems_free"].values()) == sum(q.task == "week" for q in questions)
    assert found["samples_per_s"] > 0
    for key in ("details", "plain_details"):
        assert (found[key]["precision"], found[key]["recall"]) == (1.0, 0.0)
    assert [engine.closed for engine in engines] == [True]
