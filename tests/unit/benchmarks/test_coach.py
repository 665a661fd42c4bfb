"""The measurement of the coach, small."""

import json

import pytest

from benchmarks import coach
from benchmarks.__main__ import main


def test_every_plan_is_sound_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coach", "--requests", "40"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["name"] == "coach"
    ours = found["ours"]
    assert (ours["plans"], ours["plans_with_errors"], ours["errors"]) == (40, 0, {})
    assert 0 < ours["ms"]["median"] <= ours["ms"]["p95"] <= ours["ms"]["max"]
    assert found["ratio"] == pytest.approx(coach.GOAL_MS / ours["ms"]["median"], abs=0.01)


def test_an_unknown_measurement_or_option_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "coach, families, " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["coach", "--nonsense"])
