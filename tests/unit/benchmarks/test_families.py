"""The measurement of the families of plans, small, and what it calls inside."""

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.families import place


def test_every_measure_of_every_family_is_placed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["families", "--seeds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    families = [line for line in lines if line.count("|") == 3 and "–" in line]
    assert len({tuple(line.split()[:3]) for line in families}) == 4 * 3 * 5
    found = json.loads(lines[-1])
    assert found["name"] == "families"
    counts = found["ours"]["coach"]
    assert sum(counts.values()) == len(families) * 3
    assert found["ratio"] == round((counts["inside"] + counts["explained"]) / 180, 3)
    assert found["peer"]["plans"] > 20
    # The coach's plans are like the published ones, nearly everywhere without an excuse.
    assert counts["outside"] <= 2
    assert counts["inside"] >= 150


@pytest.mark.parametrize(
    ("value", "reason", "verdict"),
    [
        (30, "", "inside"),
        (38, "", "inside"),
        (43, "", "inside"),
        (44, "", "outside"),
        (44, "7 days", "explained"),
        (27, "", "outside"),
    ],
)
def test_where_a_value_lies(value: float, reason: str, verdict: str) -> None:
    assert place(value, 30, 40, reason)[0] == verdict
