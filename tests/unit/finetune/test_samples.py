import json
from pathlib import Path

from finetune.samples import sample_lines
from runplan import notation

LINES = (Path(__file__).parents[3] / "data" / "sample.jsonl").read_text("utf-8").splitlines()
ROWS = [json.loads(line) for line in LINES]


def test_the_sample_rows_are_what_the_command_writes() -> None:
    assert sample_lines() == LINES


def test_every_sample_row_parses() -> None:
    assert len(ROWS) == 20
    assert [row["task"] for row in ROWS] == ["outline", "week", "week", "week"] * 5
    for row in ROWS:
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["system", "user", "assistant"]
        _, asked, answer = (message["content"] for message in row["messages"])
        if row["task"] == "outline":
            lines = notation.parse_outline(answer)
            assert notation.print_outline(lines) == answer
            assert f" {len(lines)} weeks " in asked.splitlines()[0]
            assert "Outline the weeks:" in asked
        else:
            assert notation.print_week(notation.parse_week(answer)) == answer
            assert f"Write week {row['week']}: " in asked


def test_the_sample_shows_all_races_levels_and_units() -> None:
    runners = " ".join(row["messages"][1]["content"].splitlines()[0] for row in ROWS)
    for word in ("5K", "10K", "half marathon", "beginner", "intermediate", "advanced", "km", "mi"):
        assert word in runners.split() or word in runners
