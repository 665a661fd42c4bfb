from hypothesis import given
from hypothesis import strategies as st

from runplan.grid import between, ceil_session, floor_session, grid


def test_the_grid_of_sessions() -> None:
    assert grid(8.6, 11.2) == (8.5, 9, 9.5, 10, 11)
    assert grid(5, 4) == (5,)
    assert (floor_session(9.7), floor_session(10.9)) == (9.5, 10)
    assert (ceil_session(9.6), ceil_session(9.1), ceil_session(10.2)) == (10, 9.5, 11)


@given(st.floats(0.5, 40), st.floats(0, 5), st.floats(0.5, 10), st.floats(0, 30))
def test_between_stays_between(low: float, width: float, least: float, room: float) -> None:
    least = floor_session(least)
    most = least + room
    values = between(low, low + width, least, most)
    assert values
    assert all(values[0] <= value <= most + 1e-9 for value in values)
    assert values == tuple(sorted({*values}))
