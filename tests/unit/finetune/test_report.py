"""One report of several runs: complete, self-contained, honest about what is missing."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from finetune.files import read_json, write_json
from finetune.report import compare, general
from tests.support.finished_run import write_finished_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    write_finished_run(folder / "nano", week_valid_free=0.875, outline_valid_free=0.85)
    newer = {"chat_perplexity": 52.5, "file_same_tokens": 0.96875, "file_perplexity_change": -0.01}
    wide = write_finished_run(folder / "wide", week_valid_free=0.75, nll=1.125, **newer)
    memory = {"base": 900.0, "lora": 800.0, "evaluate": 1200.0}
    figures = {"forgetting": 0.25, "peak_memory_mb": memory, "chat": "general_chat.jsonl"}
    write_json(wide / "metrics.json", read_json(wide / "metrics.json") | figures)
    return folder


@pytest.fixture(scope="module")
def out(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "comparison"
    assert compare([runs / "nano", runs / "wide"], folder) == folder / "report.html"
    return folder


def rows(markdown: str) -> dict[str, list[str]]:
    """Cells by the first of their row; of several with one name, the first."""
    found: dict[str, list[str]] = {}
    for line in re.findall(r"^\| (.*) \|$", markdown, re.MULTILINE):
        name, *cells = line.split(" | ")
        found.setdefault(name, cells)
    return found


def test_figures_stand_side_by_side_and_the_best_stands_out(out: Path) -> None:
    text = (out / "report.md").read_text()
    table = rows(text)
    # The base is one and the same for both runs.
    assert "\n| | base | nano, tuned | wide, tuned |\n" in text
    assert table["Weeks valid, free"] == ["62.5 %", "**87.5 %**", "75.0 %"]
    assert table["Loss, nats per token of the coach’s text"] == ["1.250", "1.250", "**1.125**"]
    assert table["Weeks valid, with grammar"] == ["75.0 %"] * 3
    assert table["Wishes in free texts, recall"] == ["87.5 %"] * 3
    assert table["base: weights trained"] == ["5,000,000", "5,000,000"]


def test_newer_figures_stand_beside_runs_that_lack_them(out: Path) -> None:
    table = rows((out / "report.md").read_text())
    assert table["Perplexity on general chat"] == ["–", "–", "52.5"]
    assert table["Greedy tokens as before quantisation"] == ["–", "–", "96.9 %"]
    assert table["Rise of the perplexity by quantisation"] == ["–", "–", "-1.0 %"]
    assert table["Rise of the perplexity on general chat by tuning"] == ["–", r"25\.0 %"]
    assert table["evaluate: peak memory"] == ["–", "1,200 MB"]
    assert table["lora: peak memory"] == ["–", "800 MB"]


def test_reasons_are_added_up(out: Path) -> None:
    table = rows((out / "report.md").read_text())
    assert table["outline: has weeks …"] == ["10", "10", "10"]
    assert table["week: adds up to n …"] == ["5", "5", "5"]


def test_the_verdict_names_the_bar(out: Path) -> None:
    text = (out / "report.md").read_text()
    assert "nano: without the grammar the tuned model writes 88 % of the weeks" in text
    assert text.count("It reaches the bar") == text.count("It does not reach the bar") == 1


class Page(HTMLParser):
    """Collects addresses, and counts elements."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.count: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        self.addresses += [
            value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}
        ]


def test_the_page_needs_nothing_else(out: Path) -> None:
    page = Page()
    page.feed((out / "report.html").read_text())
    assert [address for address in page.addresses if not address.startswith("#")] == []
    assert page.count["svg"] == 3
    assert "script" not in page.count


def test_plots_of_the_markdown_are_files_beside_it(out: Path) -> None:
    html = MarkdownIt().enable("table").render((out / "report.md").read_text())
    pictures = re.findall(r'<img src="([^"]+)"', html)
    assert pictures == ["valid.svg", "curve-base.svg", "curve-tuned.svg"]
    for picture in pictures:
        assert ET.parse(out / picture).getroot().tag.endswith("svg")


def test_every_model_writes_the_same_plans(out: Path) -> None:
    text = (out / "report.md").read_text()
    assert text.count("\n| | coach | base | nano, tuned | wide, tuned |\n") == 2
    coach, *models = rows(text)["Outline"]
    assert coach.startswith("1 base")
    # Random weights write no outline.
    assert len(models) == 3
    assert all(model.startswith("✗") for model in models)


def test_what_is_missing_is_left_out_and_named(runs: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(runs / "nano" / "stages", bare / "stages")
    compare([bare], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "- bare has not been evaluated; it kept no training curves; it has no GGUF" in text
    assert "## Figures" not in text
    assert "## The same plans by each" not in text
    assert "![" not in text
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.md", "report.html"}


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    folder = write_finished_run(tmp_path / "<script>alert(1)</script>".replace("/", "|"))
    shutil.rmtree(folder / "gguf")
    write_json(folder / "curves" / "base.json", {"log_history": []})
    page = compare([folder], tmp_path / "out").read_text()
    assert "<script" not in page


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("has weeks [1, 2,", "has weeks …"),
        ("week 12 is out", "week n is out …"),
        ("adds up to 14.5", "adds up to n …"),
        ("runs on Tue, Thu,", "runs on …"),
        ("not an outline line", "not an outline line …"),
    ],
)
def test_reasons_lose_what_differs_from_text_to_text(reason: str, said: str) -> None:
    assert general(reason) == said
