"""What a runner's free-text details are about: a keyword look-up, not an understanding.

The words are in `topics.toml`. A mention which the text denies ("no knee pain any more") does not
count. Knows nothing of plans or notes.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

_DENIED = re.compile(
    r"\b(?:no|without|zero|never (?:had|have)|free of|not an?"
    r"|(?:don'?t|do not|doesn'?t|haven'?t|hasn'?t) (?:have|had|got))"
    r"(?: (?!and\b)[\w/'-]+,?){0,3}(?: (?:or|nor)(?: \w+)?)* ?$"
)
"""What stands before a denied mention: "no", "without any", "never had shin or"."""

_LIST = re.compile(r"\b(?:or|nor)\b")

_OVER = re.compile(
    r"^(?:(?: (?:pain|problems?|issues?|trouble|injury|thing|soreness))? ?"
    r"(?:is|are|was|'s|has|have|feels?)(?: been)?(?: all| fully| completely| long| totally)? "
    r"(?:gone|healed|fine|ok|okay|better|pain[- ]free)"
    r"(?: now| again| these days| any ?more)?(?=$|[.,;!])"
    r"|(?: (?:pain|problems?|issues?|trouble))? (?:all )?(?:gone|healed|fine so far)\b)"
)
"""What stands behind an ailment which is over: "is fine now"."""

_AILMENTS = frozenset(
    {"knee", "achilles", "shin", "foot", "back", "hip", "hamstring", "calf", "breathing", "sleep"}
)

_BREAK = re.compile(r"[.;!?()]|\b(?:but|though|although|except|just|only)\b")


@lru_cache(maxsize=1024)
def topics_in(details: str) -> tuple[str, ...]:
    """Topics which a runner's free text speaks of, in the order of their first mention."""
    text = " ".join(details.lower().replace("\u2019", "'").split())
    found: list[tuple[int, str]] = []
    for topic, pattern in _patterns().items():
        matches = list(pattern.finditer(text))
        if topic in _AILMENTS and any(_OVER.search(text[match.end() :]) for match in matches):
            continue
        starts = [match.start() for match in matches if not _denied(text, match)]
        if starts:
            found.append((starts[0], topic))
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
    after = _BREAK.split(text[match.end() :])[0]
    if "," in before and not _LIST.search(before + after[:25]):
        before = before.split(",")[-1]  # "no sprints, hamstring": not a list of what is not there
    return bool(_DENIED.search(before))
