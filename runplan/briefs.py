"""What a week is asked for: its envelope, and what the seed has drawn for its prompt.

Variety between plans comes from here rather than from a model that leaves what it was asked for.
"""

import re
from dataclasses import dataclass

from runplan.claims import NAME
from runplan.ranges import WeekEnvelope

# Words of a sentence that are given: enough to tell what it will say, and easily copied.
OPENING_WORDS = 3

_SENTENCE = re.compile(r"[^.!?]+")


@dataclass(frozen=True)
class WeekBrief:
    """A week to write: `order` is one of its arrangements, `note` what the coach would tell."""

    week: WeekEnvelope
    order: tuple[str, ...]
    note: str

    @property
    def openings(self) -> tuple[str, ...]:
        """How the sentences of the note are to begin."""
        return openings(self.note)


def openings(note: str) -> tuple[str, ...]:
    """The first words of each sentence, the name left out."""
    sentences = (_words(sentence) for sentence in _SENTENCE.findall(note))
    return tuple(" ".join(words[:OPENING_WORDS]) for words in sentences if words)


def _words(sentence: str) -> list[str]:
    return [word.rstrip(",;:") for word in sentence.split() if NAME not in word]
