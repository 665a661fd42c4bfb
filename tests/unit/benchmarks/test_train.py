"""The measurement of training, on a model too small to tell anything."""

import json

import pytest

from benchmarks.__main__ import main


def test_both_sides_learn_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    options = "--shape tiny --precision float32 --requests 5 --steps 1 --windows 2 --tokens 2048"
    options += " --no-compile"
    assert main(["train", *options.split()]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    ours, peer = found["ours"], found["peer"]
    assert (found["name"], found["goal"]) == ("train", 2.5)
    speeds = [side["useful_tokens_per_s"] for side in (ours, peer)]
    assert [speed["n"] for speed in speeds] == [2, 2]
    assert found["ratio"] == pytest.approx(speeds[0]["median"] / speeds[1]["median"], rel=0.01)
    assert ours["rows"] == peer["rows"] > 40
    # Of what is read, prompts and padding are not useful.
    assert 0.05 < ours["useful_share"] < 0.6
    assert 0.05 < peer["useful_share"] < 0.6
    # PyTorch alone takes more than this, and what another process holds is not counted.
    assert min(side["peak_memory_mb"] for side in (ours, peer)) > 200
