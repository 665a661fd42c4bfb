from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runplan.exports import export
from runplan.exports.markdown import escape
from runplan.plan import Plan
from tests.support.plans import NAMES, make_plan, make_request, plans

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What the layout itself uses.
OURS = {"heading", "paragraph", "inline", "bullet_list", "list_item", "table", "thead", "tbody"}
OURS |= {"tr", "th", "td", "text", "strong", "em"}


def flat(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *flat(token.children or []))]


def kinds(markdown: str) -> set[str]:
    ends = "_open", "_close"
    return {
        token.type.removesuffix(ends[0]).removesuffix(ends[1])
        for token in flat(PARSER.parse(markdown))
    }


def shown(markdown: str) -> str:
    return " ".join(token.content for token in flat(PARSER.parse(markdown)) if token.type == "text")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=80))
def test_escaped_text_is_shown_letter_by_letter(text: str) -> None:
    words = " ".join(text.split())
    tokens = PARSER.parse(escape(text))
    if words:
        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        assert "".join(token.content for token in tokens[1].children or []) == words


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "+ a",
        "1. a",
        "1) a",
        "# a",
        "> a",
        "===",
        "---",
        "***",
        "a | b",
        "![i](u)",
        "<b>",
        "&lt;",
    ],
)
def test_markup_is_shown_not_obeyed(text: str) -> None:
    assert kinds(f"- {escape(text)}") == {"bullet_list", "list_item", "paragraph", "inline", "text"}
    assert shown(escape(text)) == text


def test_addresses_do_not_become_links() -> None:
    assert escape("see http://x.y, www.x.y or a@x.y") == r"see http\://x.y, www\.x.y or a\@x.y"


@settings(max_examples=40, deadline=None)
@given(plans())
def test_nothing_of_a_plan_becomes_markup(plan: Plan) -> None:
    assert kinds(export(plan, "markdown").decode()) <= OURS


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_given(name: str) -> None:
    plan = make_plan(make_request(name=name))
    first = flat(PARSER.parse(export(plan, "markdown").decode()))[:2][1]
    title = "".join(token.content for token in first.children or [])
    assert title == ("10K training plan" + (f" for {name}" if name else ""))


def test_every_week_is_a_table_of_seven_days() -> None:
    plan = make_plan(make_request(race_date=date(2027, 4, 25)))
    text = export(plan, "markdown").decode()
    for week in plan.weeks:
        block = text.split(f"### Week {week.number} (")[1].split("###")[0]
        rows = [line for line in block.splitlines() if line.startswith("| ")][2:]
        assert [row[2:5] for row in rows] == list(plan.request.week_order)
