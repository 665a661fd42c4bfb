"""The page in a real browser. Without Chromium these tests are skipped."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.serving import CHROMIUM, FLAGS, running_app

# Generous: the machine may be busy with the other tests.
TIMEOUT_MS = 60_000
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, written by the coach: what the page does is the same for any model."""
    yield from served(tmp_path_factory, RUNPLAN_BACKEND="coach")


@pytest.fixture(scope="session")
def model_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app with the shipped model: only that one reads details."""
    yield from served(tmp_path_factory)


def served(tmp_path_factory: pytest.TempPathFactory, **environment: str) -> Iterator[str]:
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with running_app(log, **environment) as url:
        yield url
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: nothing was tried in a browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(params=["desktop"])
def page(browser: Browser, app_url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page as first opened. Parameter: `desktop` (default) or `phone`."""
    width = {"desktop": 1280, "phone": 390}[request.param]
    with opened(browser, app_url, width) as page:
        yield page


@pytest.fixture
def model_page(browser: Browser, model_url: str) -> Iterator[Page]:
    """As `page`, with the shipped model at work."""
    with opened(browser, model_url, 1280) as page:
        yield page


@contextmanager
def opened(browser: Browser, url: str, width: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    outside: list[str] = []
    local = (url, "data:", "blob:")
    page.on("request", lambda sent: sent.url.startswith(local) or outside.append(sent.url))
    page.goto(url)
    # The kinds of input arrive one by one.
    for role in ("textbox", "combobox", "slider"):
        page.get_by_role(role).last.wait_for()
    yield page
    context.close()
    assert errors == []
    assert outside == [], "the page works offline"
