"""Rows which teach the model to read free text: a text with one mention marked, and what that asks.

The texts are those of `wishes.py` and, most of them, of `told.py`. None has the words of a
text by which models are measured (`data/understanding_phrasings.jsonl`,
`data/understanding_plain.jsonl`) or chosen (`data/understanding_development.jsonl`).
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from finetune.told import Told, told_texts, with_other_days
from finetune.wishes import Part, sample_parts
from runplan.backends.base import Job
from runplan.errors import NotationError
from runplan.understanding import answers_for, read_understanding, settled, understand_jobs

_DATA = Path(__file__).parent.parent / "data"
PHRASINGS = _DATA / "understanding_phrasings.jsonl"
PLAIN = _DATA / "understanding_plain.jsonl"
DEVELOPMENT = _DATA / "understanding_development.jsonl"
# Of a text with more mentions so many are asked about: further texts teach more than further
# questions about one.
MOST_ROWS = 2
TOLD_SHARE = 0.8
"""Of the texts, those of `told.py`."""

Row = dict[str, Any]


def wish_rows(
    count: int,
    seed: str | int,
    dropped: Counter[str],
    split: Literal["train", "validation"] = "train",
) -> Iterator[Row]:
    """Rows of task `understand` from `count` texts; texts left out are counted in `dropped` by reason."""
    rng = random.Random(f"wishes {seed}")
    seen: set[str] = set()
    turns = _in_turns(told_texts(split), rng)
    for _ in tqdm(range(count), f"{split} texts", unit="text"):
        told = rng.random() < TOLD_SHARE
        text, parts = _told(next(turns), rng) if told else sample_parts(rng)
        jobs = understand_jobs(text, seed=0)
        answers = _answers(text, parts)
        if not jobs:
            dropped["text mentions nothing"] += 1
        elif answers is None:
            dropped["a wish has no mention of its own"] += 1
        elif prompt_of(jobs[0]) in seen:
            dropped["prompt is there already"] += 1
        elif prompt_of(jobs[0]) in held_out():
            dropped["text is held out"] += 1
        else:
            seen.add(prompt_of(jobs[0]))
            asked = range(len(jobs))
            for place in sorted(rng.sample(asked, min(len(jobs), MOST_ROWS))):
                answer = {"role": "assistant", "content": answers[place]}
                yield {
                    "task": "understand",
                    "week": 0,
                    "messages": [*jobs[place].messages, answer],
                }


@cache
def held_out() -> frozenset[str]:
    """The prompts about the first mention of each text that is kept out of training."""
    lines = chain.from_iterable(
        path.read_text("utf-8").splitlines() for path in (PHRASINGS, PLAIN, DEVELOPMENT)
    )
    texts = (json.loads(line)["text"] for line in lines)
    return frozenset(prompt_of(jobs[0]) for text in texts if (jobs := understand_jobs(text, 0)))


def prompt_of(job: Job) -> str:
    """What the user says."""
    return job.messages[-1]["content"]


def _in_turns(texts: Sequence[Told], rng: random.Random) -> Iterator[Told]:
    """The texts in any order, without end: all of them before one comes again."""
    while True:
        yield from rng.sample(texts, len(texts))


def _told(text: Told, rng: random.Random) -> tuple[str, list[Part]]:
    """A text of `told.py`: one part, of which is known what it asks for as a whole."""
    told = with_other_days(text, rng)
    return told.text, [(told.text, told.wishes)]


def _answers(text: str, parts: Sequence[Part]) -> tuple[str, ...] | None:
    """The answers for the parts in a row: only a part tells which of two mentions of a day is meant.

    None where a part's wish has no mention, or where joining the parts or a slip of typing has
    changed the mentions.
    """
    told = [answers_for(wording, wishes) for wording, wishes in parts]
    if None in told:
        return None
    answers = tuple(chain.from_iterable(filter(None, told)))
    asked = set(settled(wish for _, wishes in parts for wish in wishes))
    try:
        return answers if set(read_understanding(text, answers)) == asked else None
    except NotationError:
        return None
