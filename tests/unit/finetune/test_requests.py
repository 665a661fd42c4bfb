import json
import random
from collections import Counter
from dataclasses import fields
from pathlib import Path

from finetune.details import sample_details
from finetune.requests import EVALUATION_COUNT, EVALUATION_DETAILS, evaluation_lines, sample_request
from runplan.constraints import KINDS
from runplan.envelope import build_envelope
from runplan.request import (
    DAYS,
    LEVELS,
    MAX_DAYS,
    MAX_WEEKS,
    MIN_DAYS,
    MIN_WEEKS,
    RACES,
    PlanRequest,
    request_from_json,
)
from runplan.units import UNITS

DATA = Path(__file__).parents[3] / "data"
LINES = (DATA / "evaluation_requests.jsonl").read_text(encoding="utf-8").splitlines()


# Fields that came after the evaluation requests were drawn.
ABSENT = {"age": None, "max_heart_rate": None, "constraints": []}


def drawn(count: int, seed: int = 1) -> list[PlanRequest]:
    rng = random.Random(seed)
    return [sample_request(rng, sample_details) for _ in range(count)]


def test_the_evaluation_requests_are_what_the_command_writes() -> None:
    assert evaluation_lines() == LINES
    assert len(LINES) == EVALUATION_COUNT


def test_every_evaluation_request_is_valid_and_complete() -> None:
    for number, line in enumerate(LINES):
        data = json.loads(line)
        assert data.pop("seed") == number
        request = request_from_json(data)
        assert request.to_json() == {**ABSENT, **data}
        assert len(build_envelope(request).weeks) == request.weeks


def test_evaluation_requests_cover_the_form() -> None:
    found = [json.loads(line) for line in LINES]
    assert {data["race"] for data in found} == set(RACES)
    assert {data["level"] for data in found} == set(LEVELS)
    assert {data["units"] for data in found} == set(UNITS)
    assert {data["weeks"] for data in found} == set(range(MIN_WEEKS, MAX_WEEKS + 1))
    assert {data["days_per_week"] for data in found} == set(range(MIN_DAYS, MAX_DAYS + 1))
    assert {data["long_run_day"] for data in found} == set(DAYS)
    texts = EVALUATION_DETAILS.read_text(encoding="utf-8").splitlines()
    used = Counter(data["details"] for data in found)
    assert 0.25 < used.pop("") / len(found) < 0.45
    assert used.keys() <= set(texts)
    assert len(used) > 0.75 * len(texts)


def test_no_two_evaluation_requests_are_equal() -> None:
    bare = [{**json.loads(line), "seed": 0} for line in LINES]
    assert len({json.dumps(data) for data in bare}) == len(bare)


def test_sampling_is_repeatable() -> None:
    assert drawn(50) == drawn(50) != drawn(50, seed=2)


def test_every_optional_field_is_filled_in_at_times() -> None:
    found = drawn(300)
    optional = [field.name for field in fields(PlanRequest) if field.default in (None, "")]
    for name in optional:
        given = sum(getattr(request, name) not in (None, "") for request in found)
        assert given > 20, name
        assert given < len(found) or name == "long_run_day"


def test_constraints_of_every_kind_come_up() -> None:
    found = drawn(1500)
    share = sum(bool(request.constraints) for request in found) / len(found)
    assert 0.12 < share < 0.25
    kinds = {wish.kind for request in found for wish in request.constraints}
    assert kinds == {*KINDS} - {"only_day"}
    for request in found:
        avoided = {wish.value for wish in request.constraints if wish.kind == "avoid_day"}
        assert not avoided & {*request.run_days}
