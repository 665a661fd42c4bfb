"""Resident memory; a GPU is not asked for here."""

import sys
from mmap import PAGESIZE, mmap

import pytest

from finetune.memory import peak_mb, reset_peak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can count anew")
SIZE_MB = 100


def hold() -> mmap:
    """Touch so much memory. Asked of the system: Python might take what it holds already."""
    held = mmap(-1, SIZE_MB * 1_000_000)
    for page in range(0, len(held), PAGESIZE):
        held[page] = 1
    return held


def test_a_peak_is_kept_until_it_is_reset() -> None:
    reset_peak()
    before = peak_mb()
    hold().close()
    assert peak_mb() > before + 0.8 * SIZE_MB
    reset_peak()
    assert peak_mb() < before + 0.2 * SIZE_MB


def test_what_is_held_counts_after_a_reset() -> None:
    reset_peak()
    before = peak_mb()
    held = hold()
    reset_peak()
    assert peak_mb() > before + 0.8 * SIZE_MB
    held.close()
