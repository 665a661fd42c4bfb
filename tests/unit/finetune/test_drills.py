import random
from collections import Counter
from itertools import pairwise

from finetune.drills import Row, drill, outline_rows
from finetune.requests import sample_request
from runplan import coach
from runplan.envelope import build_envelope
from runplan.notation import parse_outline
from runplan.prompts import outline_prompt
from tests.support.plans import make_request

_RNG = random.Random("drills")
REQUESTS = [(sample_request(_RNG, lambda _: ""), number) for number in range(40)]


def test_the_numbers_of_a_drill_are_those_of_its_prompt_and_not_of_its_runner() -> None:
    envelope = build_envelope(make_request(weeks=16))
    drilled = drill(envelope, random.Random(1))
    assert [week.phase for week in drilled.weeks] == [week.phase for week in envelope.weeks]
    distances = [week.distances for week in drilled.weeks]
    assert all(len(values) == 1 for values in distances)
    assert len(set(distances)) > 10
    targets = coach.write_outline(drilled, 1)
    lines = outline_prompt(drilled, targets)[-1]["content"].splitlines()[-16:]
    assert [float(line.split()[2]) for line in lines] == [values[0] for values in distances]


def test_rows_are_outlines_inside_their_envelopes_named_and_repeatable() -> None:
    dropped: Counter[str] = Counter()
    rows = list(outline_rows(REQUESTS, 0.5, 1, dropped))
    assert rows == list(outline_rows(REQUESTS, 0.5, 1, Counter()))
    assert len(rows) == len(REQUESTS) - dropped.total()
    for row in rows:
        *prompt, answer = row["messages"]
        asked = prompt[-1]["content"].splitlines()
        written = parse_outline(answer["content"])
        assert [str(line.number) for line in written] == [
            line.split()[0] for line in asked[-len(written) :]
        ]


def test_no_drills_and_nothing_but_drills() -> None:
    request_rows = list(outline_rows(REQUESTS, 0.0, 1, Counter()))
    drills = list(outline_rows(REQUESTS, 1.0, 1, Counter()))

    def leaps(rows: list[Row]) -> int:
        """Weeks of more than twice the week before."""
        found = 0
        for row in rows:
            lines = parse_outline(row["messages"][-1]["content"])
            found += sum(b.distance > 2 * a.distance for a, b in pairwise(lines))
        return found

    assert leaps(request_rows) == 0
    assert leaps(drills) > 30
