"""What a runner's free-text details are about: a keyword look-up, not an understanding.

The words are in `topics.toml`. A mention which the text denies ("no knee pain any more") does not
count. Knows nothing of plans or notes.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_DENIED = re.compile(
    r"\b(?:no|without|zero|never (?:had|have)|free of|not an?"
    r"|(?:don'?t|do not|doesn'?t|haven'?t|hasn'?t) (?:have|had|got))"
    r"(?: (?!but|though)[\w/'-]+,?){0,3} ?$"
)
"""What stands before a denied mention: "no", "without any", "never had shin or"."""

_OVER = re.compile(
    r"^(?:(?: (?:pain|problems?|issues?|trouble|injury|thing|soreness))? ?"
    r"(?:is|are|was|'s|has|have|feels?)(?: been)?(?: all| fully| completely| long| totally)? "
    r"(?:gone|healed|fine|ok|okay|better|pain[- ]free)"
    r"(?: now| again| these days| any ?more)?(?=$|[.,;!])"
    r"|(?: (?:pain|problems?|issues?|trouble))? (?:all )?(?:gone|healed)\b)"
)
"""What stands behind a mention which is over: "is fine now"."""

_BREAK = re.compile(r"[.;!?()]|\b(?:but|though|although|except|just|only)\b")


def topics_in(details: str) -> tuple[str, ...]:
    """Topics which a runner's free text speaks of, in the order of their first mention."""
    text = " ".join(details.lower().replace("\u2019", "'").split())
    found: list[tuple[int, str]] = []
    for topic, pattern in _patterns().items():
        for match in pattern.finditer(text):
            if not _denied(text, match):
                found.append((match.start(), topic))
                break
    return tuple(topic for _, topic in sorted(found))


def topic_names() -> tuple[str, ...]:
    """All topics which `topics_in` can tell."""
    return tuple(_patterns())


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    tables = tomllib.loads((files("runplan") / "topics.toml").read_text(encoding="utf-8"))
    return {topic: _pattern(words) for topic, words in tables.items()}


def _pattern(words: str) -> re.Pattern[str]:
    alternatives = [word.strip() for word in re.split(r", |\n", words) if word.strip(" ,")]
    return re.compile("|".join(rf"(?<![\w])(?:{word})(?!\w)" for word in alternatives))


def _denied(text: str, match: re.Match[str]) -> bool:
    before = _BREAK.split(text[: match.start()])[-1]
    return bool(_DENIED.search(before) or _OVER.search(text[match.end() :]))
