from collections.abc import Collection
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan.constraints import Constraint, ConstraintKind
from runplan.merging import Conflict, merge
from runplan.plan import Plan
from runplan.request import DAYS, PlanRequest
from tests.support.coach_plans import coach_plan
from tests.support.obedience import broken
from tests.support.plans import make_request
from tests.support.strategies import requests, wishes

FIELDS = ("run_days", "long_run_day", "days_per_week", "max_session_min")
EVERYTHING = frozenset(FIELDS)


def avoid(*days: str) -> list[Constraint]:
    return [Constraint("avoid_day", day) for day in days]


def only(*days: str) -> list[Constraint]:
    return [Constraint("only_day", day) for day in days]


def long_on(day: str) -> Constraint:
    return Constraint("long_run_day", day)


def conflicts(
    request: PlanRequest, wished: list[Constraint], given_: Collection[str]
) -> list[Conflict]:
    """The conflicts, after making sure that the days stayed as they were."""
    merged = merge(request, wished, given_)
    assert (merged.request.run_days, merged.request.long_run_day) == (
        request.run_days,
        request.long_run_day,
    )
    return list(merged.conflicts)


@settings(max_examples=300)
@given(requests(), wishes(), st.sets(st.sampled_from(FIELDS)))
def test_every_wish_is_kept_or_questioned(
    request_: PlanRequest, wished: list[Constraint], given_: set[str]
) -> None:
    merged = merge(request_, wished, given_)
    questioned = {conflict.constraint for conflict in merged.conflicts}
    assert questioned | set(merged.request.constraints) == set(wished)
    assert not questioned & set(merged.request.constraints)
    for field in given_:
        assert getattr(merged.request, field) == getattr(request_, field)
    for conflict in merged.conflicts:
        assert conflict.message[0].isupper()
        assert conflict.message.endswith("?")
    avoided = {wish.value for wish in merged.request.constraints if wish.kind == "avoid_day"}
    assert not avoided & set(merged.request.run_days)


def test_no_wishes_change_nothing() -> None:
    request = make_request()
    assert merge(request, [], ()).request == request


@pytest.mark.parametrize(
    ("days", "wished", "expected"),
    [
        (3, avoid("Thu"), ("Tue", "Fri", "Sun")),
        (4, avoid("Sun"), ("Mon", "Tue", "Thu", "Sat")),
        (4, avoid("Mon", "Fri"), ("Tue", "Thu", "Sat", "Sun")),
        (3, only("Mon", "Wed", "Fri", "Sat"), ("Mon", "Wed", "Sat")),
        (3, [long_on("Sat")], ("Tue", "Thu", "Sat")),
        (5, avoid("Tue", "Sun"), ("Mon", "Wed", "Thu", "Fri", "Sat")),
    ],
)
def test_days_come_near_the_usual_ones(
    days: int, wished: list[Constraint], expected: tuple[str, ...]
) -> None:
    merged = merge(make_request(days_per_week=days), wished, {"days_per_week"})
    assert merged.request.run_days == expected
    assert merged.conflicts == ()


def test_too_few_days_become_a_question() -> None:
    request = make_request(days_per_week=5)
    found = conflicts(request, only("Tue", "Thu", "Sun"), {"days_per_week"})
    assert {conflict.field for conflict in found} == {"days_per_week"}
    assert found[0].message.startswith(
        "You ask for 5 days a week, but your details leave 3: Tue, Thu, Sun."
    )


def test_the_default_number_of_days_gives_way() -> None:
    request = merge(make_request(days_per_week=5), only("Tue", "Thu", "Sun"), ()).request
    assert (request.days_per_week, request.run_days) == (3, ("Tue", "Thu", "Sun"))
    assert conflicts(make_request(days_per_week=5), only("Tue", "Sun"), ())


def test_chosen_days_are_not_moved() -> None:
    request = make_request(run_days=("Mon", "Wed", "Fri", "Sun"))
    (conflict,) = conflicts(request, avoid("Wed", "Tue"), {"run_days"})
    assert (conflict.constraint, conflict.field) == (Constraint("avoid_day", "Wed"), "run_days")
    assert "Wed" in conflict.message


def test_the_long_run_moves_unless_it_was_chosen() -> None:
    assert merge(make_request(), [long_on("Wed")], ()).request.long_run_day == "Wed"
    chosen = make_request(long_run_day="Sun")
    (conflict,) = conflicts(chosen, [long_on("Sat")], {"long_run_day"})
    assert conflict.field == "long_run_day"
    assert conflicts(chosen, avoid("Sun"), {"long_run_day"})
    two = merge(make_request(), [long_on("Sat"), long_on("Sun")], ())
    assert two.request.long_run_day == "Sat"
    assert len(two.conflicts) == 1


def test_the_long_run_leaves_an_avoided_day() -> None:
    assert merge(make_request(), avoid("Sun"), ()).request.long_run_day == "Sat"


def test_a_new_day_for_the_long_run_replaces_the_old_one() -> None:
    before = merge(make_request(), [long_on("Sat"), Constraint("heat")], ()).request
    assert merge(before, before.constraints, ()).request == before
    after = merge(before, [long_on("Sun")], ())
    assert after.request.long_run_day == "Sun"
    assert after.request.constraints == (Constraint("heat"), long_on("Sun"))
    refused = merge(before, [long_on("Sun")], {"long_run_day"})
    assert refused.request.constraints == before.constraints


def test_session_limits() -> None:
    hour = Constraint("max_session_min", 60, "all")
    assert merge(make_request(), [hour], ()).request.max_session_min == 60
    stricter = make_request(max_session_min=45)
    merged = merge(stricter, [hour], EVERYTHING)
    assert (merged.request.max_session_min, merged.conflicts) == (45, ())
    weekdays = Constraint("max_session_min", 40, "weekday")
    assert merge(make_request(), [weekdays], ()).request.max_session_min is None
    (conflict,) = merge(make_request(), [Constraint("max_session_min", 5)], ()).conflicts
    assert conflict.field == "max_session_min"


def test_strength_needs_a_day() -> None:
    strength = Constraint("strength")
    assert merge(make_request(days_per_week=7), [strength], ()).conflicts
    assert merge(make_request(days_per_week=6), [strength], ()).conflicts
    experienced = make_request(days_per_week=6, level="advanced")
    assert merge(experienced, [strength], ()).conflicts == ()


def plan(**changes: object) -> Plan:
    values = {"race": "half", "level": "advanced", "weeks": 12, "days_per_week": 5, **changes}
    return coach_plan(make_request(**values))


@pytest.mark.parametrize(
    "wish",
    [
        Constraint("avoid_day", "Sat"),
        Constraint("only_day", "Sun"),
        Constraint("long_run_day", "Sat"),
        Constraint("max_session_min", 30, "weekday"),
        Constraint("max_session_min", 60),
        Constraint("injury", "achilles"),
        Constraint("returning", "surgery"),
        Constraint("terrain", "flat"),
        Constraint("no_speedwork"),
        Constraint("run_walk"),
        Constraint("cross_training"),
        Constraint("strength"),
    ],
)
def test_a_plan_made_without_a_wish_breaks_it(wish: Constraint) -> None:
    assert broken(plan(), [wish])
    request = merge(make_request(race="half", level="advanced", weeks=12), [wish], ()).request
    assert wish.kind == "only_day" or broken(coach_plan(request), request.constraints) == []


@pytest.mark.parametrize("kind", ["heat", "cold", "altitude", "first_race"])
def test_wishes_that_change_no_session_are_never_broken(kind: ConstraintKind) -> None:
    assert broken(plan(), [Constraint(kind)]) == []


def test_the_race_is_exempt() -> None:
    raced = plan(race_date=date(2027, 4, 25), run_days=DAYS[:5], long_run_day="Fri")
    assert raced.weeks[-1].sessions[-1].day == "Sun"
    assert broken(raced, [*avoid("Sun"), Constraint("max_session_min", 20, "weekend")]) == []
