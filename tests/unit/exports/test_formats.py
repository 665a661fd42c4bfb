import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from runplan.errors import InputError
from runplan.exports import FORMATS, export
from runplan.exports.wording import tidy
from runplan.plan import Plan
from tests.support.plans import NAMES, make_plan, make_request, plans

DATED = date(2027, 4, 25)


def test_the_formats_are_those_of_the_command_line() -> None:
    names = {"text", "markdown", "json", "ics", "csv", "xlsx", "pdf", "fit", "intervals"}
    assert set(FORMATS) == names


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "pdf"])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_exports_and_twice_the_same(format_: str, name: str) -> None:
    plan = make_plan(make_request(name=name, weeks=4, race_date=DATED))
    first = export(plan, format_)
    assert first
    assert first == export(plan, format_)


@pytest.mark.parametrize("format_", [name for name in FORMATS if name not in ("pdf", "xlsx")])
@settings(max_examples=25, deadline=None)
@given(plan=plans(dated=True))
def test_any_plan_exports(format_: str, plan: Plan) -> None:
    assert export(plan, format_) == export(plan, format_)


@pytest.mark.parametrize("format_", ["pdf", "xlsx"])
@settings(max_examples=5, deadline=None)
@given(plan=plans())
def test_any_plan_exports_to_the_heavy_formats(format_: str, plan: Plan) -> None:
    assert export(plan, format_) == export(plan, format_)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_plan_from_a_file_with_odd_characters_exports(format_: str) -> None:
    plan = make_plan(make_request(weeks=4, race_date=DATED), note="a\x00b\ud800\nc\u2028d\x1b")
    plan = replace(plan, paces={**plan.paces, "odd\ud801": (300, 310)})
    assert export(plan, format_)


def test_tidy_keeps_a_clean_plan_as_it_is() -> None:
    plan = make_plan()
    assert tidy(plan) == plan


def test_tidy_puts_texts_on_one_line() -> None:
    assert tidy(make_plan(note=" a\r\n b\x00\ud800 ")).weeks[0].note == "a b\ufffd\ufffd"


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InputError, match="'docx' is not one of text, ") as caught:
        export(make_plan(), "docx")
    assert caught.value.field == "format"


def test_a_calendar_needs_a_race_date() -> None:
    with pytest.raises(InputError, match="give the day of the race") as caught:
        export(make_plan(), "ics")
    assert caught.value.field == "race_date"


def test_importing_the_table_loads_no_library() -> None:
    heavy = "fpdf", "icalendar", "xlsxwriter", "fit_tool", "pymupdf_fonts", "anyascii"
    code = f"import sys, runplan.exports; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
