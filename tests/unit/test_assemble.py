import pytest

from runplan import coach
from runplan.assemble import assemble_plan, assemble_week, personal
from runplan.checks import check
from runplan.constraints import Constraint
from runplan.drafts import SessionDraft, WeekDraft
from runplan.envelope import build_envelope
from runplan.notes import phrases
from runplan.plan import Provenance
from runplan.request import DAYS
from tests.support.coach_plans import coach_plan
from tests.support.plans import make_request

ORIGIN = Provenance("coach", "rules", 1, ())

NAMELESS = [
    ("Keep it easy, {name}.", "Keep it easy."),
    ("{name}, keep it easy.", "Keep it easy."),
    ("{name}! Keep it easy.", "Keep it easy."),
    ("{name}: keep it easy.", "Keep it easy."),
    ("Well done {name}!", "Well done!"),
    ("Short steps, {name}, and walk down.", "Short steps, and walk down."),
    ("Short steps uphill, {name}; walk down.", "Short steps uphill; walk down."),
    ("Easy does it. {name}, walk down.", "Easy does it. Walk down."),
    ("Knee sore? {name}, rest.", "Knee sore? Rest."),
    ("Rest well; {name}, you earned it.", "Rest well; you earned it."),
    ("Rest well: {name}, you earned it.", "Rest well: you earned it."),
    ("Rest well - {name}, you earned it.", "Rest well - you earned it."),
    ("Hi {name} and good luck.", "Hi and good luck."),
    ("Good luck, {name}", "Good luck"),
    ("Listen to {name}'s knee.", "Listen to your knee."),
    ("{name}'s knee needs rest.", "Your knee needs rest."),
    ("No name in here, e.g. none.", "No name in here, e.g. none."),
]


@pytest.mark.parametrize(("note", "expected"), NAMELESS)
def test_without_a_name_the_note_reads_on(note: str, expected: str) -> None:
    assert personal(note, "") == expected


@pytest.mark.parametrize("name", ["Alex", "Zoë", "O’Brien-Smith", r"\1\g<0>", "{name}", "$name"])
def test_the_name_takes_its_place(name: str) -> None:
    assert personal("{name}, slow down.", name) == f"{name}, slow down."
    assert personal("Slow down, {name}, and smile.", name) == f"Slow down, {name}, and smile."
    assert personal("Slow down, {name}.", name) == f"Slow down, {name}."
    assert personal("Slow down.", name) == "Slow down."


@pytest.mark.parametrize("seed", range(5))
def test_the_coachs_notes_read_well_without_a_name(seed: int) -> None:
    request = make_request(
        name="", level="intermediate", race="half", weeks=24, details="sore knee"
    )
    for week in coach_plan(request, seed).weeks:
        note = week.note
        assert note[0].isupper()
        assert "{" not in note
        for odd in (" ,", " .", ",,", ",.", ".,", "?,", "  ", ", ,"):
            assert odd not in note


def test_every_phrase_can_lose_its_name() -> None:
    for phrase in phrases():
        for note in (f"{{name}}, {phrase}.", f"{phrase}, {{name}}."):
            assert "{" not in personal(note, "")


def test_distances_are_sums() -> None:
    for week in coach_plan(make_request(level="advanced", race="marathon", weeks=16)).weeks:
        total = sum(session.distance or 0.0 for session in week.sessions)
        assert week.distance == pytest.approx(total, abs=0.051)
        assert week.distance == round(week.distance, 1)


def test_a_week_keeps_order_number_and_phase() -> None:
    envelope = build_envelope(make_request(name="Kim"))
    line = coach.write_outline(envelope, 1)[2]
    draft = WeekDraft(
        (SessionDraft("Tue", "easy", 5.5), SessionDraft("Thu", "cross", minutes=40)),
        "Steady, {name}.",
    )
    week = assemble_week(envelope, line, draft)
    assert (week.number, week.phase, week.distance) == (3, line.phase, 5.5)
    assert week.note == "Steady, Kim."
    assert [(session.day, session.kind) for session in week.sessions] == [
        ("Tue", "easy"),
        ("Thu", "cross"),
    ]
    assert week.sessions[1].duration_min == 40


def test_lines_and_drafts_must_match() -> None:
    envelope = build_envelope(make_request())
    lines = coach.write_outline(envelope, 1)
    with pytest.raises(ValueError, match="shorter"):
        assemble_plan(envelope, lines, [], ORIGIN)


def test_the_plan_holds_request_paces_and_origin() -> None:
    request = make_request()
    plan = coach_plan(request)
    assert plan.request == request
    assert plan.paces == build_envelope(request).paces.zones
    assert plan.provenance.weeks == ("coach",) * 8
    assert plan.findings == ()


def others(**changes: object) -> list[list[tuple[str, str, int | None]]]:
    """Cross-training and strength of each week: day, kind, minutes."""
    plan = coach_plan(make_request(weeks=8, **changes))
    return [
        [(s.day, s.kind, s.duration_min) for s in week.sessions if s.kind in ("cross", "strength")]
        for week in plan.weeks
    ]


CROSS, STRENGTH = Constraint("cross_training"), Constraint("strength")


def test_nothing_beside_running_unless_asked_for() -> None:
    assert others() == [[]] * 8


def test_strength_twice_and_cross_training_after_the_long_run() -> None:
    weeks = others(level="advanced", constraints=(STRENGTH, CROSS))
    usual = [("Mon", "cross", 40), ("Wed", "strength", 30), ("Fri", "strength", 30)]
    assert weeks[0] == usual
    assert weeks[3] == [("Mon", "cross", 30), ("Wed", "strength", 20), ("Fri", "strength", 20)]
    assert weeks[-1] == []


def test_beginners_keep_a_day_of_rest() -> None:
    assert others(constraints=(STRENGTH,))[0] == [("Mon", "strength", 20), ("Wed", "strength", 20)]
    assert others(constraints=(STRENGTH, Constraint("avoid_day", "Wed")))[0] == [
        ("Mon", "strength", 20),
        ("Fri", "strength", 20),
    ]
    assert others(days_per_week=6, constraints=(STRENGTH,)) == [[]] * 8


def test_one_spare_day_serves_both_in_turn() -> None:
    weeks = others(days_per_week=6, level="advanced", constraints=(STRENGTH, CROSS))
    assert [week[0][1] for week in weeks[:4]] == ["strength", "cross", "strength", "cross"]
    assert all(len(week) == 1 for week in weeks[:-1])


def test_the_time_limit_holds_beside_running_too() -> None:
    limit = Constraint("max_session_min", 25, "weekday")
    assert {m for week in others(constraints=(CROSS, limit)) for _, _, m in week} == {25}


def test_sessions_beside_running_stand_in_their_place_and_count_no_distance() -> None:
    plan = coach_plan(make_request(level="advanced", constraints=(STRENGTH, CROSS)))
    assert check(plan) == ()
    for week in plan.weeks:
        days = [session.day for session in week.sessions]
        assert days == sorted(days, key=DAYS.index)
        assert len(set(days)) == len(days)
        assert week.distance == pytest.approx(
            sum(s.distance or 0 for s in week.sessions), abs=0.051
        )
        for session in week.sessions:
            assert (session.distance is None) == (session.kind in ("cross", "strength"))
            assert f"{session.duration_min} min" in session.text or session.distance
