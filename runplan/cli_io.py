"""What the commands share: reading a text file and writing to the standard output, with one-line errors."""

import os
import sys
from pathlib import Path

from runplan.errors import PlanFormatError


def text_of(path: Path) -> str:
    """The file's text.

    Raises:
        PlanFormatError: it cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PlanFormatError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise PlanFormatError(f"{path}: {error.strerror}") from None


def lines_of(text: str) -> list[str]:
    """The lines of a JSON lines text: not splitlines(), which also splits where JSON text may go on."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def print_bytes(data: bytes) -> None:
    """Write to the standard output, at once."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        # Python would try again on its way out, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
