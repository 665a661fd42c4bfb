"""Published plans pass; published plans and the coach's own do not once they are damaged."""

import json
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from runplan.checks import check_file
from runplan.errors import PlanFormatError
from runplan.plan_json import plan_to_json, read_plan_file
from tests.support.coach_plans import coach_plan
from tests.support.damage import DAMAGE, REFUSED, SparedError
from tests.support.plans import make_request
from tests.support.published import PUBLISHED, published_file, published_text

COACH: dict[str, dict[str, Any]] = {
    f"coach {request.race} {request.level}": plan_to_json(coach_plan(request, 7))
    for request in (
        make_request(race="5K", days_per_week=4, weeks=8, weekly_distance=15.0),
        make_request(race="10K", level="intermediate", days_per_week=4, units="mi"),
        make_request(race="half", level="advanced", weeks=12, days_per_week=6),
        make_request(race="marathon", weeks=18, days_per_week=5),
    )
}
PLANS = (*PUBLISHED, *COACH)


def errors(data: dict[str, Any]) -> set[str]:
    found = check_file(read_plan_file(json.dumps(data)))
    return {finding.code for finding in found if finding.level == "error"}


def plan_named(name: str) -> dict[str, Any]:
    return deepcopy(COACH[name]) if name in COACH else published_file(name)


def spoilt(name: str, damage: str) -> dict[str, Any] | None:
    """The plan with the damage, or None where it makes no sense."""
    data = plan_named(name)
    try:
        DAMAGE[damage][0](data)
    except SparedError:
        return None
    return data


CASES = [(name, damage) for name in PLANS for damage in DAMAGE if spoilt(name, damage) is not None]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_plans_pass(name: str) -> None:
    found = check_file(read_plan_file(published_text(name)))
    assert [finding for finding in found if finding.level == "error"] == []


def test_the_collection_is_wide() -> None:
    files = [published_file(name) for name in PUBLISHED]
    kinds = Counter(s["kind"] for file in files for week in file["weeks"] for s in week["sessions"])
    assert len(files) >= 12
    assert {file["request"]["race"] for file in files} == {"5K", "10K", "half", "marathon"}
    assert {file["request"]["units"] for file in files} == {"km", "mi"}
    assert {"rest", "cross", "strength", "runwalk", "intervals"} <= kinds.keys()
    assert any("duration_min" in s for file in files for s in file["weeks"][0]["sessions"])
    for file in files:
        assert all(file["source"][key] for key in ("title", "publisher", "address"))


@pytest.mark.parametrize("name", COACH)
def test_the_coachs_plans_are_sound(name: str) -> None:
    assert errors(COACH[name]) == set()


@pytest.mark.parametrize(("name", "damage"), CASES)
def test_damage_is_caught(name: str, damage: str) -> None:
    data = spoilt(name, damage)
    assert data is not None
    assert errors(data) & DAMAGE[damage][1], errors(data)


def test_every_damage_is_done_to_several_plans() -> None:
    done = Counter(damage for _, damage in CASES)
    assert len(DAMAGE) >= 30
    assert [damage for damage in DAMAGE if done[damage] < 4] == []


@pytest.mark.parametrize("damage", REFUSED)
@pytest.mark.parametrize("name", PLANS)
def test_what_makes_no_sense_is_refused(name: str, damage: str) -> None:
    data = plan_named(name)
    REFUSED[damage](data)
    with pytest.raises(PlanFormatError):
        read_plan_file(json.dumps(data))
