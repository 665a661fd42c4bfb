"""The sample rows to look at: `python -m finetune.samples > data/sample.jsonl`."""

import json
import random
from collections import Counter

from finetune.dataset import rows_of
from finetune.details import sample_details
from finetune.requests import sample_request

RUNNERS = 5
# A draw with all races, levels and units in it.
SEED = "sample 28"


def sample_lines() -> list[str]:
    """Of each runner an outline, the first week, one of the middle and the race week, as JSON lines."""
    rng = random.Random(SEED)
    lines = []
    for seed in range(RUNNERS):
        outline, *weeks = rows_of(sample_request(rng, sample_details), seed, Counter())
        for row in (outline, weeks[0], weeks[len(weeks) // 2], weeks[-1]):
            lines.append(json.dumps({**row, "request_id": f"sample-{seed}"}, ensure_ascii=False))
    return lines


if __name__ == "__main__":
    print("\n".join(sample_lines()))
