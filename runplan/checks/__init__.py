"""The checker: what is wrong with a plan, as findings in words. Pure; it never changes a plan.

`check` takes a plan of this project, `check_file` any plan in the JSON of this project, and
`week_problem` one week as the model wrote it.
"""

from collections.abc import Iterator

from runplan.checks.load import check_load
from runplan.checks.note_words import check_notes, week_problem
from runplan.checks.race_day import check_race
from runplan.checks.shape import check_shape
from runplan.checks.taper import check_taper
from runplan.checks.variety import check_variety
from runplan.checks.view import PlanView, view_of_file, view_of_plan
from runplan.checks.wishes import check_wishes
from runplan.checks.words import check_words
from runplan.plan import Finding, Plan
from runplan.plan_json import PlanFile

__all__ = ["check", "check_file", "week_problem"]


def check(plan: Plan) -> tuple[Finding, ...]:
    """Everything the checker notices in a plan, the plan as a whole first, then week by week."""
    return _findings(view_of_plan(plan))


def check_file(file: PlanFile) -> tuple[Finding, ...]:
    """As `check`, for a plan from anywhere: what the file leaves out is not held against it."""
    return _findings(view_of_file(file))


def _findings(view: PlanView) -> tuple[Finding, ...]:
    found = [*_all(view)]
    # Sorting is stable: within a week, errors first and then in the order of the checks.
    found.sort(key=lambda finding: (finding.week or 0, finding.level != "error"))
    return tuple(dict.fromkeys(found))


def _all(view: PlanView) -> Iterator[Finding]:
    yield from check_shape(view)
    yield from check_race(view)
    yield from check_wishes(view)
    yield from check_load(view)
    yield from check_taper(view)
    yield from check_variety(view)
    yield from check_words(view)
    yield from check_notes(view)
