from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runplan import coach, writer
from runplan.backends.base import Job
from runplan.backends.scripted import ScriptedBackend
from runplan.envelope import build_envelope
from runplan.errors import BackendError
from runplan.plan import Finding, Plan
from runplan.request import PlanRequest
from runplan.writer import (
    Event,
    FellBack,
    OutlineReady,
    PlanReady,
    WeekReady,
    WeekRepaired,
    finished_plan,
    write_plan,
)
from tests.support.coach_plans import coach_plan
from tests.support.plans import make_request
from tests.support.scripted import (
    GARBAGE,
    OUTLINE,
    coach_answers,
    coach_backend,
    is_retry,
    prompt_of,
    week_of,
)
from tests.support.strategies import requests

REQUEST = make_request(level="intermediate", details="sore knee")
WEEKS = list(range(1, REQUEST.weeks + 1))


def events_of(backend: ScriptedBackend | None, **options: Any) -> list[Event]:
    return list(write_plan(REQUEST, backend, seed=1, **options))


def plan_of(events: list[Event]) -> Plan:
    last = events[-1]
    assert isinstance(last, PlanReady)
    assert sum(isinstance(event, PlanReady) for event in events) == 1
    return last.plan


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def assert_complete(plan: Plan) -> None:
    assert [week.number for week in plan.weeks] == WEEKS
    assert len(plan.provenance.weeks) == len(WEEKS)
    assert [finding for finding in plan.findings if finding.level == "error"] == []
    assert all(week.note and "{name}" not in week.note for week in plan.weeks)


def failing(when: Callable[[Job], bool]) -> Callable[[Job], str | None]:
    def answer(job: Job) -> str | None:
        if when(job):
            raise BackendError("the engine died")
        return None

    return answer


def test_a_good_model_writes_everything_once() -> None:
    backend = coach_backend(REQUEST)
    events = events_of(backend)
    assert kinds(events) == ["OutlineReady", *["WeekReady"] * 8, "PlanReady"]
    assert isinstance(events[0], OutlineReady)
    assert events[0].source == "model"
    assert events[0].lines == coach.write_outline(build_envelope(REQUEST), 1)
    plan = plan_of(events)
    assert_complete(plan)
    assert plan.weeks == coach_plan(REQUEST).weeks
    assert plan.provenance.weeks == ("model",) * 8
    assert (plan.provenance.backend, plan.provenance.model) == ("scripted", "script")
    assert plan.provenance.seed == 1
    assert [week_of(job) for job in backend.jobs] == [OUTLINE, *WEEKS]
    assert all(job.grammar for job in backend.jobs)


def test_week_events_carry_the_weeks_of_the_plan() -> None:
    events = events_of(coach_backend(REQUEST, order=lambda count: range(count)[::-1]))
    weeks = [event.week for event in events if isinstance(event, WeekReady)]
    assert [week.number for week in weeks] == WEEKS[::-1]
    assert tuple(weeks[::-1]) == plan_of(events).weeks


def test_without_grammar_the_first_try_is_free() -> None:
    backend = coach_backend(REQUEST)
    assert plan_of(events_of(backend, grammar=False)).provenance.weeks == ("model",) * 8
    assert [job.grammar for job in backend.jobs] == [None] * 9


@pytest.mark.parametrize("grammar", [True, False])
def test_a_second_try_has_a_grammar(grammar: bool) -> None:
    backend = coach_backend(REQUEST, lambda job: None if is_retry(job) else GARBAGE)
    events = events_of(backend, grammar=grammar)
    assert isinstance(events[0], OutlineReady)
    assert events[0].source == "repaired"
    assert plan_of(events).provenance.weeks == ("repaired",) * 8
    assert [bool(job.grammar) for job in backend.jobs] == [
        *(grammar, True),
        *([grammar] * 8),
        *([True] * 8),
    ]


def test_only_what_failed_is_tried_again() -> None:
    backend = coach_backend(
        REQUEST, lambda job: GARBAGE if week_of(job) in (3, 6) and not is_retry(job) else None
    )
    events = events_of(backend)
    assert [week_of(job) for job in backend.jobs] == [OUTLINE, *WEEKS, 3, 6]
    repairs = [event for event in events if isinstance(event, WeekRepaired)]
    assert [(event.week.number, event.source) for event in repairs] == [
        (3, "repaired"),
        (6, "repaired"),
    ]
    assert all("note is missing" in event.reason for event in repairs)
    assert kinds(events)[-3:] == ["WeekRepaired", "WeekRepaired", "PlanReady"]


def test_provenance_tells_who_wrote_each_week() -> None:
    def instead(job: Job) -> str | None:
        if week_of(job) == 2 or (week_of(job) == 5 and not is_retry(job)):
            return GARBAGE
        return None

    plan = plan_of(events_of(coach_backend(REQUEST, instead)))
    assert_complete(plan)
    assert plan.provenance.weeks == (
        *("model", "coach", "model", "model"),
        *("repaired", "model", "model", "model"),
    )


@pytest.mark.parametrize("text", [GARBAGE, "", "\n\n", "Note ", "Tue easy 5", "1 base 24\0"])
def test_the_coach_is_the_last_resort(text: str) -> None:
    backend = ScriptedBackend(lambda _: text)
    events = events_of(backend)
    plan = plan_of(events)
    assert_complete(plan)
    assert plan.provenance.weeks == ("coach",) * 8
    assert plan.weeks == coach_plan(REQUEST).weeks
    assert not any(isinstance(event, FellBack) for event in events)
    # Two outlines, then every week twice: no endless trying.
    assert len(backend.jobs) == 2 + 2 * 8


def test_a_text_outside_the_envelope_is_not_taken() -> None:
    answers = coach_answers(REQUEST)
    outline = next(text for text in answers.values() if text.startswith("1 "))
    longer = f"{outline}\n9 taper 20 race"

    def instead(job: Job) -> str | None:
        if week_of(job) == OUTLINE and not is_retry(job):
            return longer
        if week_of(job) == 4 and not is_retry(job):
            return answers[prompt_of(job)].replace("Sun", "Mon")
        return None

    events = events_of(coach_backend(REQUEST, instead))
    assert isinstance(events[0], OutlineReady)
    assert events[0].source == "repaired"
    assert plan_of(events).provenance.weeks[3] == "repaired"


def test_an_engine_that_fails_at_once_leaves_all_to_the_coach() -> None:
    events = events_of(coach_backend(REQUEST, failing(lambda _: True)))
    assert kinds(events) == ["FellBack", "OutlineReady", *["WeekReady"] * 8, "PlanReady"]
    assert events[0] == FellBack("the engine died")
    assert_complete(plan_of(events))
    assert plan_of(events).weeks == coach_plan(REQUEST).weeks


def test_an_engine_that_fails_later_keeps_what_it_wrote() -> None:
    events = events_of(coach_backend(REQUEST, failing(lambda job: week_of(job) == 5)))
    assert kinds(events).count("FellBack") == 1
    assert kinds(events).count("OutlineReady") == 1
    plan = plan_of(events)
    assert_complete(plan)
    assert plan.provenance.weeks == ("model",) * 4 + ("coach",) * 4


def test_an_engine_that_fails_at_the_second_try() -> None:
    def instead(job: Job) -> str | None:
        if is_retry(job):
            raise BackendError("the engine died")
        return GARBAGE if week_of(job) == 6 else None

    events = events_of(coach_backend(REQUEST, instead))
    assert kinds(events)[-3:] == ["FellBack", "WeekRepaired", "PlanReady"]
    plan = plan_of(events)
    assert_complete(plan)
    assert plan.provenance.weeks == ("model",) * 5 + ("coach",) + ("model",) * 2


def test_closing_early_stops_the_engine() -> None:
    backend = coach_backend(REQUEST)
    with closing(write_plan(REQUEST, backend, seed=1)) as events:
        for event in events:
            if isinstance(event, WeekReady) and event.week.number == 3:
                break
    assert backend.closed_early == 1
    assert len(backend.jobs) == 9


def test_nothing_is_asked_before_the_first_event_is() -> None:
    backend = coach_backend(REQUEST)
    write_plan(REQUEST, backend)
    assert backend.jobs == []


def test_a_week_with_an_error_becomes_the_coachs(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(plan: Plan) -> tuple[Finding, ...]:
        bad = plan.provenance.weeks[2] == "model"
        return (Finding("load", "error", 3, "Too much."),) if bad else ()

    monkeypatch.setattr(writer, "check", check)
    events = events_of(coach_backend(REQUEST))
    plan = plan_of(events)
    assert plan.provenance.weeks == ("model", "model", "coach", *["model"] * 5)
    assert isinstance(events[-2], WeekRepaired)
    assert (events[-2].week.number, events[-2].reason) == (3, "fails a check")
    assert events[-2].week == plan.weeks[2]


def test_a_plan_that_is_wrong_as_a_whole_becomes_the_coachs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(plan: Plan) -> tuple[Finding, ...]:
        bad = set(plan.provenance.weeks) != {"coach"}
        return (Finding("curve", "error", None, "No taper."),) if bad else ()

    monkeypatch.setattr(writer, "check", check)
    events = events_of(coach_backend(REQUEST))
    assert kinds(events)[-10:] == ["OutlineReady", *["WeekRepaired"] * 8, "PlanReady"]
    assert_complete(plan_of(events))
    assert plan_of(events).provenance.weeks == ("coach",) * 8


def test_warnings_are_kept_and_repair_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    warning = Finding("load", "warning", 3, "Much.")
    monkeypatch.setattr(writer, "check", lambda _: (warning,))
    plan = plan_of(events_of(coach_backend(REQUEST)))
    assert warning in plan.findings
    assert plan.provenance.weeks == ("model",) * 8


def test_no_two_jobs_of_neighbouring_seeds_share_their_seed() -> None:
    jobs: list[Job] = []
    for seed in (0, 1, 2):
        backend = ScriptedBackend(lambda _: GARBAGE)
        finished_plan(write_plan(make_request(weeks=24), backend, seed=seed))
        jobs += backend.jobs
    assert len({job.seed for job in jobs}) == len(jobs) == 3 * 50


def test_the_coach_alone() -> None:
    events = events_of(None)
    assert kinds(events) == ["OutlineReady", *["WeekReady"] * 8, "PlanReady"]
    plan = plan_of(events)
    assert_complete(plan)
    assert plan.weeks == coach_plan(REQUEST).weeks
    assert plan.provenance.backend == "coach"
    assert plan.provenance.weeks == ("coach",) * 8
    assert plan == plan_of(events_of(None))
    assert plan.weeks != finished_plan(write_plan(REQUEST, None, seed=2)).weeks


def test_only_with_today_is_the_calendar_looked_at() -> None:
    request = make_request(race_date=date(2027, 4, 25))

    def codes(today: date | None) -> set[str]:
        plan = finished_plan(write_plan(request, None, today=today))
        return {finding.code for finding in plan.findings}

    assert not codes(None) & {"race_in_past", "start_in_past"}
    assert not codes(date(2027, 1, 1)) & {"race_in_past", "start_in_past"}
    assert "start_in_past" in codes(date(2027, 4, 1))
    assert "race_in_past" in codes(date(2027, 4, 26))


@pytest.mark.parametrize("name", ["Sarah Hills", "Race Day", "Tempo", "{name}", "$name", "a"])
def test_a_name_is_only_a_name(name: str) -> None:
    request = replace(REQUEST, name=name)
    plan = finished_plan(write_plan(request, coach_backend(request), seed=1))
    assert plan.provenance.weeks == ("model",) * 8
    assert [finding for finding in plan.findings if finding.level == "error"] == []
    assert any(name in week.note for week in plan.weeks)


@settings(max_examples=15)
@given(requests(), st.randoms(use_true_random=False))
def test_any_request_and_any_model_give_a_complete_plan(request: PlanRequest, luck: Any) -> None:
    answers = coach_answers(request, 3)

    def answer(job: Job) -> str:
        text = answers.get(prompt_of(job), GARBAGE)
        return text if luck.random() < 0.6 else text[: int(luck.random() * len(text))]

    plan = finished_plan(write_plan(request, ScriptedBackend(answer), seed=3))
    assert [week.number for week in plan.weeks] == list(range(1, request.weeks + 1))
    assert [finding for finding in plan.findings if finding.level == "error"] == []


def test_a_stream_without_an_end_is_noticed() -> None:
    with pytest.raises(AssertionError, match="PlanReady"):
        finished_plan(iter([FellBack("x")]))
