"""The command `understand`: what free texts ask for, in words or as JSON."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from runplan.backends import load as backends
from runplan.cli_io import lines_of, print_bytes, text_of
from runplan.constraints import Constraint, in_words
from runplan.errors import InputError, PlanFormatError, RunplanError
from runplan.request import MAX_DETAILS
from runplan.understanding import understand_each

_NOTHING = "Nothing to plan around"


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    command.add_argument(
        "source",
        metavar="TEXT|FILE.jsonl",
        help='a text; a file with {"text": …} or a JSON string on each line; - reads either',
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.add_argument(
        "--backend",
        default="embedded",
        choices=backends.NAMES,
        help="which model reads; the coach has none (default: embedded)",
    )
    command.add_argument("--quiet", action="store_true", help="no progress")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the texts and print what they ask for, in their order.

    Raises:
        InputError: an option, or the only text, cannot be used.
        PlanFormatError: the file cannot be read.
        BackendError: the model is missing or failed.
    """
    if options.seed < 0:
        raise InputError("seed", f"{options.seed} is below 0")
    texts, many = _texts(options.source)
    if not many and isinstance(texts[0], RunplanError):
        raise texts[0]
    backend = backends.load(options.backend)
    if backend is None:
        raise InputError("backend", "the coach has no model to read a text with: use embedded")
    good = [index for index, text in enumerate(texts) if isinstance(text, str)]
    answers: list[tuple[Constraint, ...] | RunplanError] = [
        () if isinstance(text, str) else text for text in texts
    ]
    stream = understand_each([str(texts[i]) for i in good], backend, options.seed)
    quiet = options.quiet or not many
    for place, answer in tqdm(stream, total=len(good), unit="text", disable=quiet or None):
        answers[good[place]] = answer
    if not many and isinstance(answers[0], RunplanError):
        raise answers[0]
    lines = [_as_json(a) if options.format == "json" else _as_text(a, many) for a in answers]
    print_bytes("".join(f"{line}\n" for line in lines).encode(errors="backslashreplace"))
    return 0


def _texts(source: str) -> tuple[Sequence[str | RunplanError], bool]:
    """The texts, or what is wrong with them, and whether they are the lines of a file."""
    if source == "-":
        data = sys.stdin.read()
        if not data.lstrip().startswith(("{", '"')):
            return [_checked(data)], False
    elif source.endswith(".jsonl"):
        data = text_of(Path(source))
    else:
        return [_checked(source)], False
    return [_text_in(line) for line in lines_of(data)], True


def _text_in(line: str) -> str | RunplanError:
    """The text of one line of a file."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        return PlanFormatError(f"not JSON: {error}")
    text = data.get("text") if isinstance(data, dict) else data
    if not isinstance(text, str):
        return PlanFormatError('the line is neither {"text": …} nor a JSON string')
    return _checked(text)


def _checked(text: str) -> str | RunplanError:
    if len(text.strip()) > MAX_DETAILS:
        return InputError("text", f"is longer than {MAX_DETAILS} characters")
    return text


def _as_json(answer: tuple[Constraint, ...] | RunplanError) -> str:
    told: dict[str, Any] = (
        {"error": str(answer)}
        if isinstance(answer, RunplanError)
        else {"constraints": [constraint.to_json() for constraint in answer]}
    )
    return json.dumps(told)


def _as_text(answer: tuple[Constraint, ...] | RunplanError, many: bool) -> str:
    """A sentence a line; of many texts, each on one line."""
    if isinstance(answer, RunplanError):
        return f"error: {answer}"
    return ("; " if many else "\n").join(map(in_words, answer)) or _NOTHING
