"""The plan JSON, indented: for reading back in, and for `runplan check`."""

import json

from runplan.plan import Plan
from runplan.plan_json import plan_to_json


def write(plan: Plan) -> bytes:
    """The plan as `runplan/1` JSON in UTF-8."""
    return (json.dumps(plan_to_json(plan), indent=2, ensure_ascii=False) + "\n").encode()
