"""What a phrase of the bank of notes, and any note made of such phrases, has to look like."""

import re

from runplan.claims import NAME
from runplan.notes import LONGEST_NOTE, WORDS

_NUMBERS = (
    "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    "|hundred|dozen|twice|thrice|couple|minutes?|seconds?|kms?|kilomet(?:er|re)s?|miles?"
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
_FORBIDDEN = re.compile(
    rf"\b(?:{_NUMBERS}|{_DAYS}|tomorrow|yesterday|next week|this week"
    r"|one (?:more|week|day|run|less))\b",
    re.IGNORECASE,
)
_ALLOWED_CHARACTERS = re.compile(r"[A-Za-z ,.;:!?'-]+")


def form_problems(note: str) -> tuple[str, ...]:
    """What is wrong with a note whatever its week: its length, its characters, counting, days."""
    problems = []
    text = note.replace(NAME, "Xxxxxxxx")
    if len(text) > LONGEST_NOTE:
        problems.append("too long")
    if len(text.split()) not in WORDS:
        problems.append("words")
    if not _ALLOWED_CHARACTERS.fullmatch(text):
        problems.append("characters")
    if _FORBIDDEN.search(text):
        problems.append("counts or dates")
    if note.count(NAME) > 1:
        problems.append("name twice")
    return tuple(problems)
