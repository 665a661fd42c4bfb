"""Seconds to the first week and to the complete plan, against the way of the original app.

The peer: one sequential stream on the same weights and engine, no grammar, as many tokens as the
original's prose needs for the same sessions: 36.5 a session, counted from its published output with
Llama 3's tokenizer. It gets one thread and all cores, and the faster of them counts. Where the prose
outgrows the model's context, the stream goes on from the prompt, which favours the peer: attention
over a full context of that length would cost more.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

import xllamacpp
from tqdm import tqdm

from benchmarks._report import report, spread
from runplan import coach
from runplan.backends.base import Backend
from runplan.backends.llama_cpp import LlamaCppBackend, usable_cores
from runplan.backends.load import model_path
from runplan.briefs import WeekBrief
from runplan.envelope import build_envelope
from runplan.prompts import week_prompt
from runplan.request import PlanRequest
from runplan.writer import PlanReady, WeekReady, write_plan

RUNS = 10
TOKENS_PER_SESSION = 36.5
# Weeks and days of the plans; a half marathon for an intermediate runner.
PLANS = ((8, 5), (12, 4), (18, 4), (24, 7))
# The peer's context in tokens, and what is kept of it for the prompt.
PEER_CONTEXT, PEER_PROMPT = 1024, 512


def main(options: Sequence[str] = ()) -> None:
    """Measure and print."""
    argparse.ArgumentParser(prog="benchmarks write", description=__doc__).parse_args(options)
    backend = LlamaCppBackend(model_path())
    peers = {threads: _peer(threads) for threads in sorted({1, usable_cores()})}
    ours: dict[str, Any] = {}
    peer: dict[str, Any] = {}
    ratios: dict[str, float] = {}
    for weeks, days in PLANS:
        request = PlanRequest("half", "intermediate", weeks, days, details="sore knee")
        tokens = round(weeks * days * TOKENS_PER_SESSION)
        first, whole = [], []
        streams: dict[int, list[float]] = {threads: [] for threads in peers}
        _ours(backend, request, 0)
        for run in tqdm(range(1, RUNS + 1), f"{weeks} x {days}", file=sys.stderr):
            to_first, to_all = _ours(backend, request, run)
            first.append(to_first)
            whole.append(to_all)
            for threads, server in peers.items():
                streams[threads].append(_stream(server, request, tokens, run))
        best = min(streams, key=lambda threads: statistics.median(streams[threads]))
        label = f"{weeks}x{days}"
        ours[label] = {"first_week_s": spread(first), "plan_s": spread(whole)}
        peer[label] = {"plan_s": spread(streams[best]), "tokens": tokens, "threads": best}
        ratios[label] = round(statistics.median(streams[best]) / statistics.median(whole), 2)
    backend.close()
    report("write", ours, peer, min(ratios.values()), ratios=ratios, model=backend.model)


def _ours(backend: Backend, request: PlanRequest, seed: int) -> tuple[float, float]:
    """Seconds to the first week and to the finished plan, nothing kept from the run before."""
    build_envelope.cache_clear()
    since = time.perf_counter()
    first = 0.0
    for event in write_plan(request, backend, seed=seed):
        if isinstance(event, WeekReady) and not first:
            first = time.perf_counter() - since
        if isinstance(event, PlanReady):
            return first, time.perf_counter() - since
    raise AssertionError("no plan came")


def _peer(threads: int) -> xllamacpp.Server:
    params = xllamacpp.CommonParams()
    params.model.path = str(model_path())
    params.n_parallel = 1
    params.n_ctx = PEER_CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.fit_params = False
    params.warmup = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    server.handle_completions({"prompt": "Hi", "n_predict": 1})
    return server


def _stream(server: xllamacpp.Server, request: PlanRequest, tokens: int, seed: int) -> float:
    """Seconds for exactly `tokens` tokens, one after another."""
    messages = list(week_prompt(_first_week(request)))
    since = time.perf_counter()
    left = tokens
    while left:
        piece = min(left, PEER_CONTEXT - PEER_PROMPT)
        answer = server.handle_chat_completions(
            {
                "messages": messages,
                "max_tokens": piece,
                "ignore_eos": True,
                "seed": seed,
                "temperature": 0.7,
                "samplers": ["top_k", "min_p", "temperature"],
            }
        )
        if answer["usage"]["completion_tokens"] != piece:
            raise RuntimeError(f"the peer stopped early: {answer['usage']}")
        left -= piece
    return time.perf_counter() - since


def _first_week(request: PlanRequest) -> WeekBrief:
    envelope = build_envelope(request)
    return coach.week_brief(envelope, coach.write_outline(envelope, 0)[0], 0)
