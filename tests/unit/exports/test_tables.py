import csv
import io
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings

from runplan.exports import export
from runplan.exports.table import safe
from runplan.exports.wording import tidy
from runplan.plan import Plan
from tests.support.plans import NAMES, make_plan, make_request, plans

FORMULAS = "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"


def csv_rows(plan: Plan) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(plan, "csv").decode("utf-8-sig"), newline="")))


def workbook(plan: Plan, *, values: bool = True) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(export(plan, "xlsx")), data_only=values)


def days(plan: Plan) -> list[tuple[int, str]]:
    return [(week.number, day) for week in plan.weeks for day in plan.request.week_order]


@settings(max_examples=40, deadline=None)
@given(plans())
def test_csv_has_every_day_once_in_order(plan: Plan) -> None:
    rows = csv_rows(plan)
    assert [(int(row["week"]), row["day"]) for row in rows] == days(plan)
    for row, (week, day) in zip(rows, days(plan)):
        session = next((s for s in plan.weeks[week - 1].sessions if s.day == day), None)
        assert row["kind"] == (session.kind if session else "rest")
        shown = row[f"distance_{plan.request.units}"]
        assert shown == (str(session.distance) if session and session.distance else "")
        assert bool(row["date"]) == (plan.request.race_date is not None)


@settings(max_examples=40, deadline=None)
@given(plans())
def test_csv_keeps_texts_and_gives_a_note_once_a_week(plan: Plan) -> None:
    rows = csv_rows(plan)
    assert [row["note"] for row in rows[::7]] == [safe(week.note) for week in tidy(plan).weeks]
    assert not any(row["note"] for index, row in enumerate(rows) if index % 7)


@settings(max_examples=40, deadline=None)
@given(plans())
def test_no_csv_cell_starts_like_a_formula(plan: Plan) -> None:
    for row in csv_rows(plan):
        assert not any(value.startswith(tuple("=+-@\t\r\n＝＋－＠")) for value in row.values())


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe(f"a{text}") == f"a{text}"


def test_csv_dates_are_iso() -> None:
    rows = csv_rows(make_plan(make_request(race_date=date(2027, 4, 25))))
    assert (rows[0]["date"], rows[-1]["date"]) == ("2027-03-01", "2027-04-25")


@settings(max_examples=8, deadline=None)
@given(plans())
def test_the_workbook_has_every_day_and_every_week(plan: Plan) -> None:
    book = workbook(plan)
    assert book.sheetnames == ["Plan", "Weeks", "Paces", "Guide", "About"]
    rows = list(book["Plan"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[3]) for row in rows] == days(plan)
    weeks = list(
        book["Weeks"].iter_rows(min_row=2, max_row=1 + plan.request.weeks, values_only=True)
    )
    assert [(row[0], row[1]) for row in weeks] == [(week.number, week.phase) for week in plan.weeks]
    assert [row[3] for row in weeks] == pytest.approx([week.distance for week in plan.weeks])
    if plan.request.race_date:
        last = rows[-1][2]
        assert isinstance(last, datetime)
        assert last.date() == plan.request.race_date


@pytest.mark.parametrize("text", [*FORMULAS, "http://x.y", "internal:Plan!A1"])
def test_texts_in_the_workbook_are_never_formulas_or_links(text: str) -> None:
    book = workbook(make_plan(make_request(details=text), text=text, note=text), values=False)
    formulas = [
        cell.coordinate
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert formulas == [f"D{line}" for line in range(2, 10)]
    assert not any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_workbook_is_easy_to_read() -> None:
    book = workbook(make_plan())
    assert book.properties.title == "10K training plan for Alex"
    assert book.properties.created == datetime(2025, 1, 1)  # noqa: DTZ001
    for sheet in book:
        assert sheet.freeze_panes == "A2"
    assert [row[:2] for row in book["Paces"].iter_rows(min_row=2, values_only=True)] == [
        ("Easy", "6:12–6:44 /km"),
        ("Marathon", "5:45 /km"),
        ("Tempo", "5:20 /km"),
        ("Interval", "4:55 /km"),
        ("Repetition", "4:35 /km"),
    ]
    guide = dict(book["Guide"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert {"Easy run", "Missed sessions", "Pain"} <= set(guide)
    about = dict(book["About"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert about["Race"] == "10K"
    assert "not medical advice" in str(about["Please note"])


@pytest.mark.parametrize("name", NAMES)
def test_names_are_in_the_workbook(name: str) -> None:
    about = workbook(make_plan(make_request(name=name)))["About"]
    assert about["B1"].value == "10K training plan" + (f" for {name}" if name else "")
