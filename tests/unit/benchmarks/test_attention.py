"""The measurement of attention."""

import json

import pytest

from benchmarks.__main__ import main


def test_both_sides_are_measured_at_each_length(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attention", "--repeats", "2", "--precision", "float32"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["name"] == "attention"
    assert [found[side]["ms"]["n"] for side in ("ours", "peer")] == [2, 2]
    assert list(found["by_tokens"]) == ["190", "512", "1024"]
    for times in found["by_tokens"].values():
        assert times["ratio"] == pytest.approx(times["peer"] / times["ours"], rel=0.02)
    assert found["ratio"] == found["by_tokens"]["190"]["ratio"]
