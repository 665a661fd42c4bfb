import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan import coach, notation
from runplan.drafts import Blocks, OutlineLine, SessionDraft, WeekDraft
from runplan.envelope import build_envelope, week_envelope
from runplan.errors import NotationError
from runplan.plan import PHASES
from runplan.request import DAYS, PlanRequest
from tests.support.gbnf import Grammar
from tests.support.plans import make_request
from tests.support.strategies import requests

WHOLE_OR_HALF = st.integers(1, 300).map(lambda halves: halves / 2)
BLOCKS = st.builds(
    Blocks,
    st.integers(1, 30),
    WHOLE_OR_HALF,
    st.sampled_from(("s", "min", "m", "km", "mi")),
    st.none() | WHOLE_OR_HALF,
)
SESSIONS = st.builds(
    SessionDraft,
    st.sampled_from(DAYS),
    st.sampled_from(("easy", "long", "tempo", "hills", "runwalk", "race")),
    st.none() | WHOLE_OR_HALF,
    st.integers(0, 10),
    st.just(0.0) | WHOLE_OR_HALF,
    st.none() | BLOCKS,
    st.none(),
)
NOTES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Nd", "Cc", "Cs", "Zl", "Zp", "Zs")),
    min_size=1,
    max_size=150,
)
LINES = st.builds(
    OutlineLine,
    st.integers(1, 24),
    st.sampled_from(PHASES),
    WHOLE_OR_HALF,
    st.none() | WHOLE_OR_HALF,
    st.sampled_from(notation.FOCUSES),
)


@given(st.lists(SESSIONS, max_size=7), NOTES)
def test_a_printed_week_is_read_back(sessions: list[SessionDraft], note: str) -> None:
    week = WeekDraft(tuple(sessions), note)
    assert notation.parse_week(notation.print_week(week)) == week


@given(st.lists(LINES, max_size=24))
def test_a_printed_outline_is_read_back(lines: list[OutlineLine]) -> None:
    assert notation.parse_outline(notation.print_outline(lines)) == tuple(lines)


@given(BLOCKS)
def test_printed_blocks_are_read_back(blocks: Blocks) -> None:
    assert notation.parse_blocks(str(blocks)) == blocks


def test_the_notation_as_documented() -> None:
    week = notation.parse_week(
        "Tue easy 5 strides 4\nThu hills 6: 8x45s\nWed strength 20min\nSun long 24 finish 5\n"
        "Note Short steps uphill, {name}."
    )
    assert week.sessions == (
        SessionDraft("Tue", "easy", 5.0, strides=4),
        SessionDraft("Thu", "hills", 6.0, blocks=Blocks(8, 45.0, "s")),
        SessionDraft("Wed", "strength", minutes=20),
        SessionDraft("Sun", "long", 24.0, finish=5.0),
    )
    assert week.note == "Short steps uphill, {name}."
    assert notation.parse_outline("1 base 24 long 8 hills\n12 taper 14 race") == (
        OutlineLine(1, "base", 24.0, 8.0, "hills"),
        OutlineLine(12, "taper", 14.0, None, "race"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tue easy 5",
        "Tue easy 5\nNote ",
        "Note Run 5 km on Tuesday.",
        f"Note {'a' * 201}",
        "Tuesday easy 5\nNote Keep it calm.",
        "Tue swim 2\nNote Keep it calm.",
        "Tue easy five\nNote Keep it calm.",
        "Tue easy 5 km\nNote Keep it calm.",
        "Tue intervals 8: 5 x 800m\nNote Keep it calm.",
        "Tue intervals 8: 5x800\nNote Keep it calm.",
        "Tue easy 5 strides\nNote Keep it calm.",
        "Note Keep it calm.\nTue easy 5",
        "Here is your week:\nTue easy 5\nNote Keep it calm.",
    ],
)
def test_what_is_not_a_week_is_refused(text: str) -> None:
    with pytest.raises(NotationError):
        notation.parse_week(text)


@pytest.mark.parametrize(
    "text",
    [
        "base 24 long 8 hills",
        "1 base 24",
        "1 warm 24 long 8 hills",
        "1 base 24 long 8 swimming",
        "Week 1",
    ],
)
def test_what_is_not_an_outline_is_refused(text: str) -> None:
    with pytest.raises(NotationError):
        notation.parse_outline(text)


@settings(max_examples=40)
@given(requests(), st.integers(0, 10**6))
def test_texts_of_the_grammars_parse_and_fit(request_: PlanRequest, seed: int) -> None:
    rng = random.Random(seed)
    envelope = build_envelope(request_)
    lines = notation.parse_outline(Grammar(notation.outline_grammar(envelope)).sample(rng))
    assert notation.outline_fits(lines, envelope) is None
    for line in rng.sample(lines, 2):
        week = week_envelope(envelope, line)
        text = Grammar(notation.week_grammar(week)).sample(rng)
        problem = notation.week_fits(notation.parse_week(text), week)
        # All but the sum, which no grammar can hold.
        assert problem is None or problem.startswith("adds up to")


@settings(max_examples=40)
@given(requests(), st.integers(0, 10**6))
def test_the_grammars_accept_what_the_coach_writes(request_: PlanRequest, seed: int) -> None:
    envelope = build_envelope(request_)
    lines = coach.write_outline(envelope, seed)
    assert Grammar(notation.outline_grammar(envelope)).accepts(notation.print_outline(lines))
    for line in (lines[0], lines[len(lines) // 2], lines[-1]):
        draft = coach.write_week(envelope, line, seed)
        grammar = Grammar(notation.week_grammar(week_envelope(envelope, line)))
        assert grammar.accepts(notation.print_week(draft))


def test_the_grammar_refuses_another_day_distance_or_a_digit_in_the_note() -> None:
    envelope = build_envelope(make_request())
    line = coach.write_outline(envelope, 1)[0]
    text = notation.print_week(coach.write_week(envelope, line, 1))
    grammar = Grammar(notation.week_grammar(week_envelope(envelope, line)))
    assert grammar.accepts(text)
    assert not grammar.accepts(text.replace("Tue", "Mon", 1))
    assert not grammar.accepts(text.replace("easy ", "easy 4", 1))
    assert not grammar.accepts(text + " 7")
    assert not grammar.accepts(text.split("\n", 1)[1])


def fitting_week() -> tuple[WeekDraft, object]:
    envelope = build_envelope(make_request(level="intermediate", weekly_distance=30))
    line = coach.write_outline(envelope, 1)[3]
    return coach.write_week(envelope, line, 1), week_envelope(envelope, line)


def test_week_fits_says_what_is_wrong() -> None:
    draft, week = fitting_week()
    first, *rest = draft.sessions
    wrong = {
        "instead of": (*rest,),
        "in this order": (SessionDraft(first.day, "reps", 5.0), *rest),
        "out of range": (
            *draft.sessions[:-1],
            SessionDraft(draft.sessions[-1].day, draft.sessions[-1].kind, 99.0),
        ),
    }
    for message, sessions in wrong.items():
        problem = notation.week_fits(WeekDraft(sessions, draft.note), week)  # type: ignore[arg-type]
        assert problem is not None
        assert message in problem


def test_outline_fits_says_what_is_wrong() -> None:
    envelope = build_envelope(make_request())
    lines = coach.write_outline(envelope, 1)
    assert "has weeks" in (notation.outline_fits(lines[:-1], envelope) or "")
    far = OutlineLine(1, lines[0].phase, 90.0, lines[0].long, lines[0].focus)
    assert "week 1 is out of range" in (notation.outline_fits((far, *lines[1:]), envelope) or "")
