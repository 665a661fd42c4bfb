"""Texts that were there before, word for word or nearly.

Texts are compared by their three-word pieces, in any order: the share of pieces that two have in
common (Jaccard), estimated by MinHash. It knows nothing of meaning: a paraphrase is another text.
"""

import unicodedata
from typing import Literal

import xxhash
from datasketch import MinHash, MinHashLSH

NEAR = 0.8
"""The share of common pieces from which two texts count as nearly the same."""
_WORDS = 3
# With 128 hashes the estimate is good to about 0.035. 16 bands of 8 find 95 % of pairs at 0.8 and all
# but one in 7,000 at 0.9; what they find below 0.8 the estimate sorts out.
_BANDS, _ROWS = 16, 8

Repeat = Literal["duplicate", "near duplicate"]


class Seen:
    """The texts so far."""

    def __init__(self) -> None:
        self._exact: set[int] = set()
        self._near = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
        self._sketches: list[MinHash] = []
        # Copied for each text, which spares drawing the hash functions anew.
        self._blank = MinHash(_BANDS * _ROWS, hashfunc=xxhash.xxh32_intdigest)

    def add(self, text: str, *, always: bool = False) -> Repeat | None:
        """Take a text in, unless it was there before; then say how (and take it in if `always`)."""
        text = normal(text)
        mark = xxhash.xxh3_128_intdigest(text.encode())
        if mark in self._exact:
            return "duplicate"
        sketch = self._sketch(text)
        near = any(
            self._sketches[found].jaccard(sketch) >= NEAR for found in self._near.query(sketch)
        )
        if always or not near:
            self._exact.add(mark)
            self._near.insert(len(self._sketches), sketch, check_duplication=False)
            self._sketches.append(sketch)
        return "near duplicate" if near else None

    def _sketch(self, text: str) -> MinHash:
        words = text.split()
        pieces = {
            " ".join(words[at : at + _WORDS]) for at in range(max(1, len(words) - _WORDS + 1))
        }
        sketch = self._blank.copy()
        sketch.update_batch([piece.encode() for piece in pieces])
        return sketch


def normal(text: str) -> str:
    """The text without differences of case, space or Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
