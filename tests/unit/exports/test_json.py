import json

from hypothesis import given, settings

from runplan.exports import export
from runplan.exports.wording import tidy
from runplan.plan import Plan
from runplan.plan_json import plan_from_json, plan_to_json
from tests.support.plans import make_plan, make_request, plans


@settings(max_examples=40, deadline=None)
@given(plans())
def test_the_file_reads_back_as_the_plan(plan: Plan) -> None:
    text = export(plan, "json").decode()
    assert json.loads(text) == plan_to_json(tidy(plan))
    read = plan_from_json(text)
    assert (read.request, read.paces, read.weeks) == (
        plan.request,
        plan.paces,
        tidy(plan).weeks,
    )


def test_names_stay_readable() -> None:
    assert '"name": "李明 🏃"' in export(make_plan(make_request(name="李明 🏃")), "json").decode()
