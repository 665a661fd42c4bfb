import io
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from pypdf import PdfReader

from runplan.exports import export
from runplan.plan import Finding, Plan
from tests.support.plans import NAMES, make_plan, make_request, plans


def pages(plan: Plan) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(export(plan, "pdf"))).pages]


def words(plan: Plan) -> str:
    return " ".join(" ".join(pages(plan)).split())


@settings(max_examples=8, deadline=None)
@given(plans())
def test_every_week_has_every_day_on_one_page(plan: Plan) -> None:
    found = pages(plan)
    for week in plan.weeks:
        page = next(text for text in found if f"Week {week.number} ({week.phase})" in text)
        block = re.split(r"Week \d+ \(", page.split(f"Week {week.number} (")[1])[0]
        for day in plan.request.week_order:
            assert re.search(rf"\b{day}\b", block)


def test_a_plan_reads_from_head_to_foot() -> None:
    warning = Finding("long-share", "warning", 3, "The long run is a large part of the week.")
    request = make_request(race_date=date(2027, 4, 25), weekly_distance=18)
    text = words(make_plan(request, findings=(warning,)))
    for part in (
        "10K training plan for Alex",
        "Sun 25 Apr 2027",
        "18 km",
        "6:12–6:44 /km",
        "Week 1 (base) – 26 km",
        "1 Mar 2027 to 7 Mar 2027",
        "5 × 800 m with 2 min jog",
        "Note: Keep the easy days easy.",
        "Week 3: The long run is a large part of the week.",
        "Week 8 written by the rule-based coach.",
        "not medical advice",
        "Missed sessions",
        "Page 1 of 4",
        "Page 4 of 4",
    ):
        assert part in text
    assert "Latin letters" not in text


@pytest.mark.parametrize("name", ["Zoë Łukasz", "Привет Ωμέγα", "სალომე", "O’Neil – <b>*x*</b>"])
def test_names_in_the_font_are_shown_as_given(name: str) -> None:
    text = words(make_plan(make_request(name=name)))
    assert f"10K training plan for {name}" in text
    assert "Latin letters" not in text


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("李明", "LiMing"), ("Ann 🏃‍♀️", "Ann :person_running:"), ("Հայկ", "Hayk"), ("\ue000", "?")],
)
def test_names_outside_the_font_are_spelled_and_that_is_said(name: str, spelled: str) -> None:
    text = words(make_plan(make_request(name=name)))
    assert f"10K training plan for {spelled}" in text
    assert "they are spelled in Latin letters" in text


@pytest.mark.parametrize("name", ["שלום", "محمد"])
def test_right_to_left_names_need_no_spelling(name: str) -> None:
    assert "Latin letters" not in words(make_plan(make_request(name=name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_document_carries_the_name_as_its_title(name: str) -> None:
    plan = make_plan(make_request(name=name, weeks=4))
    data = export(plan, "pdf")
    assert data == export(plan, "pdf")
    reader = PdfReader(io.BytesIO(data))
    assert reader.metadata is not None
    assert reader.metadata.creation_date == datetime(2025, 1, 1, tzinfo=UTC)
    assert reader.metadata.title == "10K training plan" + (f" for {name}" if name else "")


def test_very_long_texts_flow_on() -> None:
    text = words(make_plan(make_request(weeks=4), text="run " * 900, note="W" * 5000))
    assert text.count("run") > 900
    assert "not medical advice" in text
