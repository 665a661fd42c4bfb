"""Weeks as other programs write them, and what the checker finds in them."""

import json
from typing import Any

from runplan.checks import check_file
from runplan.plan import Finding
from runplan.plan_json import read_plan_file


def errors(findings: tuple[Finding, ...]) -> set[str]:
    """The codes of the errors."""
    return {finding.code for finding in findings if finding.level == "error"}


def check_weeks(weeks: list[dict[str, Any]], **request: Any) -> tuple[Finding, ...]:
    """What the checker finds in these weeks of a 10K plan."""
    asked = {"race": "10K", "level": "intermediate", "weeks": len(weeks), "units": "km", **request}
    return check_file(
        read_plan_file(json.dumps({"schema": "runplan/1", "request": asked, "weeks": weeks}))
    )


def level_of(findings: tuple[Finding, ...], code: str) -> str | None:
    """The level of a code's first finding, None without one."""
    return next((finding.level for finding in findings if finding.code == code), None)


def long_week(long: float, others: float = 8.0) -> dict[str, Any]:
    """Three easy runs and a long one."""
    easy = [{"day": day, "kind": "easy", "distance": others} for day in ("Mon", "Tue", "Thu")]
    return {"sessions": [*easy, {"day": "Sun", "kind": "long", "distance": long}]}


RACE_WEEK = {
    "sessions": [
        {"day": "Tue", "kind": "easy", "distance": 3},
        {"day": "Sun", "kind": "race", "distance": 10},
    ]
}
