"""A backend that answers what it is told to: for tests, demonstrations and trying out prompts."""

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from runplan.backends.base import Job
from runplan.errors import BackendError

Script: TypeAlias = Sequence[str | BackendError] | Callable[[Job], str]


class ScriptedBackend:
    """Answers from a list, used up in order, or from a function of the job.

    An error in the list is raised when its turn comes; a function may raise one too. `jobs` keeps what was asked,
    `closed_early` counts iterators that were closed before their last answer.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        model: str = "script",
        order: Callable[[int], Sequence[int]] = range,
    ) -> None:
        """`order` turns the number of jobs into the order in which they end; by default as given."""
        self.name = name
        self.model = model
        self.jobs: list[Job] = []
        self.closed_early = 0
        self._order = order
        self._script = script
        self._used = 0

    def complete(self, jobs: Sequence[Job]) -> Generator[tuple[int, str]]:
        """Yield `(index into jobs, text)`.

        Raises:
            BackendError: the script says so, or has no text left.
        """
        self.jobs += jobs
        left = len(jobs)
        try:
            for index in self._order(len(jobs)):
                text = self._text(jobs[index])
                left -= 1
                yield index, text
        except GeneratorExit:
            self.closed_early += left > 0
            raise

    def _text(self, job: Job) -> str:
        if callable(self._script):
            return self._script(job)
        if self._used == len(self._script):
            raise BackendError("the script has no text left")
        answer = self._script[self._used]
        self._used += 1
        if isinstance(answer, BackendError):
            raise answer
        return answer
