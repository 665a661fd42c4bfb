import pytest

from runplan.constraints import Constraint
from runplan.envelope import build_envelope
from runplan.focuses import BEGINNER_FOCUSES, FOCUSES, hard_count
from runplan.menus import CATALOGUE
from runplan.plan import HARD_KINDS, PHASES
from runplan.request import RACES
from tests.support.plans import make_request

OTHER = {"easy", "strides"}


def test_every_focus_is_a_kind_that_can_be_written() -> None:
    tables = [BEGINNER_FOCUSES, *FOCUSES.values()]
    assert set(FOCUSES) == set(RACES)
    for table in tables:
        assert set(table) == set(PHASES)
        for focuses in table.values():
            assert set(focuses) <= {*CATALOGUE, "marathon"} | OTHER


def focuses(*wishes: Constraint, **changes: object) -> list[set[str]]:
    values = {"race": "half", "level": "advanced", "weeks": 16, "days_per_week": 5, **changes}
    envelope = build_envelope(make_request(constraints=wishes, **values))
    return [{*week.focuses} for week in envelope.weeks if not week.benchmark][:-1]


def test_no_speedwork_leaves_easy_running() -> None:
    assert all(week == {"easy"} for week in focuses(Constraint("no_speedwork")))


def test_coming_back_begins_with_easy_weeks() -> None:
    weeks = focuses(Constraint("returning", "surgery"))
    assert all(week == OTHER for week in weeks[:4])
    assert any(week & {*HARD_KINDS} for week in weeks[4:])


def test_terrain_moves_the_choice() -> None:
    def share(kind: str, *wishes: Constraint) -> float:
        weeks = focuses(*wishes)
        return sum(kind in week for week in weeks) / len(weeks)

    assert share("hills", Constraint("terrain", "flat")) == 0
    assert share("hills", Constraint("terrain", "hills")) > share("hills")
    assert share("intervals", Constraint("terrain", "track")) >= share("intervals")
    assert focuses(Constraint("terrain", "trail")) == focuses()


@pytest.mark.parametrize("age", [60, 75])
def test_one_hard_session_a_week_for_older_runners(age: int) -> None:
    young, old = (make_request(level="advanced", days_per_week=6, age=years) for years in (30, age))
    assert hard_count(young, 6, "build", False, 60) == 2
    assert hard_count(old, 6, "build", False, 60) == 1
