import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.requests import sample_request
from runplan import coach
from runplan.briefs import openings
from runplan.checks import week_problem
from runplan.envelope import build_envelope
from tests.support.plans import make_request


@pytest.mark.parametrize(
    ("note", "begins"),
    [
        ("Warm up well before the hills. Then rest!", ("Warm up well", "Then rest")),
        ("{name}, eat what you know. Sleep!", ("eat what you", "Sleep")),
        ("Run tall, {name}, and easy.", ("Run tall and",)),
        ("", ()),
    ],
)
def test_the_openings_are_the_first_words_without_the_name(
    note: str, begins: tuple[str, ...]
) -> None:
    assert openings(note) == begins


@given(st.integers(0, 10_000))
def test_the_briefs_of_a_plan_can_be_followed_and_differ(seed: int) -> None:
    request = sample_request(random.Random(seed), lambda _: "sore knee, hilly course")
    envelope = build_envelope(request)
    lines = coach.write_outline(envelope, seed)
    briefs = coach.week_briefs(envelope, lines, seed)
    assert briefs == coach.week_briefs(envelope, lines, seed)
    assert len({brief.note for brief in briefs}) == len(briefs)
    for brief, line in zip(briefs, lines, strict=True):
        assert brief.week.line == line
        assert brief.order in brief.week.arrangements
        draft = coach.follow(brief, seed)
        assert week_problem(draft, brief.week) is None
        assert draft.note == brief.note


def test_seeds_ask_for_different_plans() -> None:
    envelope = build_envelope(make_request(weeks=12, days_per_week=5))
    outlines = {
        tuple(line.distance for line in coach.write_outline(envelope, seed)) for seed in range(10)
    }
    assert len(outlines) >= 4
    line = coach.write_outline(envelope, 1)[5]
    asked = [coach.week_brief(envelope, line, seed) for seed in range(10)]
    assert len({brief.order for brief in asked}) >= 2
    assert len({brief.note for brief in asked}) >= 8
