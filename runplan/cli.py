"""The command line: write one plan, write many, check any plan.

Exit codes: 0 done; 1 the checked plan has errors, or a file could not be written; 2 bad input, with
one line that names the field.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TextIO

from tqdm import tqdm

from runplan import cli_understand
from runplan.advice import missing
from runplan.backends import load as backends
from runplan.backends.base import Backend
from runplan.batch import Order, read_order, with_details, write_all
from runplan.checks import check_file
from runplan.cli_io import lines_of, print_bytes, text_of
from runplan.errors import BackendError, InputError, PlanFormatError, RunplanError
from runplan.exports import FORMATS, export
from runplan.exports.wording import wishes
from runplan.plan import Finding, Plan
from runplan.plan_json import finding_to_json, read_plan_file
from runplan.request import LEVELS, RACES, request_from_json
from runplan.units import UNITS
from runplan.writer import (
    Event,
    FellBack,
    OutlineReady,
    PlanReady,
    WeekReady,
    WeekRepaired,
    write_plan,
)

# Formats that are not text and so cannot go to a terminal.
BINARY = ("xlsx", "pdf", "fit")

_EXAMPLES = """examples:
  python -m runplan write --race 10K --level beginner --weeks 8 --days 4
  python -m runplan write --race half --level intermediate --weeks 12 --days 4 --units mi \\
      --run-days Tue,Thu,Sat,Sun --recent-race 5K=25:00 --details "sore knee" --out plan.txt
  python -m runplan write --race marathon --level advanced --weeks 16 --days 6 \\
      --race-date 2027-04-25 --format ics --out plan.ics
  python -m runplan batch requests.jsonl --out plans.jsonl
  python -m runplan check plan.json
  python -m runplan understand "can't run Tuesdays, sore achilles"
"""

# Options of `write` that are fields of the request: name, what it is, how to read it.
_FIELDS: tuple[tuple[str, str, str, str], ...] = (
    ("race", "RACE", f"goal race: {', '.join(RACES)}", "text"),
    ("level", "LEVEL", f"current level: {', '.join(LEVELS)}", "text"),
    ("weeks", "N", "length of the plan, 4 to 24 weeks", "whole"),
    ("days", "N", "running days a week, 3 to 7", "whole"),
    ("name", "NAME", "the runner's name, for the notes", "text"),
    ("units", "UNITS", f"{' or '.join(UNITS)} (default: km)", "text"),
    ("run-days", "DAYS", "which days to run, e.g. Tue,Thu,Sat,Sun", "text"),
    ("long-run-day", "DAY", "day of the long run, e.g. Sun", "text"),
    ("weekly-distance", "D", "current distance a week, in the units", "number"),
    ("longest-run", "D", "longest run of the last weeks, in the units", "number"),
    ("recent-race", "RACE=TIME", "a recent result, e.g. 5K=25:00", "text"),
    ("goal-time", "TIME", "goal for the race, e.g. 1:45:00", "text"),
    ("race-date", "DATE", "day of the race, e.g. 2027-04-25", "text"),
    ("max-session-min", "MIN", "longest session, in minutes", "whole"),
    ("age", "YEARS", "age; older runners get lighter weeks sooner", "whole"),
    ("max-heart-rate", "BPM", "highest heart rate, for ranges beside the paces", "whole"),
    ("details", "TEXT", "anything else the coach should know", "text"),
)
_REQUIRED = ("race", "level", "weeks", "days")


class _Parser(argparse.ArgumentParser):
    """Reports bad usage in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except (InputError, PlanFormatError) as error:
        return _fail(2, str(error))
    except BrokenPipeError:
        # Whoever read has seen enough.
        return 1
    except (RunplanError, OSError) as error:
        return _fail(1, str(error))
    except KeyboardInterrupt:
        return _fail(130, "stopped")


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    top = _Parser(
        prog="python -m runplan",
        description="Running training plans by a small tuned model, checked and offline.",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    write = commands.add_parser(
        "write", help="write one plan", epilog=_EXAMPLES, formatter_class=raw
    )
    for name, metavar, text, _ in _FIELDS:
        write.add_argument(f"--{name}", metavar=metavar, help=text, required=name in _REQUIRED)
    _add_model_options(write)
    write.add_argument(
        "--format", default="text", metavar="FORMAT", help=f"{', '.join(FORMATS)} (default: text)"
    )
    write.add_argument("--out", type=Path, help="file to write (default: the terminal)")
    write.add_argument("--quiet", action="store_true", help="no progress")
    write.set_defaults(run=_write)

    batch = commands.add_parser(
        "batch", help="write a plan for every line of a file", epilog=_EXAMPLES, formatter_class=raw
    )
    batch.add_argument("requests", type=Path, metavar="REQUESTS.jsonl", help="one request a line")
    batch.add_argument("--out", type=Path, required=True, help="one plan or error a line")
    _add_model_options(batch)
    batch.add_argument("--quiet", action="store_true", help="no progress")
    batch.set_defaults(run=_batch)

    check = commands.add_parser(
        "check", help="check a plan file", epilog=_EXAMPLES, formatter_class=raw
    )
    check.add_argument("file", type=Path, metavar="FILE.json")
    check.add_argument("--format", choices=("text", "json"), default="text")
    check.set_defaults(run=_check)

    understand = commands.add_parser("understand", help="read what free texts ask of a plan")
    cli_understand.add_options(understand)
    return top


def _add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", default="0", metavar="N", help="another seed, another plan")
    command.add_argument(
        "--backend",
        default="embedded",
        choices=backends.NAMES,
        help="who writes: the embedded model, or the rule-based coach (default: embedded)",
    )
    command.add_argument(
        "--understand",
        action="store_true",
        help="have the model read wishes in the details and obey them; what it read is told. The "
        "shipped model is often wrong: look at what it read",
    )
    command.add_argument(
        "--no-grammar",
        action="store_true",
        help="let the model write freely; only repairs are constrained",
    )


def _write(options: argparse.Namespace) -> int:
    values = {_key(name): _read(options, name, how) for name, _, _, how in _FIELDS}
    given = {key: value for key, value in values.items() if value is not None}
    request = request_from_json(given)
    seed = _whole("seed", options.seed)
    if options.format not in FORMATS:
        raise InputError("format", f"{options.format!r} is not one of {', '.join(FORMATS)}")
    if FORMATS[options.format].needs_date and request.race_date is None:
        raise InputError("race_date", f"the format {options.format} needs the day of the race")
    if options.out is None and options.format in BINARY:
        raise InputError("out", f"the format {options.format} needs a file: --out plan.…")
    backend = _load(options.backend)
    (order,) = _with_details([Order(request, frozenset(given), seed)], backend, options)
    if not options.quiet:
        for line in _told_of_details(order, backend, options):
            print(line, file=sys.stderr)
    events = write_plan(
        order.request,
        backend,
        seed=seed,
        grammar=not options.no_grammar,
        today=datetime.now(tz=UTC).date(),
    )
    data = export(_watched(events, options.quiet), options.format)
    if not options.quiet:
        for field, why in missing(request).items():
            print(f"would make the plan fit better: {_option(field)}: {why}", file=sys.stderr)
    if options.out is None:
        print_bytes(data)
        return 0
    with _replacing(options.out) as part:
        part.write_bytes(data)
    if not options.quiet:
        print(f"written: {options.out}", file=sys.stderr)
    return 0


def _with_details(
    asked: Sequence[Order], backend: Backend | None, options: argparse.Namespace
) -> list[Order]:
    """The orders with their details read; unread, and announced, where the model fails at it."""
    try:
        return with_details(asked, backend if options.understand else None)
    except BackendError as error:
        print(f"the details were not read: {error}", file=sys.stderr)
        return with_details(asked, None)


def _told_of_details(
    order: Order, backend: Backend | None, options: argparse.Namespace
) -> Iterator[str]:
    if order.request.details and backend is None and options.understand:
        yield "details are not read without a model: give days, times and limits as options"
    elif order.request.details and not options.understand and not options.quiet:
        yield "the details only colour the notes: --understand has the model read wishes in them"
    if order.read:
        yield f"I read in your details: {wishes(order.read)}"
    yield from _kept(order)


def _kept(order: Order) -> Iterator[str]:
    """Where an option goes before the details, one line each."""
    for field, message in dict.fromkeys((found.field, found.message) for found in order.conflicts):
        yield f"kept: {_option(field)} as it is. {message}"


def _batch(options: argparse.Namespace) -> int:
    seed = _whole("seed", options.seed)
    lines = lines_of(text_of(options.requests))
    backend = _load(options.backend)
    orders = [read_order(line, seed) for line in lines]
    good = [order for order in orders if isinstance(order, Order)]
    detailed = iter(_with_details(good, backend, options))
    orders = [next(detailed) if isinstance(order, Order) else order for order in orders]
    for number, order in enumerate(orders, 1):
        if isinstance(order, Order) and not options.quiet:
            for line in _kept(order):
                print(f"line {number}: {line}", file=sys.stderr)
    failed = 0
    # Half a surrogate pair, which JSON can hold and UTF-8 cannot, is written as JSON's own escape.
    with _replacing(options.out) as part, part.open("w", -1, "utf-8", "backslashreplace") as out:
        written = write_all(orders, backend, grammar=not options.no_grammar)
        for answer in tqdm(written, total=len(lines), unit="plan", disable=options.quiet or None):
            failed += "error" in answer
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
    if not options.quiet:
        print(f"{len(lines) - failed} plans, {failed} errors: {options.out}", file=sys.stderr)
    return 0


def _check(options: argparse.Namespace) -> int:
    findings = check_file(read_plan_file(text_of(options.file)))
    errors = sum(finding.level == "error" for finding in findings)
    if options.format == "json":
        told = {"findings": [finding_to_json(finding) for finding in findings]}
        text = json.dumps(told, ensure_ascii=False)
    else:
        summary = f"{errors} errors, {len(findings) - errors} warnings"
        text = "\n".join([*map(_finding_text, findings), summary])
    print_bytes(f"{text}\n".encode(errors="backslashreplace"))
    return int(errors > 0)


def _watched(events: Iterator[Event], quiet: bool) -> Plan:
    """Run the events to the end, telling about them on the error stream."""
    bar: tqdm[NoReturn] | None = None
    say = partial(tqdm.write, file=sys.stderr)
    for event in events:
        if isinstance(event, PlanReady):
            if bar is not None:
                bar.close()
            return event.plan
        if quiet:
            continue
        if isinstance(event, OutlineReady) and bar is None:
            say(f"outline of {len(event.lines)} weeks ready ({event.source})")
            bar = tqdm(
                total=len(event.lines), unit="week", file=sys.stderr, leave=False, disable=None
            )
        elif isinstance(event, WeekReady) and bar is not None:
            bar.update()
        elif isinstance(event, WeekRepaired):
            say(f"week {event.week.number} rewritten ({event.source}): {event.reason}")
        elif isinstance(event, FellBack):
            say(f"the model failed ({event.reason}); the coach writes the rest")
    raise AssertionError("a stream of events ends with PlanReady")


def _load(name: str) -> Backend | None:
    """The backend, or the coach, announced, when there is no model."""
    try:
        return backends.load(name)
    except BackendError as error:
        print(f"no model ({error}); the rule-based coach writes instead", file=sys.stderr)
        return None


def _read(options: argparse.Namespace, name: str, how: str) -> Any:
    text = getattr(options, name.replace("-", "_"))
    if text is None or how == "text":
        return text
    return _whole(_key(name), text) if how == "whole" else _number(_key(name), text)


def _option(field: str) -> str:
    return "--days" if field == "days_per_week" else f"--{field.replace('_', '-')}"


def _key(name: str) -> str:
    return "days_per_week" if name == "days" else name.replace("-", "_")


def _whole(field: str, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise InputError(field, f"{text!r} is not a whole number") from None
    if value < 0:
        raise InputError(field, f"{value} is below 0")
    return value


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(field, f"{text!r} is not a number") from None


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it takes its place when all went well, else it is removed.

    What is no file, a device or a pipe, is written to as it is.
    """
    special = path.exists() and not path.is_file()
    path = path if special else path.resolve()
    part = path if special else path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        if not special:
            part.replace(path)
    except OSError as error:
        raise OSError(f"out: {path}: {error.strerror}") from None
    finally:
        if not special:
            with suppress(OSError):
                part.unlink()


def _finding_text(finding: Finding) -> str:
    where = f"week {finding.week}: " if finding.week is not None else ""
    return f"{finding.level}: {where}{finding.message} [{finding.code}]"


def _fail(code: int, message: str) -> int:
    stream: TextIO = sys.stderr
    print(f"python -m runplan: {message}", file=stream)
    return code
