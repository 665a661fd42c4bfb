"""What can go wrong in training, by who has to act.

FinetuneError
├── RecipeError     whoever wrote the recipe or the override: a key or value is wrong
├── StageError      whoever runs the command: a stage is missing, or was made with other settings
├── RowError        whoever keeps the data: a row cannot be learnt from
├── PublishError    whoever publishes: the model is below its bar, or the hub refuses it
└── ParityError     a developer: an exported model does not compute what the trained one does
"""

from runplan.errors import RunplanError


class FinetuneError(RunplanError):
    """Root of every error training raises on purpose."""


class RecipeError(FinetuneError):
    """A recipe, or an override of it, has an unknown key or an unusable value."""


class StageError(FinetuneError):
    """A stage cannot run: what it needs is missing, or its results belong to other settings."""


class RowError(FinetuneError):
    """A row of a source cannot be learnt from: the `reason`, counted, and the `detail`, listed."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


class PublishError(FinetuneError):
    """A model is not uploaded: it is not good enough, or the hub does not take it."""


class ParityError(FinetuneError):
    """A merged or exported model differs from the one that was trained."""


def first_line(error: BaseException) -> str:
    """What an error says, in one line; its kind where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)
