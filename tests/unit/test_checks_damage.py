"""Every kind of damage to a sound plan is caught under its own name."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from runplan.checks import check, check_file
from runplan.plan import Finding, Plan, Session, Step, Week
from runplan.plan_json import plan_to_json, read_plan_file
from runplan.request import RaceResult
from tests.support.coach_plans import coach_plan
from tests.support.plans import make_request

REQUEST = make_request(
    race="half", level="intermediate", weeks=12, days_per_week=5,
    recent_race=RaceResult("10K", 3000), weekly_distance=36, longest_run=12,
)  # fmt: skip
PLAN = coach_plan(REQUEST, 3)
BEGINNER = coach_plan(make_request(days_per_week=5), 3)
MARATHON = coach_plan(
    make_request(race="marathon", level="intermediate", weeks=18, days_per_week=5), 3
)

Damage = Callable[[Plan], Plan]


def errors(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in findings if finding.level == "error"}


def edit_week(number: int, change: Callable[[Week], Week]) -> Damage:
    def damage(plan: Plan) -> Plan:
        weeks = [change(week) if week.number == number else week for week in plan.weeks]
        return replace(plan, weeks=tuple(weeks))

    return damage


def with_total(week: Week, sessions: tuple[Session, ...]) -> Week:
    total = round(sum(session.distance or 0 for session in sessions), 1)
    return replace(week, sessions=sessions, distance=total)


def edit_session(number: int, index: int, **changes: Any) -> Damage:
    """Change one session and the week's total with it; a new distance drops text and steps."""
    if "distance" in changes:
        changes = {"text": "", "steps": (), "duration_min": None, **changes}

    def change(week: Week) -> Week:
        sessions = list(week.sessions)
        sessions[index] = replace(sessions[index], **changes)
        return with_total(week, tuple(sessions))

    return edit_week(number, change)


def scale(number: int, factor: float) -> Damage:
    def change(week: Week) -> Week:
        sessions = tuple(
            replace(
                s,
                distance=round((s.distance or 0) * factor, 1),
                text="",
                steps=(),
                duration_min=None,
            )
            for s in week.sessions
        )
        return with_total(week, sessions)

    return edit_week(number, change)


def first(plan: Plan, kind: str) -> tuple[int, int]:
    """Week number and place of the first session of a kind."""
    return next(
        (week.number, place)
        for week in plan.weeks
        for place, session in enumerate(week.sessions)
        if session.kind == kind
    )


def drop_week(number: int) -> Damage:
    return lambda plan: replace(plan, weeks=tuple(w for w in plan.weeks if w.number != number))


def copy_block(plan: Plan) -> Plan:
    """Weeks 1 to 4 once more as weeks 5 to 8."""
    block = [replace(week, number=week.number + 4) for week in plan.weeks[:4]]
    return replace(plan, weeks=(*plan.weeks[:4], *block, *plan.weeks[8:]))


def same_week(plan: Plan) -> Plan:
    weeks = [replace(plan.weeks[0], number=n) for n in range(1, len(plan.weeks))]
    return replace(plan, weeks=(*weeks, plan.weeks[-1]))


def with_paces(**paces: tuple[int, int]) -> Damage:
    return lambda plan: replace(plan, paces={**plan.paces, **paces})


def repeats(number: int, count: int) -> Damage:
    """Intervals of 400 m in a week, in place of its second run."""
    steps = (
        Step("warmup", 1, 2000, None, PLAN.paces["easy"]),
        Step("intervals", count, 400, None, PLAN.paces["interval"]),
        Step("cooldown", 1, 1000, None, PLAN.paces["easy"]),
    )
    return edit_session(
        number, 1, kind="intervals", distance=3 + count * 0.4, steps=steps, text=f"{count} x 400 m"
    )


def chain(*damages: Damage) -> Damage:
    def damage(plan: Plan) -> Plan:
        for one in damages:
            plan = one(plan)
        return plan

    return damage


def every_run_hard(week: Week) -> Week:
    return replace(
        week, sessions=tuple(replace(s, kind="intervals", text="", steps=()) for s in week.sessions)
    )


def no_taper(plan: Plan) -> Plan:
    """The race week nearly as large as the peak."""
    last, peak = plan.weeks[-1], max(plan.weeks[:-1], key=lambda week: week.distance)
    run = round(peak.distance * 0.8 / len(last.sessions[:-1]), 1)
    plain = {"kind": "easy", "distance": run, "duration_min": None, "text": "", "steps": ()}
    sessions = (*(replace(s, **plain) for s in last.sessions[:-1]), last.sessions[-1])
    return replace(plan, weeks=(*plan.weeks[:-1], with_total(last, sessions)))


LONG = len(PLAN.weeks[4].sessions) - 1
TEMPO_WEEK, TEMPO = first(PLAN, "tempo")

DAMAGE: dict[str, tuple[str, Damage, Plan]] = {
    "a week is missing": ("week_count", drop_week(5), PLAN),
    "half of the weeks are missing": ("week_count", lambda p: replace(p, weeks=p.weeks[:6]), PLAN),
    "two weeks have the same number": ("week_count", edit_week(5, lambda w: replace(w, number=4)), PLAN),
    "a week has no runs": ("missing_day", edit_week(4, lambda w: with_total(w, ())), PLAN),
    "a run is missing": ("missing_day", edit_week(4, lambda w: with_total(w, w.sessions[1:])), PLAN),
    "a run moved to a rest day": ("excluded_day", edit_session(3, 0, day="Wed"), PLAN),
    "two runs on a day": ("double_day", edit_session(3, 1, day="Mon"), PLAN),
    "the race is missing": ("race_missing", edit_session(12, 4, kind="long", distance=12.0), PLAN),
    "the race is a week early": (
        "race_not_last",
        chain(edit_session(12, 4, kind="easy", distance=5.0), edit_session(11, 4, kind="race", distance=21.1)),
        PLAN,
    ),
    "the race is before another run": (
        "race_not_last",
        chain(edit_session(12, 4, kind="easy", distance=4.0), edit_session(12, 3, kind="race", distance=21.1)),
        PLAN,
    ),
    "the race is a 10K": ("race_distance", edit_session(12, 4, distance=10.0), PLAN),
    "the total is wrong": ("total_mismatch", edit_week(6, lambda w: replace(w, distance=w.distance + 6)), PLAN),
    "the total is a little wrong": (
        "total_mismatch", edit_week(6, lambda w: replace(w, distance=w.distance - 1)), PLAN,
    ),
    "easy and tempo at one pace": ("pace_same", with_paces(easy=(306, 306), tempo=(306, 306)), PLAN),
    "intervals slower than tempo": ("pace_order", with_paces(interval=(330, 330)), PLAN),
    "marathon slower than easy": ("pace_order", with_paces(marathon=(500, 500)), PLAN),
    "a pace upside down": ("pace_order", with_paces(easy=(420, 380)), PLAN),
    "a week doubles": ("week_jump", scale(6, 2.0), PLAN),
    "a long run leaps": ("long_jump", edit_session(5, LONG, distance=24.0), PLAN),
    "the first long run leaps": ("long_jump", edit_session(1, LONG, distance=20.0), PLAN),
    "the week is nearly all long run": ("long_share", edit_session(9, LONG, distance=40.0), PLAN),
    "a marathon in training": ("marathon_in_training", edit_session(17, 4, distance=42.2), MARATHON),
    "26 miles in training": ("marathon_in_training", edit_session(15, 4, distance=41.8), MARATHON),
    "no taper": ("no_taper", no_taper, PLAN),
    "no taper before a marathon": ("no_taper", no_taper, MARATHON),
    "a long run late": ("late_long_run", edit_session(17, 4, distance=30.0), MARATHON),
    "a long run in race week": ("late_long_run", edit_session(18, 1, distance=20.0), MARATHON),
    "hard days in a row": (
        "hard_days_adjacent",
        chain(*(edit_session(4, i, kind="tempo", text="", steps=()) for i in (0, 1))),
        BEGINNER,
    ),
    "hard the day before the long run": (
        "hard_days_adjacent", edit_session(4, 3, kind="tempo", text="", steps=()), BEGINNER,
    ),
    "every run hard": ("hard_share", edit_week(4, every_run_hard), PLAN),
    "repetitions from 4 to 20": ("repeats_jump", chain(repeats(2, 4), repeats(4, 20)), PLAN),
    "a block of weeks twice": ("repeated_week", copy_block, PLAN),
    "one week over and over": ("repeated_week", same_week, PLAN),
    "a duration no one can run": ("duration_mismatch", edit_session(3, 0, duration_min=9), PLAN),
    "a run without any length": (
        "no_distance", edit_session(3, 0, distance=None, duration_min=None), PLAN,
    ),
    "the text has another distance": (
        "prose_mismatch", edit_session(3, 0, text="Easy run 14 km at an easy effort"), PLAN,
    ),
    "the text has another unit's distance": (
        "prose_mismatch", edit_session(3, LONG, text="Long run of 15 miles"), PLAN,
    ),
    "the text has other repetitions": (
        "prose_mismatch",
        chain(repeats(4, 5), edit_session(4, 1, text="12 x 400 m with jogs")),
        PLAN,
    ),
    "the text has another kind": (
        "prose_mismatch", edit_session(3, 0, text="Tempo run, comfortably hard"), PLAN,
    ),
    "the text has another pace": (
        "prose_mismatch", edit_session(3, 0, text="Easy run at 4:10 /km"), PLAN,
    ),
    "a hard session called easy": (
        "prose_mismatch", edit_session(TEMPO_WEEK, TEMPO, text="Easy run, chat all the way"), PLAN,
    ),
    "the note speaks of what is not there": (
        "prose_mismatch", edit_week(4, lambda w: replace(w, note="Enjoy the race day, Alex.")), PLAN,
    ),
    "the note has another total": (
        "prose_mismatch", edit_week(4, lambda w: replace(w, note="You run 90 km this week.")), PLAN,
    ),
    "the note has another number of runs": (
        "prose_mismatch", edit_week(4, lambda w: replace(w, note="Just three runs this week.")), PLAN,
    ),
    "steps that do not add up": (
        "steps_mismatch",
        edit_session(3, 0, steps=(Step("easy", 1, 15000, None, PLAN.paces["easy"]),)),
        PLAN,
    ),
    "an easy step at tempo pace": (
        "steps_mismatch",
        lambda p: edit_session(
            3, 0, steps=(Step("easy", 1, (p.weeks[2].sessions[0].distance or 0) * 1000, None, p.paces["tempo"]),)
        )(p),
        PLAN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("plan", [PLAN, BEGINNER, MARATHON])
def test_the_plans_to_be_damaged_are_sound(plan: Plan) -> None:
    assert check(plan) == ()


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_caught(name: str) -> None:
    code, damage, plan = DAMAGE[name]
    assert code in errors(check(damage(plan)))


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_caught_in_a_file(name: str) -> None:
    code, damage, plan = DAMAGE[name]
    file = read_plan_file(json.dumps(plan_to_json(damage(plan))))
    assert code in errors(check_file(file))


def test_findings_speak_in_words_with_numbers() -> None:
    for _, damage, plan in DAMAGE.values():
        for finding in check(damage(plan)):
            assert (
                finding.message[0].isupper()
                or finding.message[0].isdigit()
                or finding.message.split()[0].islower()
            )
            assert finding.message.endswith((".", "?"))
            assert "None" not in finding.message
            assert "\n" not in finding.message


def test_the_plan_as_a_whole_comes_first_then_week_by_week() -> None:
    damaged = chain(scale(6, 2.0), edit_session(3, 0, day="Wed"), drop_week(9))(PLAN)
    weeks = [finding.week or 0 for finding in check(damaged)]
    assert weeks == sorted(weeks)
    assert weeks[0] == 0
