"""The pace table with and without heart rates, in every format that shows one."""

import io

import openpyxl
import pytest

from runplan.exports import export, wording
from runplan.plan import Plan
from tests.support.plans import make_plan, make_request
from tests.unit.exports.test_pdf import words


def with_heart_rate(highest: int | None) -> Plan:
    return make_plan(make_request(max_heart_rate=highest))


def shown(plan: Plan, format_: str) -> str:
    if format_ == "pdf":
        return words(plan)
    if format_ == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(export(plan, "xlsx")))["Paces"]
        return " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    return export(plan, format_).decode()


def test_columns_are_those_that_are_known() -> None:
    titles, rows = wording.pace_table(with_heart_rate(None))
    assert titles == ["Zone", "Pace", "Effort"]
    assert [len(row) for row in rows] == [3] * 5
    titles, rows = wording.pace_table(with_heart_rate(200))
    assert titles == ["Zone", "Pace", "Heart rate", "Effort"]
    assert [row[2] for row in rows] == [
        "130–158 bpm",
        "160–178 bpm",
        "176–184 bpm",
        "196–200 bpm",
        "–",
    ]


@pytest.mark.parametrize("format_", ["text", "markdown", "pdf", "xlsx"])
def test_heart_rates_stand_beside_the_paces(format_: str) -> None:
    assert "130–158 bpm" in shown(with_heart_rate(200), format_)
    assert "158 bpm" not in shown(with_heart_rate(None), format_)
