"""Rows which teach the model to read free text: a marked text and the answer, mention by mention.

The texts are those of `wishes.py`. None has the marked text of one of the held-out phrasings
(`data/understanding_phrasings.jsonl`), which measure how well the model understands.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from finetune.wishes import Part, sample_parts
from runplan.constraints import Constraint
from runplan.errors import NotationError
from runplan.mentions import find_mentions, marked
from runplan.understanding import answer_for, read_understanding, understand_job

PHRASINGS = Path(__file__).parent.parent / "data" / "understanding_phrasings.jsonl"

Row = dict[str, Any]


def wish_rows(count: int, seed: str | int, dropped: Counter[str]) -> Iterator[Row]:
    """Up to `count` rows of task `understand`; what is left out is counted in `dropped` by reason."""
    rng = random.Random(f"wishes {seed}")
    seen: set[str] = set()
    for _ in range(count):
        text, parts = sample_parts(rng)
        shown = marked(text, find_mentions(text))
        answer = _answer(text, parts)
        if not find_mentions(text):
            dropped["text mentions nothing"] += 1
        elif answer is None:
            dropped["a wish has no mention of its own"] += 1
        elif shown in seen:
            dropped["prompt is there already"] += 1
        elif shown in held_out():
            dropped["text is held out"] += 1
        else:
            seen.add(shown)
            prompt = understand_job(text, seed=0).messages
            yield {
                "task": "understand",
                "week": 0,
                "messages": [*prompt, {"role": "assistant", "content": answer}],
            }


@cache
def held_out() -> frozenset[str]:
    """The marked texts of the held-out phrasings."""
    texts = (json.loads(line)["text"] for line in PHRASINGS.read_text("utf-8").splitlines())
    return frozenset(marked(text, find_mentions(text)) for text in texts)


def _answer(text: str, parts: Sequence[Part]) -> str | None:
    """The answers for the parts in a row: only a part tells which of two mentions of a day is meant.

    None where a part's wish has no mention, or where joining the parts or a slip of typing has
    changed the mentions.
    """
    answers = [answer_for(wording, wishes) for wording, wishes in parts]
    if None in answers:
        return None
    answer = "\n".join(filter(None, answers))
    asked: set[Constraint] = {wish for _, wishes in parts for wish in wishes}
    try:
        return answer if set(read_understanding(text, answer)) == asked else None
    except NotationError:
        return None
