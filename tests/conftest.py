"""Options for the whole test run."""

import pytest
from hypothesis import settings

# Machines with other work are slow at times; a slow example is no failure. The same examples in every
# run, so that a commit passes or fails for what it changes; `--hypothesis-profile explore` draws new ones.
settings.register_profile("project", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="fail the run when any test was skipped"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--no-skips"):
        return
    if skipped := len(reporter.stats.get("skipped", [])):
        reporter.write_line(f"--no-skips: {skipped} tests were skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
