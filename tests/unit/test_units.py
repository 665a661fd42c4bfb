import pytest
from hypothesis import given
from hypothesis import strategies as st

from runplan.units import (
    UNITS,
    Units,
    clock,
    from_km,
    metres_per,
    number,
    pace,
    parse_clock,
    round_half,
    round_session,
    to_km,
)


def test_a_mile_is_the_international_one() -> None:
    assert metres_per("mi") == 1609.344
    assert from_km(42.195, "mi") == pytest.approx(26.2188, abs=1e-4)


@given(st.floats(0, 1000), st.sampled_from(UNITS))
def test_conversion_and_back(distance: float, units: Units) -> None:
    assert to_km(from_km(distance, units), units) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("value", "rounded"), [(0, 0), (2.24, 2), (2.25, 2.5), (2.74, 2.5), (2.75, 3), (9.75, 10)]
)
def test_round_half(value: float, rounded: float) -> None:
    assert round_half(value) == rounded


@pytest.mark.parametrize(
    ("value", "rounded"), [(4.3, 4.5), (9.6, 9.5), (9.8, 10), (10.4, 10), (10.5, 11), (11.6, 12)]
)
def test_round_session_is_coarser_from_ten(value: float, rounded: float) -> None:
    assert round_session(value) == rounded


@pytest.mark.parametrize(("value", "text"), [(8.0, "8"), (6.5, "6.5"), (21.1, "21.1")])
def test_number(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.6, "1:00"), (306, "5:06"), (3599.4, "59:59"), (5491, "1:31:31")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_pace_names_its_unit() -> None:
    assert pace(306, "km") == "5:06 /km"
    assert pace(492, "mi") == "8:12 /mi"


@given(st.integers(60, 99 * 3600))
def test_parse_clock_reads_what_clock_writes(seconds: int) -> None:
    assert parse_clock(clock(seconds)) == seconds


def test_minutes_may_run_past_an_hour() -> None:
    assert parse_clock(" 125:00 ") == 7500


@pytest.mark.parametrize(
    "text", ["", "25", "25:0", "25:60", "1:60:00", "a:bc", "-5:00", "1:2:3:4", "5.30"]
)
def test_parse_clock_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_clock(text)
