import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from runplan.request import DAYS

SUBMIT = "Generate Training Plan"
HOSTILE = (
    "![x](http://example.org/x.png) <img src=http://example.org/y.png> [a](http://example.org) "
    "https://example.org www.example.org a@example.org :smile: :material/home: **b** $x$"
)
NAME = "[a](http://example.org) <b>"
# The invisible mark that breaks up what would become a link.
JOINER = "\u2060"


def finished(page: Page, weeks: int) -> None:
    """Wait for the whole plan: the download button, every week, and nothing running."""
    expect(page.get_by_role("button", name="Download as Text")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"^Week \d+ "))).to_have_count(weeks)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def submit(page: Page, weeks: int = 12) -> None:
    page.get_by_role("button", name=SUBMIT).click()
    finished(page, weeks)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def slide(page: Page, label: str, steps: int) -> None:
    """Move a slider by keyboard, as someone without a mouse does."""
    thumb = page.get_by_role("slider", name=label)
    thumb.focus()
    for _ in range(abs(steps)):
        thumb.press("ArrowRight" if steps > 0 else "ArrowLeft")


def text_of_download(page: Page, label: str) -> tuple[str, str]:
    """File name and text of a download."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    path = waiting.value.path()
    return waiting.value.suggested_filename, Path(path).read_text()


def week_card(page: Page, number: int) -> Locator:
    heading = page.get_by_role("heading", name=re.compile(rf"^Week {number} "))
    return page.get_by_test_id("stColumn").filter(has=heading).last


def test_plan_is_shown_and_taken_away_whole(page: Page) -> None:
    page.get_by_label("Your Name").fill("Alex")
    choose(page, "Goal Race", "Half Marathon")
    choose(page, "Current Level", "Intermediate")
    slide(page, "Training Duration (weeks)", 4)
    slide(page, "Days per week", 1)
    submit(page, weeks=16)
    for name in ("Training Plan Criteria", "Your Training Plan", "Plan Summary"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text("16 weeks, 5 running days a week")).to_be_visible()
    for number in (1, 8, 16):
        for day in DAYS:
            expect(week_card(page, number).get_by_text(day, exact=True)).to_be_visible()

    name, text = text_of_download(page, "Download as Text")
    assert name == "runplan-half-16-weeks.txt"
    weeks = re.split(r"^Week (\d+)\b", text, flags=re.MULTILINE)
    assert [int(number) for number in weeks[1::2]] == list(range(1, 17))
    for week in weeks[2::2]:
        assert all(re.search(rf"^\s*{day}\b", week, re.MULTILINE) for day in DAYS)
    # The click left the page as it was.
    finished(page, 16)


def test_other_formats_are_offered(page: Page) -> None:
    submit(page)
    page.get_by_role("button", name="More formats").click()
    name, text = text_of_download(page, "JSON")
    assert name == "runplan-10k-12-weeks.json"
    assert json.loads(text)["schema"] == "runplan/1"
    # No race date, no calendar.
    expect(page.get_by_role("button", name="Calendar", exact=True)).to_be_disabled()


def test_form_is_filled_in_and_sent_by_keyboard(page: Page) -> None:
    name = page.get_by_label("Your Name")
    name.focus()
    page.keyboard.type("Kim")
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Goal Race")).to_be_focused()
    name.focus()
    page.keyboard.press("Enter")
    finished(page, 12)
    expect(page.get_by_text("10K training plan for Kim")).to_be_visible()


def test_wrong_input_is_named_and_kept(page: Page) -> None:
    page.get_by_label("Your Name").fill("Sam")
    page.get_by_text("More about you and your race").click()
    goal = page.get_by_role("textbox", name="Goal time")
    goal.fill("fast")
    page.get_by_role("button", name=SUBMIT).click()
    alert = page.get_by_role("alert").filter(has_text="Goal time")
    expect(alert).to_be_visible()
    expect(page.get_by_label("Your Name")).to_have_value("Sam")
    expect(goal).to_have_value("fast")
    goal.fill("50:00")
    submit(page)
    expect(alert).to_have_count(0)
    expect(page.get_by_text("50:00").first).to_be_visible()


def test_race_date_gives_every_session_its_date(page: Page) -> None:
    race_day = date.today() + timedelta(days=200)  # noqa: DTZ011
    page.get_by_text("More about you and your race").click()
    field = page.get_by_test_id("stDateInput")
    field.get_by_role("spinbutton").or_(field.get_by_role("textbox")).first.click()
    page.keyboard.type(race_day.strftime("%Y%m%d"))
    page.keyboard.press("Tab")
    submit(page)
    expect(
        page.get_by_text(f"{race_day:%a} {race_day.day} {race_day:%b} {race_day.year}")
    ).to_be_visible()


def test_text_of_the_runner_is_shown_not_rendered(page: Page) -> None:
    page.get_by_label("Your Name").fill(NAME)
    page.get_by_label("Optional Details").fill(HOSTILE)
    submit(page)
    main = page.get_by_test_id("stMain")
    shown = main.inner_text().replace(JOINER, "")
    assert f"10K training plan for {NAME}" in shown
    assert HOSTILE in shown
    expect(main.locator("img")).to_have_count(0)
    expect(main.locator("a[href]:not([href^='#'])")).to_have_count(0)


def test_details_become_chips_that_can_be_taken_away(model_page: Page) -> None:
    page = model_page
    page.get_by_label("Optional Details").fill("I cannot run on Tuesdays, and it is my first race")
    page.get_by_role("button", name=SUBMIT).click()
    chips = page.get_by_test_id("stButtonGroup").filter(has_text="Deselect what is wrong")
    expect(chips).to_be_visible()
    expect(page.get_by_role("heading", name="Your Training Plan")).to_have_count(0)
    first_race = chips.get_by_role("button", name="First race")
    expect(first_race).to_be_visible()
    first_race.press("Enter")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.get_by_role("button", name="Write my plan with these").click()
    finished(page, 12)
    expect(page.get_by_text("Your first race", exact=True)).to_have_count(0)
    # The same details are not asked about again, and stay as they were confirmed.
    slide(page, "Training Duration (weeks)", -4)
    submit(page, weeks=8)
    expect(chips).to_be_visible()
    expect(page.get_by_text("Your first race", exact=True)).to_have_count(0)
    first_race.press("Enter")
    page.get_by_role("button", name="Write my plan with these").click()
    expect(page.get_by_text("Your first race", exact=True)).to_be_visible()


def test_second_plan_replaces_the_first(page: Page) -> None:
    submit(page)
    slide(page, "Training Duration (weeks)", -4)
    submit(page, weeks=8)
    expect(page.get_by_text("8 weeks, 4 running days a week")).to_be_visible()


@pytest.mark.parametrize("page", ["phone"], indirect=True)
def test_nothing_is_cut_off_on_a_phone(page: Page, tmp_path: Path) -> None:
    page.get_by_text("More about you and your race").click()
    page.get_by_role("spinbutton", name="Maximum heart rate").fill("185")
    submit(page)
    assert page.screenshot(path=tmp_path / "phone.png")
    overflow = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth; }"
    )
    assert overflow <= 0
    wide = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stTable] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert wide == 0
