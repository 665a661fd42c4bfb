"""A plan in the formats runners take away: one file per format, one table of them all.

A format's file, and with it the library it needs, is imported when a plan is first exported to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from runplan.errors import InputError
from runplan.exports.wording import tidy
from runplan.plan import Plan


@dataclass(frozen=True)
class Format:
    """One way to take a plan away.

    `module` holds `write(plan) -> bytes`; with `needs_date` it works only for a plan with a race date.
    """

    label: str
    extension: str
    mime: str
    module: str
    needs_date: bool = False


FORMATS: Mapping[str, Format] = {
    "text": Format("Plain text", "txt", "text/plain", "runplan.exports.text"),
    "markdown": Format("Markdown", "md", "text/markdown", "runplan.exports.markdown"),
    "json": Format("JSON", "json", "application/json", "runplan.exports.json_file"),
    "ics": Format("Calendar", "ics", "text/calendar", "runplan.exports.ics", needs_date=True),
    "csv": Format("CSV", "csv", "text/csv", "runplan.exports.csv_file"),
    "xlsx": Format(
        "Excel",
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "runplan.exports.xlsx",
    ),
    "pdf": Format("PDF", "pdf", "application/pdf", "runplan.exports.pdf"),
    "fit": Format("Watch workouts (FIT)", "zip", "application/zip", "runplan.exports.fit"),
    "intervals": Format("intervals.icu", "txt", "text/plain", "runplan.exports.intervals"),
}


def export(plan: Plan, format: str) -> bytes:  # noqa: A002
    """The plan as a file in one of `FORMATS`; the same plan always gives the same bytes.

    Raises:
        InputError: no such format, or the format needs a race date and the plan has none.
    """
    known = FORMATS.get(format)
    if known is None:
        raise InputError("format", f"{format!r} is not one of {', '.join(FORMATS)}")
    if known.needs_date and plan.request.race_date is None:
        raise InputError(
            "race_date",
            f"is needed for the {known.extension} format; give the day of the race, like 2027-04-25",
        )
    write: Callable[[Plan], bytes] = import_module(known.module).write
    return write(tidy(plan))
