"""What can go wrong in training, by who has to act.

FinetuneError
├── RecipeError     whoever wrote the recipe or the override: a key or value is wrong
├── StageError      whoever runs the command: a stage is missing, or was made with other settings
└── ParityError     a developer: an exported model does not compute what the trained one does
"""

from runplan.errors import RunplanError


class FinetuneError(RunplanError):
    """Root of every error training raises on purpose."""


class RecipeError(FinetuneError):
    """A recipe, or an override of it, has an unknown key or an unusable value."""


class StageError(FinetuneError):
    """A stage cannot run: what it needs is missing, or its results belong to other settings."""


class ParityError(FinetuneError):
    """A merged or exported model differs from the one that was trained."""
