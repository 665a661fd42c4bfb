"""Calendar dates of a plan, counted back from the race. Knows nothing of today's date."""

from collections.abc import Mapping
from datetime import date, timedelta

from runplan.plan import Plan


def plan_dates(plan: Plan) -> Mapping[tuple[int, str], date] | None:
    """The date of each (week number, day), or None when the request has no race date.

    The last day of the final week is the race date; all seven days of every week are listed, in
    order.
    """
    race_date = plan.request.race_date
    if race_date is None:
        return None
    order = plan.request.week_order
    dates: dict[tuple[int, str], date] = {}
    for week in plan.weeks:
        weeks_left = plan.request.weeks - week.number
        for index, day in enumerate(order):
            days_left = weeks_left * 7 + len(order) - 1 - index
            dates[week.number, day] = race_date - timedelta(days=days_left)
    return dates
