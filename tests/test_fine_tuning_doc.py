"""Every training command in docs/fine-tuning.md is one that exists, with settings that exist."""

import re
import shlex
from pathlib import Path

import pytest

from finetune import config
from finetune.cli import parser

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "fine-tuning.md").read_text(encoding="utf-8")
# In blocks and within sentences; the same program also runs below `accelerate launch`.
COMMANDS = sorted(set(re.findall(r"(?:python|accelerate launch .*?) -m finetune ([^`\n]+)", TEXT)))


def test_the_commands_are_found() -> None:
    found = {command.split()[0] for command in COMMANDS}
    assert {"data", "inspect", "train", "run", "compare", "publish"} <= found


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command: str) -> None:
    options, overrides = parser().parse_known_args(shlex.split(command))
    assert [word for word in overrides if word.startswith("-")] == []
    if "recipe" in options:
        config.load(options.recipe, overrides)
    else:
        assert overrides == []


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([^)]+)\)", TEXT))
def test_table_of_contents_leads_somewhere(anchor: str) -> None:
    titles = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
