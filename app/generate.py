"""Writing a plan while the runner watches: events in, progress on the page, a result out."""

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.plan_view import draw_week, week_places
from app.safe import plain
from runplan.backends.base import Backend
from runplan.errors import BackendError
from runplan.plan import Plan, Provenance, Week
from runplan.request import PlanRequest
from runplan.units import number
from runplan.writer import (
    Event,
    FellBack,
    OutlineReady,
    PlanReady,
    WeekReady,
    WeekRepaired,
    write_plan,
)

log = logging.getLogger(__name__)

_SAME_CHECKS = "It meets the same criteria and safety checks."
NO_MODEL = (
    "The language model could not be started on this server, so the built-in coach, a set of "
    f"training rules, wrote this plan. {_SAME_CHECKS}"
)
MODEL_FAILED = (
    "The language model stopped answering, so the built-in coach, a set of training rules, wrote "
    f"what was missing of this plan. {_SAME_CHECKS}"
)


@dataclass(frozen=True)
class Result:
    """A finished plan; `notice` says what went differently than expected, or is empty."""

    plan: Plan
    notice: str = ""


def generate(
    request: PlanRequest, load: Callable[[], Backend | None], place: DeltaGenerator
) -> Result:
    """Write the plan, showing in `place` each week as it is ready.

    Without a working model the coach writes it, and the result's notice says so.

    Raises:
        InputError: the wishes cannot be met together.
    """
    notice = ""
    try:
        backend = load()
    except BackendError as error:
        log.warning("no model, the coach writes instead: %s", error)
        backend, notice = None, NO_MODEL
    # Closing the events stops the model when the runner leaves in the middle.
    events = cast(Generator[Event], write_plan(request, backend, today=today()))
    with place.container(), closing(events):
        progress = Progress(request)
        for event in events:
            if isinstance(event, PlanReady):
                return Result(event.plan, notice)
            if isinstance(event, FellBack):
                log.warning("the model failed, the coach goes on: %s", event.reason)
                notice = MODEL_FAILED
            progress.show(event)
    raise AssertionError("a stream of events ends with PlanReady")


def today() -> date:
    """The date where the runner is, as far as the browser tells."""
    return datetime.now(ZoneInfo(st.context.timezone or "UTC")).date()


class Progress:
    """A bar, and one place per week in their order, filled as the weeks arrive."""

    def __init__(self, request: PlanRequest) -> None:
        self._request = request
        self._ready: set[int] = set()
        st.header("Your Training Plan")
        self._bar = st.progress(0.0, text="Planning the weeks…")
        self._places = [place.empty() for place in week_places(request.weeks)]

    def show(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, OutlineReady):
            for line in event.lines:
                distance = f"{number(line.distance)} {self._request.units}"
                race = " and the race" if line.number == self._request.weeks else ""
                with self._card(line.number):
                    title = f"Week {line.number} ({line.phase}) – {distance}{race}"
                    st.subheader(plain(title), anchor=False)
                    st.caption("Being written…")
            self._bar.progress(0.0, text="Writing the weeks…")
        elif isinstance(event, WeekReady | WeekRepaired):
            with self._card(event.week.number):
                draw_week(event.week, self._plan_of(event.week))
            self._ready.add(event.week.number)
            done, total = len(self._ready), self._request.weeks
            self._bar.progress(done / total, text=f"{done} of {total} weeks written")

    def _card(self, week: int) -> DeltaGenerator:
        return self._places[week - 1].container(border=True)

    def _plan_of(self, week: Week) -> Plan:
        """The week alone as a plan, for the views that need its request."""
        return Plan(self._request, {}, (week,), Provenance("", "", 0, ()))
