"""Every command in the README is one that works."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from finetune.cli import parser as finetune_parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line.strip()
]


def of(program: str) -> list[str]:
    """Commands that begin with `program`, without it."""
    return [line.removeprefix(program).strip() for line in COMMANDS if line.startswith(program)]


def test_every_command_is_tried_by_a_test_below() -> None:
    tried = ("make ", "python -m runplan ", "python -m finetune ", "python -m benchmarks ")
    assert COMMANDS
    assert [line for line in COMMANDS if not line.startswith(tried)] == []


@pytest.mark.parametrize("target", of("make "))
def test_make_target_exists(target: str) -> None:
    dry = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=False)
    assert dry.returncode == 0, dry.stderr.decode()


def test_plans_on_the_command_line(tmp_path: Path) -> None:
    for line in of("python -m runplan "):
        done = subprocess.run(
            [sys.executable, "-m", "runplan", *shlex.split(line)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "plan.json").stat().st_size > 0
    assert b"BEGIN:VCALENDAR" in (tmp_path / "plan.ics").read_bytes()


@pytest.mark.parametrize("line", of("python -m finetune "))
def test_training_command_is_understood(line: str) -> None:
    words = shlex.split(line)
    finetune_parser().parse_args(words)
    recipe = words[words.index("--recipe") + 1]
    assert (ROOT / "finetune" / "recipes" / f"{recipe}.yaml").is_file()


def test_measurements_exist() -> None:
    missing = [name for name in of("python -m benchmarks ") if not measurement(name).is_file()]
    assert missing == []


def measurement(name: str) -> Path:
    return ROOT / "benchmarks" / f"{name}.py"


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", README))
def test_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
