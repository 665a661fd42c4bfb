import random
from collections import Counter
from itertools import pairwise

from finetune.drills import Row, drill, outline_rows
from runplan.envelope import build_envelope
from runplan.notation import parse_outline
from runplan.prompts import outline_prompt
from tests.support.plans import make_request


def test_the_numbers_of_a_drill_are_those_of_its_prompt_and_not_of_its_runner() -> None:
    envelope = build_envelope(make_request(weeks=16))
    drilled = drill(envelope, random.Random(1))
    assert [week.phase for week in drilled.weeks] == [week.phase for week in envelope.weeks]
    distances = [week.distances for week in drilled.weeks]
    assert all(len(values) == 1 for values in distances)
    assert len(set(distances)) > 10
    lines = outline_prompt(drilled)[-1]["content"].splitlines()[-16:]
    assert [float(line.split()[2]) for line in lines] == [values[0] for values in distances]


def test_rows_are_outlines_inside_their_envelopes_named_and_repeatable() -> None:
    dropped: Counter[str] = Counter()
    rows = list(outline_rows(40, 0.5, "test", dropped))
    assert rows == list(outline_rows(40, 0.5, "test", Counter()))
    assert len(rows) == len(dict(rows)) == 40 - dropped.total()
    for _, row in rows:
        *prompt, answer = row["messages"]
        asked = prompt[-1]["content"].splitlines()
        written = parse_outline(answer["content"])
        assert [str(line.number) for line in written] == [
            line.split()[0] for line in asked[-len(written) :]
        ]


def test_no_drills_and_nothing_but_drills() -> None:
    request_rows = [row for _, row in outline_rows(30, 0.0, "test", Counter())]
    drills = [row for _, row in outline_rows(30, 1.0, "test", Counter())]

    def leaps(rows: list[Row]) -> int:
        """Weeks of more than twice the week before."""
        found = 0
        for row in rows:
            lines = parse_outline(row["messages"][-1]["content"])
            found += sum(b.distance > 2 * a.distance for a, b in pairwise(lines))
        return found

    assert leaps(request_rows) == 0
    assert leaps(drills) > 30
