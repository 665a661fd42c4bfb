"""Thousands of random requests to the coach: does each get a plan without an error, and how fast?

The requests are those of training: the whole form, odd corners and constraints included. There is no
peer that writes and checks plans by rules, so the time stands against a goal of 5 ms a plan. Times are
of the processor: the coach waits for nothing, and other programs do not count.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tqdm import tqdm

from benchmarks._report import report
from finetune.requests import sample_request
from runplan import coach
from runplan.assemble import assemble_plan
from runplan.checks import check
from runplan.drafts import WeekDraft
from runplan.envelope import Envelope, build_envelope
from runplan.plan import Plan, Provenance, Source
from runplan.request import PlanRequest

REQUESTS = 10_000
GOAL_MS = 5.0


def main(options: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks coach", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="how many to draw")
    count = parser.parse_args(options).requests
    wrong: Counter[str] = Counter()
    times: dict[str, list[float]] = {"envelope": [], "plan": [], "check": []}
    for seed in tqdm(range(count), "coach", file=sys.stderr):
        request = sample_request(random.Random(f"coach {seed}"), lambda _: "")
        # Nothing is kept from the request before.
        build_envelope.cache_clear()
        marks = [time.process_time()]
        envelope = build_envelope(request)
        marks.append(time.process_time())
        plan = _plan(request, envelope, seed)
        marks.append(time.process_time())
        found = check(plan)
        marks.append(time.process_time())
        for name, start, end in zip(times, marks, marks[1:]):
            times[name].append((end - start) * 1000)
        bad = {finding.code for finding in found if finding.level == "error"}
        wrong.update(bad)
        if bad:
            wrong["plans"] += 1
            print(f"{seed}: {', '.join(sorted(bad))}")
    whole = [sum(parts) for parts in zip(*times.values())]
    ours = {
        "plans": count,
        "plans_with_errors": wrong.pop("plans", 0),
        "errors": dict(wrong),
        "ms": _milliseconds(whole),
        **{f"{name}_ms": _milliseconds(values) for name, values in times.items()},
    }
    peer = {"name": "none; the goal", "ms": {"median": GOAL_MS}}
    report("coach", ours, peer, GOAL_MS / statistics.median(whole))


def _plan(request: PlanRequest, envelope: Envelope, seed: int) -> Plan:
    """The coach's plan, not yet checked."""
    lines = coach.write_outline(envelope, seed)
    drafts: list[WeekDraft] = []
    for line in lines:
        drafts.append(coach.write_week(envelope, line, seed, drafts))
    source: Source = "coach"
    origin = Provenance("coach", "rules", seed, (source,) * request.weeks)
    return assemble_plan(envelope, lines, drafts, origin)


def _milliseconds(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 3),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 3),
        "max": round(ordered[-1], 3),
    }
