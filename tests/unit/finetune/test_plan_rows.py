"""Plans in the plan JSON become the rows that the app would ask for."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finetune.dataset import evaluation_requests, rows_of
from finetune.errors import RowError
from finetune.plan_rows import rows_of_plan
from runplan import coach
from runplan.assemble import assemble_plan, personal
from runplan.envelope import build_envelope, week_envelope
from runplan.plan import Provenance
from runplan.plan_json import plan_to_json
from runplan.request import PlanRequest
from runplan.writer import read_outline, read_week
from tests.support.plans import make_request

EVALUATION = evaluation_requests(200)


def written(request: PlanRequest, seed: int = 0) -> dict[str, Any]:
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    drafts = []
    for line in lines:
        drafts.append(coach.write_week(envelope, line, seed, drafts))
    plan = assemble_plan(
        envelope, lines, drafts, Provenance("coach", "rules", seed, ("coach",) * len(lines))
    )
    return plan_to_json(plan)


@given(st.sampled_from(EVALUATION))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_a_plan_gives_the_rows_it_was_made_from(case: tuple[PlanRequest, int]) -> None:
    request, seed = case
    rows, problems = rows_of_plan(json.dumps(written(request, seed)))
    made = list(rows_of(request, seed, Counter()))
    assert not problems
    assert [row["week"] for row in rows] == [row["week"] for row in made]
    # Two outline lines can stand for the same week, so that prompts may differ.
    envelope = build_envelope(request)
    lines = read_outline(rows[0]["messages"][-1]["content"], envelope)
    for row, line, original in zip(rows[1:], lines, made[1:], strict=True):
        answer = row["messages"][-1]["content"]
        sessions, note = original["messages"][-1]["content"].split("\nNote ")
        # A plan for nobody by name has lost the places where the name stood.
        expected = note if request.name else personal(note, "")
        assert answer == f"{sessions}\nNote {expected}"
        read_week(answer, week_envelope(envelope, line))


def test_the_name_of_the_runner_stays_out() -> None:
    plan = written(make_request(name="Zoltan"))
    plan["weeks"][0]["note"] = "Zoltan, take it easy and enjoy the first week."
    rows, _ = rows_of_plan(json.dumps(plan))
    assert "{name}, take it easy" in rows[1]["messages"][-1]["content"]
    assert "Zoltan" not in json.dumps(rows)


def test_a_week_that_the_app_would_not_ask_for_gives_no_row_and_no_outline() -> None:
    plan = written(make_request())
    easy = next(one for one in plan["weeks"][2]["sessions"] if one["kind"] == "easy")
    easy["distance"] += 0.25
    easy["steps"] = []
    easy["text"] = ""
    del plan["weeks"][2]["distance"]
    rows, problems = rows_of_plan(json.dumps(plan))
    assert [row["week"] for row in rows] == [1, 2, 4, 5, 6, 7, 8]
    assert [str(problem) for problem in problems] == ["week is not one the app asks for: week 3"]


def test_sessions_without_steps_do_where_they_are_in_one_piece() -> None:
    plan = written(make_request())
    for week in plan["weeks"]:
        for session in week["sessions"]:
            session["steps"] = []
    rows, problems = rows_of_plan(json.dumps(plan))
    hard = {problem.detail for problem in problems}
    assert rows
    assert hard
    assert {f"week {row['week']}" for row in rows}.isdisjoint(hard)
    assert len(rows) + len(hard) == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "other/1"}, "not a valid plan: schema"),
        ({"weeks": []}, r"not a valid plan: its weeks are not 1 to 8"),
        ({"request": {"race": "10K"}}, "not a valid plan: request.level"),
    ],
)
def test_what_is_no_plan_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(RowError, match=said):
        rows_of_plan(json.dumps({**written(make_request()), **change}))


@pytest.mark.parametrize("text", ["", "{", "[]", '"plan"'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(RowError, match="not a valid plan"):
        rows_of_plan(text)


def test_a_plan_with_an_error_level_finding_is_refused() -> None:
    plan = written(make_request(run_days=("Tue", "Thu", "Sat", "Sun")))
    plan["weeks"][3]["sessions"] = plan["weeks"][3]["sessions"][:2]
    with pytest.raises(RowError, match="plan fails a check"):
        rows_of_plan(json.dumps(plan))
