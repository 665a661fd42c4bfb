from datetime import date, timedelta

from hypothesis import given

from runplan.calendar import plan_dates
from runplan.plan import Plan
from tests.support.plans import make_plan, make_request, plans


def test_without_a_race_date_there_are_no_dates() -> None:
    assert plan_dates(make_plan(make_request())) is None


def test_a_monday_race_ends_the_last_week() -> None:
    plan = make_plan(make_request(weeks=4, race_date=date(2027, 4, 26)))
    dates = plan_dates(plan)
    assert dates is not None
    assert dates[4, "Mon"] == date(2027, 4, 26)
    assert dates[4, "Tue"] == date(2027, 4, 20)
    assert dates[1, "Tue"] == date(2027, 3, 30)


@given(plans(dated=True))
def test_days_follow_one_another_up_to_the_race(plan: Plan) -> None:
    dates = plan_dates(plan)
    assert dates is not None
    days = list(dates.values())
    assert days[-1] == plan.request.race_date
    assert days == [days[0] + timedelta(days=i) for i in range(7 * plan.request.weeks)]
    assert all(f"{day:%a}" == name for (_, name), day in dates.items())
