"""The command line: cheap, helpful, and clear about what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from finetune.cli import main

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "command", ["data", "inspect", "train", "evaluate", "merge", "export", "run"]
)
def test_help_shows_how(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert "python -m finetune run --recipe nano" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--recipe", "giant"], "no recipe 'giant'"),
        (["train", "--recipe", "nano", "lora.rnk=3"], "unknown key lora.rnk"),
        (["train", "lora.rnk=3", "--recipe", "nano"], "unknown key lora.rnk"),
        (["train", "--recipe", "nano", "rank"], "section.key=value"),
    ],
)
def test_wrong_settings_end_with_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_missing_stage_ends_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--recipe", "nano", "--run-dir", str(tmp_path)]) == 2
    assert "train.parquet is missing" in capsys.readouterr().err


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", "--recipe", "nano", "--fast"])
    assert "--fast" in capsys.readouterr().err


def test_starting_is_cheap() -> None:
    code = "import sys, finetune.cli; print(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
