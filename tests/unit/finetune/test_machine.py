"""The machine, in words."""

import re
from pathlib import Path

import pytest

from finetune.machine import machine


def test_this_machine_has_cores_and_memory() -> None:
    assert re.search(r"\d+ cores of .*, \d+ GiB$", machine())


def test_gpus_and_processes_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("vendor_id : X\nmodel name : AMD EPYC\nmodel name : other\n")
    for number in range(2):
        folder = tmp_path / "driver" / "nvidia" / "gpus" / f"0000:0{number}:00.0"
        folder.mkdir(parents=True)
        (folder / "information").write_text("Model: \t\t NVIDIA H100\nIRQ: 1\n")
    assert machine(tmp_path).startswith("2 × NVIDIA H100, ")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert re.match(r"2 processes, 2 × NVIDIA H100, \d+ cores of AMD EPYC, ", machine(tmp_path))
