"""Many requests, each with its free text read first, and their plans, side by side.

Knows neither files nor options: lines of JSON go in, one answer for each comes out in their order.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from runplan.backends.base import Backend
from runplan.constraints import Constraint
from runplan.errors import InputError, NotationError, PlanFormatError, RunplanError
from runplan.merging import Conflict, merge
from runplan.plan_json import plan_to_json
from runplan.request import PlanRequest, request_from_json
from runplan.understanding import understand_each
from runplan.writer import finished_plan, write_plan

# Plans written side by side: while one waits for its outline, another fills the second core.
PLANS_AT_ONCE = 2


@dataclass(frozen=True)
class Order:
    """A request to write, the fields that were filled in, and what was read in its details.

    `conflicts` are what the details ask for in vain, because a given field says otherwise.
    """

    request: PlanRequest
    given: frozenset[str]
    seed: int
    read: tuple[Constraint, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def read_order(line: str, seed: int) -> Order | RunplanError:
    """A line as an order, with its own seed or this one; or what is wrong with it."""
    try:
        data = _json_of(line)
        own_seed = data.pop("seed", None)
        own_seed = seed if own_seed is None else own_seed
        if isinstance(own_seed, bool) or not isinstance(own_seed, int) or own_seed < 0:
            raise InputError("seed", f"{own_seed!r} is not a whole number from 0")
        given = frozenset(key for key, value in data.items() if value is not None)
        return Order(request_from_json(data), given, own_seed)
    except RunplanError as error:
        return error


def with_details(asked: Sequence[Order], backend: Backend | None) -> list[Order]:
    """The orders with their details read and applied; without a backend they stay unread.

    Where an order comes with constraints, somebody has confirmed them: these are applied, and its
    details are not read again.

    Raises:
        BackendError: the engine failed.
    """
    found = list(asked)
    if backend is not None:
        unread = [place for place, order in enumerate(asked) if not order.request.constraints]
        texts = [asked[place].request.details for place in unread]
        for index, read in understand_each(texts, backend):
            # An answer out of the grammar says nothing.
            if not isinstance(read, NotationError):
                found[unread[index]] = replace(asked[unread[index]], read=read)
    return [_applied(order) for order in found]


def _applied(order: Order) -> Order:
    merged = merge(order.request, order.request.constraints or order.read, order.given)
    return replace(order, request=merged.request, conflicts=merged.conflicts)


def write_all(
    asked: Sequence[Order | RunplanError], backend: Backend | None, grammar: bool
) -> Iterator[dict[str, Any]]:
    """A plan as JSON or `{"error": …}` for each, in their order; an error never stops the rest."""
    pool = ThreadPoolExecutor(PLANS_AT_ONCE)
    try:
        yield from pool.map(partial(_answer, backend=backend, grammar=grammar), asked)
    finally:
        pool.shutdown(cancel_futures=True)


def _answer(order: Order | RunplanError, backend: Backend | None, grammar: bool) -> dict[str, Any]:
    if isinstance(order, RunplanError):
        return {"error": str(order)}
    try:
        events = write_plan(order.request, backend, seed=order.seed, grammar=grammar)
        return plan_to_json(finished_plan(events))
    except RunplanError as error:
        return {"error": str(error)}


def _json_of(line: str) -> dict[str, Any]:
    if not line.strip():
        raise PlanFormatError("the line is empty")
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise PlanFormatError(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise PlanFormatError("the line is not a JSON object")
    return data
