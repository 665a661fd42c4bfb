import pytest

from runplan import coach
from runplan.checks import week_problem
from runplan.drafts import OutlineLine, WeekDraft
from runplan.envelope import build_envelope, week_envelope
from runplan.request import LEVELS, RACES, Level, PlanRequest, Race
from tests.support.plans import make_request


def write(request: PlanRequest, seed: int) -> tuple[tuple[OutlineLine, ...], list[WeekDraft]]:
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    drafts: list[WeekDraft] = []
    for line in lines:
        drafts.append(coach.write_week(envelope, line, seed, drafts))
    return lines, drafts


ORDINARY = make_request(race="half", level="intermediate", weeks=12, days_per_week=5)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert write(ORDINARY, 7) == write(ORDINARY, 7)


def test_seeds_give_different_plans() -> None:
    outlines = {write(ORDINARY, seed)[0] for seed in range(20)}
    assert len(outlines) >= 18
    first_weeks = {write(ORDINARY, seed)[1][0].sessions for seed in range(20)}
    assert len(first_weeks) >= 12


@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_written_week_needs_no_repair(race: Race, level: Level) -> None:
    request = make_request(
        race=race, level=level, weeks=10, details="my knee is sore, I love hills"
    )
    envelope = build_envelope(request)
    for seed in range(5):
        for line, draft in zip(*write(request, seed), strict=True):
            assert week_problem(draft, week_envelope(envelope, line)) is None


@pytest.mark.parametrize("race", RACES)
@pytest.mark.parametrize("level", LEVELS)
def test_weeks_come_close_to_their_outline(race: Race, level: Level) -> None:
    for seed in range(5):
        lines, drafts = write(make_request(race=race, level=level, weeks=12), seed)
        for line, draft in zip(lines, drafts, strict=True):
            total = sum(session.distance or 0.0 for session in draft.sessions)
            assert total == pytest.approx(line.distance, abs=max(1.5, 0.1 * line.distance))


def test_notes_of_a_plan_differ() -> None:
    for seed in range(5):
        notes = [draft.note for draft in write(ORDINARY, seed)[1]]
        assert len(set(notes)) == len(notes)


def test_neighbouring_weeks_have_different_focuses_where_there_is_a_choice() -> None:
    envelope = build_envelope(ORDINARY)
    for seed in range(10):
        lines = coach.write_outline(envelope, seed)
        for before, line, week in zip(lines, lines[1:], envelope.weeks[1:]):
            assert line.focus != before.focus or len(week.focuses) == 1


def test_the_avoided_week_is_not_written_again() -> None:
    envelope = build_envelope(ORDINARY)
    line = coach.write_outline(envelope, 1)[2]
    first = coach.write_week(envelope, line, 1)
    again = coach.write_week(envelope, line, 1, (first,))
    assert again.sessions != first.sessions
    assert again.note != first.note
