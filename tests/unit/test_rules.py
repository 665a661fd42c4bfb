import pytest

from runplan.constraints import Constraint
from runplan.request import PlanRequest
from runplan.rules import (
    CUTBACK_EVERY,
    INJURY_BARS,
    MASTERS_AGE,
    MASTERS_CUTBACK_EVERY,
    RETURN_EASY_WEEKS,
    RETURN_START,
    minutes_on,
    rules_of,
    spare_days,
)
from tests.support.plans import make_request
from tests.support.strategies import BODY_PARTS


def asking(*wishes: Constraint, **changes: object) -> PlanRequest:
    return make_request(constraints=wishes, **changes)


def test_without_wishes_nothing_is_held_back() -> None:
    rules = rules_of(make_request())
    assert (rules.barred, rules.liked, rules.start, rules.growth) == (frozenset(), (), 1.0, 1.0)
    assert (rules.easy_weeks, rules.cutback_every, rules.run_walk) == (0, CUTBACK_EVERY, False)
    assert rules.trials


def test_every_body_part_of_the_leg_has_its_bars() -> None:
    assert {*BODY_PARTS} - {*INJURY_BARS} == {"shoulder", "neck"}
    for part in INJURY_BARS:
        rules = rules_of(asking(Constraint("injury", part)))
        assert "reps" in rules.barred
        assert not rules.trials
        assert rules.start < 1
        assert rules.growth < 1


@pytest.mark.parametrize("what", RETURN_START)
def test_coming_back_starts_low_and_easy(what: str) -> None:
    rules = rules_of(asking(Constraint("returning", what)))
    assert rules.start == RETURN_START[what] < 1
    assert rules.easy_weeks == RETURN_EASY_WEEKS[what] >= 2


def test_the_most_cautious_rule_wins() -> None:
    rules = rules_of(asking(Constraint("returning", "surgery"), Constraint("injury", "knee")))
    assert rules.start == RETURN_START["surgery"]
    flat = rules_of(asking(Constraint("terrain", "hills"), Constraint("terrain", "flat")))
    assert "hills" in flat.barred


def test_older_runners_recover_sooner() -> None:
    young, old = (
        rules_of(make_request(age=MASTERS_AGE - 1)),
        rules_of(make_request(age=MASTERS_AGE)),
    )
    assert young == rules_of(make_request())
    assert (old.cutback_every, old.hard) == (MASTERS_CUTBACK_EVERY, 1)
    assert old.growth < 1


def test_minutes_of_a_day_are_the_smallest_that_hold() -> None:
    request = asking(
        Constraint("max_session_min", 40, "weekday"),
        Constraint("max_session_min", 90, "weekend"),
        Constraint("max_session_min", 70),
        max_session_min=60,
    )
    assert (minutes_on(request, "Tue"), minutes_on(request, "Sun")) == (40, 60)
    rules = rules_of(request)
    assert (rules.session_minutes, rules.long_minutes) == (40, 60)
    assert rules_of(make_request()).session_minutes is None


def test_spare_days_begin_after_the_long_run() -> None:
    assert spare_days(make_request(level="advanced")) == ("Mon", "Wed", "Fri")
    assert spare_days(make_request(level="advanced", long_run_day="Thu")) == ("Fri", "Mon", "Wed")
    assert spare_days(make_request()) == ("Mon", "Wed")
    assert spare_days(asking(Constraint("avoid_day", "Mon"))) == ("Wed", "Fri")
    assert spare_days(make_request(days_per_week=7)) == ()
