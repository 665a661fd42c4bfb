"""Take the picture of the README: `python -m tests.browser.picture`.

Uses the backend that RUNPLAN_BACKEND names, or the shipped model.
"""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.serving import CHROMIUM, FLAGS, ROOT, running_app

PICTURE = ROOT / "docs" / "images" / "app.png"
# High enough for the first four weeks; few colours keep the file small.
VIEWPORT, COLOURS = (1160, 2080), 224


def main() -> None:
    """Fill in the form, wait for the plan, save what is seen."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        width, height = VIEWPORT
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url)
        page.get_by_role("slider").last.wait_for()
        fill_in(page)
        page.get_by_role("button", name="Generate Training Plan").click()
        page.get_by_role("button", name="Write my plan with these").click()
        page.get_by_role("button", name="Download as Text").wait_for()
        page.get_by_test_id("stStatusWidget").wait_for(state="detached")
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
        # Fonts and the chart fade in.
        page.wait_for_timeout(2_000)
        seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} kB")


def fill_in(page: Page) -> None:
    page.get_by_label("Your Name").fill("Alex")
    for label, option in (("Goal Race", "Half Marathon"), ("Current Level", "Intermediate")):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option, exact=True).click()
    page.get_by_label("Optional Details").fill("No running on Mondays, and a sore knee")


if __name__ == "__main__":
    main()
