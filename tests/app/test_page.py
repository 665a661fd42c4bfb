"""The whole page without a browser: what is asked, what is shown, what stays."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import form, model
from app.form import LABELS, RECENT_TIME, SUBMIT
from runplan.request import DAYS
from tests.support.tiny_gguf import write_tiny_gguf

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 120


@pytest.fixture
def coach_page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page as first opened, with the coach as its writer."""
    monkeypatch.setenv(model.BACKEND_VARIABLE, "coach")
    return run(AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_S))


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def fill(page: AppTest, **fields: Any) -> AppTest:
    """Set fields by their request name (and `recent_time`), then submit."""
    kinds = ("text_input", "text_area", "number_input", "date_input", "selectbox", "slider")
    for name, value in fields.items():
        label = RECENT_TIME if name == "recent_time" else LABELS[name]
        widgets = [
            widget
            for kind in (*kinds, "button_group")
            for widget in page.get(kind)
            if widget.label == label
        ]
        (widget,) = widgets
        widget.set_value(value)
    next(button for button in page.button if button.label == SUBMIT).click()
    return run(page)


def headings(page: AppTest) -> list[str]:
    return [heading.value for heading in (*page.header, *page.subheader)]


def weeks_shown(page: AppTest) -> list[str]:
    return [text.replace("\\", "").split(" (")[0] for text in headings(page) if text[:5] == "Week "]


def tables(page: AppTest) -> str:
    return "\n".join(table.value.to_string() for table in page.table).replace("\\", "")


def download_labels(page: AppTest) -> list[str]:
    return [button.label for button in page.get("download_button")]


def test_first_visit_shows_the_form_and_nothing_else(coach_page: AppTest) -> None:
    page = coach_page
    assert [field.label for field in page.text_input][:1] == ["Your Name"]
    goal, level = page.selectbox[:2]
    assert (goal.label, goal.options) == ("Goal Race", ["5K", "10K", "Half Marathon", "Marathon"])
    assert (level.label, level.options) == (
        "Current Level",
        ["Beginner", "Intermediate", "Advanced"],
    )
    weeks, days = page.slider
    assert (weeks.label, weeks.min, weeks.max, weeks.value) == (
        "Training Duration (weeks)",
        4,
        24,
        12,
    )
    assert (days.label, days.min, days.max, days.value) == ("Days per week", 3, 7, 4)
    assert page.text_area[0].label == "Optional Details"
    assert headings(page) == []


def test_plan_answers_every_criterion(coach_page: AppTest) -> None:
    page = fill(coach_page, name="Alex", race="Half Marathon", weeks=16, days_per_week=5)
    assert {"Training Plan Criteria", "Your Training Plan", "Plan Summary"} <= set(headings(page))
    assert weeks_shown(page) == [f"Week {number}" for number in range(1, 17)]
    assert "16 weeks, 5 running days a week" in tables(page)
    days = [table for table in page.table if "Day" in table.value.columns]
    assert len(days) == 16
    for table in days:
        assert [day.strip("*") for day in table.value["Day"]] == list(DAYS)
        assert sum("Rest" in cell for cell in table.value["Training"]) <= 2
    assert download_labels(page)[0] == "Download as Text"


@pytest.mark.parametrize(("weeks", "days"), [(4, 3), (24, 7)])
@pytest.mark.parametrize("race", list(form.RACE_CHOICES))
def test_smallest_and_largest_plans(coach_page: AppTest, race: str, weeks: int, days: int) -> None:
    page = fill(coach_page, race=race, weeks=weeks, days_per_week=days)
    assert len(weeks_shown(page)) == weeks


def test_all_wishes_are_shown_again(coach_page: AppTest) -> None:
    page = fill(
        coach_page,
        name="Kim",
        days_per_week=3,
        units="Miles",
        run_days=["Mon", "Wed", "Sat"],
        long_run_day="Sat",
        weekly_distance=15.0,
        longest_run=6.0,
        recent_race="5K",
        recent_time="24:30",
        goal_time="50:00",
        max_session_min=90,
        details="flat roads only",
    )
    shown = tables(page)
    for value in ("Kim", "Miles", "Mon, Wed, Sat", "15 mi", "6 mi", "24:30", "50:00", "flat roads"):
        assert value in shown


def test_what_is_missing_is_suggested_and_what_is_there_is_not(coach_page: AppTest) -> None:
    page = fill(coach_page, weeks=4, weekly_distance=20.0, recent_race="5K", recent_time="27:00")
    (hint,) = page.info
    assert "**Longest recent run**" in hint.value
    assert "Recent race" not in hint.value
    assert "Current weekly distance" not in hint.value
    assert not fill(page, longest_run=9.0).info


def test_heart_rates_are_shown_where_the_maximum_is_known(coach_page: AppTest) -> None:
    assert "bpm" not in tables(fill(coach_page, weeks=4))
    assert "Pace and heart rate" in tables(fill(coach_page, max_heart_rate=200))


def test_guidance_is_on_the_page(coach_page: AppTest) -> None:
    page = fill(coach_page, weeks=4)
    assert {"Your sessions", "Along the way"} <= set(headings(page))
    assert "Missed sessions" in tables(page)


def test_empty_name_is_fine(coach_page: AppTest) -> None:
    page = fill(coach_page, weeks=4)
    assert len(weeks_shown(page)) == 4
    assert "{name}" not in "".join(text.value for text in page.markdown)


def test_wrong_input_is_named_by_its_label_and_kept(coach_page: AppTest) -> None:
    page = fill(coach_page, name="Sam", goal_time="soon", weeks=8)
    (error,) = page.error
    assert error.value.startswith("**Goal time**: ")
    assert weeks_shown(page) == []
    kept = {field.label: field.value for field in page.text_input}
    assert (kept["Your Name"], kept["Goal time"], page.slider[0].value) == ("Sam", "soon", 8)
    page = fill(page, goal_time="55:00")
    assert not page.error
    assert len(weeks_shown(page)) == 8


def test_plan_survives_reruns_edits_and_mistakes(coach_page: AppTest) -> None:
    page = fill(coach_page, weeks=6)
    before = tables(page)
    assert tables(run(page)) == before
    page.text_input[0].set_value("Someone else")
    assert tables(run(page)) == before
    page = fill(page, goal_time="soon")
    assert page.error
    assert tables(page) == before


def test_without_a_model_the_coach_steps_in_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = embedded_page(monkeypatch, tmp_path / "missing.gguf")
    page = fill(page, weeks=5)
    notices = [warning.value for warning in page.warning if "coach" in warning.value]
    assert len(notices) == 1
    assert "could not be started" in notices[0]
    assert str(tmp_path) not in notices[0]
    assert len(weeks_shown(page)) == 5
    assert any("5 of 5 weeks were written by the rule" in text.value for text in page.caption)


def failing_model() -> None:
    """A page whose model breaks down at once."""
    from collections.abc import Iterator, Sequence

    import streamlit as st

    from app.generate import generate
    from runplan.backends.base import Job
    from runplan.errors import BackendError
    from runplan.request import PlanRequest

    class Failing:
        name, model = "embedded", "broken"

        def complete(self, jobs: Sequence[Job]) -> Iterator[tuple[int, str]]:
            raise BackendError("out of memory")

    request = PlanRequest("5K", "beginner", 4, 3)
    result = generate(request, Failing, st.empty())
    st.text(f"{len(result.plan.weeks)} weeks; {result.notice}")


def test_model_that_stops_answering_is_announced() -> None:
    page = run(AppTest.from_function(failing_model, default_timeout=TIMEOUT_S))
    (said,) = page.text
    assert said.value.startswith("4 weeks; The language model stopped answering, so")


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows nothing: its weeks are well-formed, for the grammar sees to that."""
    path = tmp_path_factory.mktemp("model") / "random.gguf"
    write_tiny_gguf(path)
    return path


def embedded_page(monkeypatch: pytest.MonkeyPatch, weights: Path) -> AppTest:
    monkeypatch.setenv(model.BACKEND_VARIABLE, "embedded")
    monkeypatch.setenv("RUNPLAN_MODEL", str(weights))
    model.backend.clear()
    return run(AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_S))


def test_model_that_writes_nonsense_is_repaired(
    monkeypatch: pytest.MonkeyPatch, random_weights: Path
) -> None:
    page = fill(embedded_page(monkeypatch, random_weights), weeks=6)
    assert len(weeks_shown(page)) == 6
    assert not [warning for warning in page.warning if "could not be started" in warning.value]
    assert any("of 6 weeks" in text.value for text in page.caption)


@pytest.mark.parametrize("weights", sorted((ROOT / "models").glob("*/*.gguf")), ids=str)
def test_shipped_model_writes_the_plan(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    page = fill(embedded_page(monkeypatch, weights), name="Alex", weeks=12)
    assert len(weeks_shown(page)) == 12
    assert any("written by the model" in text.value for text in page.caption)
