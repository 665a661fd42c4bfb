"""Further outlines to learn from: of more requests, and drills, whose numbers are drawn at random.

From race, level and week a model can guess a week's distance nearly; what it must learn is to find
it in the prompt. The numbers of a drill cannot be guessed.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from runplan import coach, notation
from runplan.drafts import OutlineLine
from runplan.envelope import Envelope, WeekRange, build_envelope
from runplan.focuses import EASY_FOCUSES
from runplan.grid import grid
from runplan.plan import HARD_KINDS
from runplan.prompts import outline_prompt
from runplan.request import PlanRequest

# In the runner's unit.
WEEK_DISTANCES, LONG_RUNS = range(4, 131), grid(2.0, 36.0)
MOST_FOCUSES = 4

Row = dict[str, Any]


def outline_rows(
    requests: Iterable[tuple[PlanRequest, int]],
    drill_share: float,
    seed: int,
    dropped: Counter[str],
) -> Iterator[Row]:
    """Outline rows of requests with their seeds; `drill_share` of them drills."""
    rng = random.Random(f"drills {seed}")
    for request, number in requests:
        envelope = build_envelope(request)
        if rng.random() < drill_share:
            envelope = drill(envelope, rng)
            lines = tuple(_copied(week, rng) for week in envelope.weeks)
        else:
            lines = coach.write_outline(envelope, number)
        if notation.outline_fits(lines, envelope) is not None:
            dropped["outline leaves the envelope"] += 1
            continue
        answer = {"role": "assistant", "content": notation.print_outline(lines)}
        messages = [*outline_prompt(envelope, lines), answer]
        yield {"task": "outline", "week": 0, "messages": messages}


def drill(envelope: Envelope, rng: random.Random) -> Envelope:
    """The envelope with one distance, one long run and some focuses at random in each week."""
    return replace(envelope, weeks=tuple(_drilled(week, rng) for week in envelope.weeks))


def _drilled(week: WeekRange, rng: random.Random) -> WeekRange:
    distances = (float(rng.choice(WEEK_DISTANCES)),)
    if not week.longs:
        return replace(week, distances=distances)
    focuses = tuple(rng.sample((*EASY_FOCUSES, *HARD_KINDS), rng.randint(1, MOST_FOCUSES)))
    return replace(week, distances=distances, longs=(rng.choice(LONG_RUNS),), focuses=focuses)


def _copied(week: WeekRange, rng: random.Random) -> OutlineLine:
    long = week.longs[0] if week.longs else None
    return OutlineLine(week.number, week.phase, week.distances[0], long, rng.choice(week.focuses))
