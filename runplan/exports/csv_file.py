"""The plan as CSV, one row per day."""

import csv
import io
from dataclasses import astuple

from runplan.exports.table import table
from runplan.plan import Plan


def write(plan: Plan) -> bytes:
    """The table of days in UTF-8, with the mark that lets Excel see that it is."""
    units = plan.request.units
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "week",
            "phase",
            "date",
            "day",
            "kind",
            f"distance_{units}",
            "duration_min",
            "text",
            "note",
        ]
    )
    for row in table(plan):
        writer.writerow(astuple(row))
    return out.getvalue().encode("utf-8-sig")
