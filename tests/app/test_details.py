"""Details that ask for something: chips, questions, and the plan that follows."""

from collections.abc import Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import details, model
from app.details import CHIPS, FOLLOW, KEEP, KEPT, NOT_READ, WRITE, settle
from app.form import LABELS, Submission
from runplan.backends.base import Backend
from runplan.constraints import Constraint, in_words
from runplan.errors import BackendError
from tests.app.test_page import ROOT, TIMEOUT_S, fill, run, tables, weeks_shown
from tests.support.plans import make_request
from tests.support.scripted import GARBAGE, ScriptedBackend

NO_TUESDAY = Constraint("avoid_day", "Tue")
KNEE = Constraint("injury", "knee")
ONLY_THREE = [Constraint("only_day", day) for day in ("Mon", "Wed", "Sat")]
TEXT = "not on Tuesdays, and my knee is sore"


class Reader:
    """Reads what it was told to, and counts how often it was asked."""

    def __init__(self, *constraints: Constraint) -> None:
        self.constraints = constraints
        self.texts: list[str] = []

    def __call__(self, text: str, backend: Backend) -> tuple[Constraint, ...]:
        self.texts.append(text)
        return self.constraints


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A page that understands NO_TUESDAY and KNEE, whatever is written."""
    reader = Reader(NO_TUESDAY, KNEE)
    monkeypatch.setattr(details, "understand", reader)
    monkeypatch.setattr(model, "backend", lambda _: ScriptedBackend(lambda job: GARBAGE))
    return reader


@pytest.fixture
def page() -> AppTest:
    return run(AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_S))


def chips(page: AppTest) -> Any:
    """The chips, or None where nothing is asked."""
    return next((group for group in page.get("button_group") if group.label == CHIPS), None)


def write(page: AppTest) -> AppTest:
    next(button for button in page.button if button.label == WRITE).click()
    return run(page)


def answers(page: AppTest) -> list[Any]:
    return [radio for radio in page.radio if radio.options == [KEEP, FOLLOW]]


def test_chips_are_confirmed_before_the_plan_is_written(page: AppTest, reader: Reader) -> None:
    page = fill(page, weeks=4, details=TEXT)
    assert weeks_shown(page) == []
    assert chips(page).options == [in_words(NO_TUESDAY), in_words(KNEE)]
    assert chips(page).value == [NO_TUESDAY, KNEE]
    page = write(page)
    assert len(weeks_shown(page)) == 4
    for table in (table.value for table in page.table if "Day" in table.value.columns):
        assert dict(zip(table["Day"], table["Training"]))["**Tue**"] == ":gray[Rest]"


def test_a_chip_taken_away_stays_out_of_the_plan(page: AppTest, reader: Reader) -> None:
    page = fill(page, weeks=4, details=TEXT)
    chips(page).set_value([KNEE])
    page = write(run(page))
    assert page.session_state["result"].plan.request.constraints == (KNEE,)
    assert "Tue, Thu, Sat, Sun" in tables(page)


def test_the_same_details_are_read_and_asked_about_once(page: AppTest, reader: Reader) -> None:
    page = fill(page, weeks=4, details=TEXT)
    chips(page).set_value([NO_TUESDAY])
    page = fill(run(page), weeks=5)
    assert len(weeks_shown(page)) == 5
    assert page.session_state["result"].plan.request.constraints == (NO_TUESDAY,)
    assert chips(page).value == [NO_TUESDAY]
    page = fill(page, details=f"{TEXT}!", weeks=6)
    assert len(weeks_shown(page)) == 5
    assert chips(page).value == [NO_TUESDAY, KNEE]
    assert reader.texts == [TEXT, f"{TEXT}!"]


def test_where_nothing_is_read_one_click_writes_the_plan(page: AppTest, reader: Reader) -> None:
    reader.constraints = ()
    page = fill(page, weeks=4, details="I love the sea")
    assert chips(page) is None
    assert len(weeks_shown(page)) == 4
    page = fill(page, weeks=5, details="")
    assert len(weeks_shown(page)) == 5
    assert reader.texts == ["I love the sea"]


@pytest.mark.parametrize(("answer", "tuesday"), [(KEEP, True), (FOLLOW, False)])
def test_a_contradiction_is_asked_about(
    page: AppTest, reader: Reader, answer: str, tuesday: bool
) -> None:
    page = fill(page, weeks=4, details=TEXT, run_days=["Tue", "Thu", "Sat", "Sun"])
    (question,) = answers(page)
    assert "Tue" in question.label
    question.set_value(answer)
    request = write(run(page)).session_state["result"].plan.request
    assert ("Tue" in request.run_days) == tuesday
    assert (NO_TUESDAY in request.constraints) != tuesday
    assert request.days_per_week == 4


def test_a_new_contradiction_is_asked_about_though_the_details_are_old(
    page: AppTest, reader: Reader
) -> None:
    page = write(fill(page, weeks=4, details=TEXT))
    assert not answers(page)
    page = fill(page, weeks=5, run_days=["Tue", "Thu", "Sat", "Sun"])
    assert len(weeks_shown(page)) == 4
    assert len(answers(page)) == 1
    assert len(weeks_shown(fill(page))) == 5


def test_what_cannot_be_followed_is_said(page: AppTest, reader: Reader) -> None:
    reader.constraints = (Constraint("only_day", "Wed"),)
    page = fill(page, weeks=4, details="only on Wednesdays")
    assert not answers(page)
    assert any(KEPT in info.value.replace("\\", "") for info in page.info)
    assert "Tue, Thu, Sat, Sun" in tables(write(page))


def test_nothing_typed_is_lost_while_chips_are_asked_about(page: AppTest, reader: Reader) -> None:
    page = fill(page, name="Kim", goal_time="50:00", details=TEXT)
    kept = {field.label: field.value for field in (*page.text_input, *page.text_area)}
    assert (kept["Your Name"], kept["Goal time"]) == ("Kim", "50:00")
    assert kept[LABELS["details"]] == TEXT
    assert "Kim" in tables(write(page))


def broken(*_: object) -> None:
    raise BackendError("out of memory")


@pytest.mark.parametrize("load", [lambda _: None, broken], ids=["coach", "broken"])
def test_without_a_model_the_page_says_that_details_are_not_read(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, load: Any
) -> None:
    monkeypatch.setattr(model, "backend", load)
    page = fill(page, weeks=4, details=TEXT)
    assert [info.value for info in page.info if "not read" in info.value] == [NOT_READ]
    assert len(weeks_shown(page)) == 4
    assert not [info for info in fill(page, details="").info if "not read" in info.value]


def settled(
    chosen: Sequence[Constraint], *followed: str, **fields: Any
) -> tuple[Any, list[tuple[str, bool]]]:
    submission = Submission(make_request(**fields), frozenset({"days_per_week", *fields}))
    request, questions = settle(submission, chosen, followed)
    return request, [(question.field, question.open) for question in questions]


def test_an_answer_may_lead_to_another_question() -> None:
    days = ("Tue", "Thu", "Sat", "Sun")
    request, questions = settled(ONLY_THREE, run_days=days)
    assert questions == [("run_days", True)]
    assert request.run_days == days
    _, questions = settled(ONLY_THREE, "run_days", run_days=days)
    assert questions == [("run_days", True), ("days_per_week", True)]
    request, questions = settled(ONLY_THREE, "run_days", "days_per_week", run_days=days)
    assert request.run_days == ("Mon", "Wed", "Sat")
    assert len(questions) == 2


def test_days_that_stand_together_are_asked_about_in_one_sentence() -> None:
    submission = Submission(make_request(), frozenset({"run_days"}))
    (question,) = settle(submission, ONLY_THREE, ())[1]
    assert question.text.count("?") == 1
    assert "running only on Mon, Wed, Sat" in question.text


def test_several_wishes_about_one_field_are_one_question() -> None:
    _, questions = settled(ONLY_THREE)
    assert questions == [("days_per_week", True)]
    assert settled(ONLY_THREE, "days_per_week")[0].days_per_week == 3
