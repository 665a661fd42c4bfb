"""What can go wrong, by who has to act.

RunplanError
├── InputError        the runner: one field of the request is wrong
├── PlanFormatError   whoever made the file: a plan or request file cannot be read
├── BackendError      the operator: no model, a dead endpoint, an engine that failed
└── NotationError     the writer: the model's text is not in the plan notation (repaired, never shown)
"""


class RunplanError(Exception):
    """Root of every error this package raises on purpose."""


class InputError(RunplanError):
    """A request field is missing or out of range; `field` names it as the user knows it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class PlanFormatError(RunplanError):
    """A plan or request file is not JSON of the documented shape."""


class BackendError(RunplanError):
    """The text engine cannot be started or stopped answering."""


class NotationError(RunplanError):
    """Model output that does not parse; `line` is the offending line."""

    def __init__(self, line: str, problem: str) -> None:
        super().__init__(f"{problem}: {line!r}")
        self.line = line
        self.problem = problem
