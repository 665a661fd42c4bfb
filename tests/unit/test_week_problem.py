"""When a written week must be repaired."""

from dataclasses import replace

import pytest

from runplan import coach
from runplan.checks import week_problem
from runplan.drafts import Blocks, SessionDraft, WeekDraft, draft_kinds
from runplan.envelope import WeekEnvelope, build_envelope, week_envelope
from tests.support.plans import make_request


def easy_week() -> tuple[WeekDraft, WeekEnvelope]:
    """A beginner's first week: easy runs and a long one."""
    envelope = build_envelope(make_request())
    line = replace(coach.write_outline(envelope, 1)[0], focus="easy")
    return coach.write_week(envelope, line, 1), week_envelope(envelope, line)


def problem_with(note: str) -> str | None:
    draft, week = easy_week()
    return week_problem(replace(draft, note=note), week)


@pytest.mark.parametrize(
    "note",
    [
        "Keep it calm, {name}.",
        "Run easy and enjoy the long run on Sunday.",
        "{name}, let the watch mind its own business; talk as you run.",
        "Bleib locker – ganz ruhig, {name}.",
    ],
)
def test_good_notes(note: str) -> None:
    assert problem_with(note) is None


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ("", "too short"),
        ("Go!", "too short"),
        ("{name}, keep it calm and steady, {name}.", "the name twice"),
        ("Let the mending hamstring have its way.", "hamstring, which the details have not"),
        ("You are halfway to the race already.", "halfway"),
        ("Keep it calm. " * 15, "longer than"),
        ("Run for 30 minutes and relax.", "digits"),
        ("Keep it calm, {name.", "braces"),
        ("Keep it calm, {runner}.", "braces"),
        ("Keep it calm, }name{.", "braces"),
        ("Keep it very very very calm.", "repeats a word"),
        ("Keep calm and keep calm and keep calm.", "repeats itself"),
        ("Relax in the tempo and breathe.", "speaks of tempo"),
        ("Short steps in the hill repeats, {name}.", "speaks of hard, hills"),
        ("Enjoy race day with a smile.", "speaks of race"),
        ("You taper now, so rest well.", "speaks of taper"),
        ("This is a recovery week, so rest.", "speaks of cutback"),
    ],
)
def test_bad_notes(note: str, problem: str) -> None:
    assert problem in (problem_with(note) or "")


def test_sessions_outside_the_envelope_come_first() -> None:
    draft, week = easy_week()
    assert "instead of" in (week_problem(replace(draft, sessions=draft.sessions[1:]), week) or "")


def test_what_a_note_may_speak_of() -> None:
    sessions = (
        SessionDraft("Tue", "easy", 5.0, strides=4),
        SessionDraft("Thu", "long", 9.0, blocks=Blocks(8, 2.0, "min", 1.0)),
        SessionDraft("Sun", "long", 20.0, finish=4.0),
    )
    assert draft_kinds(sessions) == {"easy", "long", "strides", "finish", "runwalk"}
