from contextlib import closing

import pytest

from runplan.backends.base import Backend, Job
from runplan.backends.scripted import ScriptedBackend
from runplan.errors import BackendError

JOBS = [Job(({"role": "user", "content": text},), None, 1, 0.8, 9) for text in ("a", "b", "c")]


def test_a_list_is_used_up_in_order() -> None:
    backend: Backend = ScriptedBackend(["1", "2", "3"])
    assert list(backend.complete(JOBS[:2])) == [(0, "1"), (1, "2")]
    assert list(backend.complete(JOBS[2:])) == [(0, "3")]
    with pytest.raises(BackendError, match="no text left"):
        list(backend.complete(JOBS[:1]))


def test_a_function_sees_the_job() -> None:
    backend = ScriptedBackend(lambda job: job.messages[0]["content"].upper())
    assert list(backend.complete(JOBS)) == [(0, "A"), (1, "B"), (2, "C")]
    assert backend.jobs == JOBS


def test_jobs_may_end_in_another_order() -> None:
    backend = ScriptedBackend(
        lambda job: job.messages[0]["content"], order=lambda n: range(n)[::-1]
    )
    assert list(backend.complete(JOBS)) == [(2, "c"), (1, "b"), (0, "a")]


def test_a_scripted_error_is_raised_in_its_turn() -> None:
    answers = ScriptedBackend(["1", BackendError("dead")]).complete(JOBS)
    assert next(answers) == (0, "1")
    with pytest.raises(BackendError, match="dead"):
        next(answers)


def test_closing_early_is_noticed() -> None:
    backend = ScriptedBackend(lambda job: "x")
    with closing(backend.complete(JOBS)) as answers:
        next(answers)
    assert backend.closed_early == 1
    assert len(list(backend.complete(JOBS))) == 3
    assert backend.closed_early == 1
