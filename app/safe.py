"""Text from a runner or a model, made harmless where Streamlit renders Markdown.

Backslashes stop Markdown itself. Links, emoji and icons are found by Streamlit in the text that is
left after that, so their beginnings are broken up with an invisible word joiner.
"""

import re

_WORD_JOINER = "\u2060"
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
# `://`, `www.` and `a@b` start links, `:name` an emoji or an icon; `->` and the like turn into arrows.
_STARTS = re.compile(
    r":(?=//|[A-Za-z+-])|(?<=\w)@(?=\w)|\bwww(?=\.)|[<>~=-](?=[<>=-])", re.IGNORECASE
)
_BREAKS = re.compile(r"[\r\n\t]+")
# Marks that turn the direction of the text around them.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """`text` as Markdown that shows exactly its characters: no links, images, HTML or icons."""
    text = _BREAKS.sub(" ", _DIRECTION.sub("", text))
    text = _STARTS.sub(lambda match: match.group() + _WORD_JOINER, text)
    return _PUNCTUATION.sub(lambda match: "\\" + match.group(), text)
