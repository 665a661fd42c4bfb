"""Resident memory; a GPU is not asked for here."""

import sys

import pytest

from finetune.memory import peak_mb, reset_peak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can count anew")
SIZE_MB = 100


def hold() -> None:
    """Touch so much memory, and give it back."""
    bytearray(b"x") * (SIZE_MB * 1_000_000)


def test_a_peak_is_kept_until_it_is_reset() -> None:
    reset_peak()
    before = peak_mb()
    hold()
    assert peak_mb() > before + 0.8 * SIZE_MB
    reset_peak()
    assert peak_mb() < before + 0.2 * SIZE_MB


def test_what_is_held_counts_after_a_reset() -> None:
    reset_peak()
    before = peak_mb()
    held = bytearray(b"x") * (SIZE_MB * 1_000_000)
    reset_peak()
    assert peak_mb() > before + 0.8 * SIZE_MB
    assert held
