import pytest

from app.safe import plain

JOINER = "\u2060"


def shown(markdown: str) -> str:
    """What is left when Markdown has taken its backslashes."""
    return markdown.replace("\\", "").replace(JOINER, "")


@pytest.mark.parametrize(
    "text",
    [
        "Easy, then 4 strides of 20 s!",
        "![x](http://example.org/x.png) [a](http://example.org) <img src=x> **b** `c`",
        "https://example.org www.example.org a@example.org",
        ":smile: :material/home: :red[x] $x$ 1:45:00 -> 5:06 /km",
    ],
)
def test_characters_stay(text: str) -> None:
    assert shown(plain(text)) == text


def test_every_punctuation_mark_is_escaped() -> None:
    assert plain("[a](b)") == r"\[a\]\(b\)"


@pytest.mark.parametrize(
    "start", ["http://", "HTTPS://", "www.", "a@b", ":smile", ":material/home:", "->"]
)
def test_starts_of_links_icons_and_arrows_are_broken_up(start: str) -> None:
    assert start not in plain(start).replace("\\", "")


def test_times_stay_in_one_piece() -> None:
    assert JOINER not in plain("1:45:00 at 5:06 /km")


def test_lines_are_joined_and_direction_marks_dropped() -> None:
    assert plain("a\n\n# b\u202ec") == r"a \# bc"
