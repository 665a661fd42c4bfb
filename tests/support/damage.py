"""Ways to spoil any plan file, whoever made it: functions over the plan JSON.

Each damage returns nothing and changes the plan in place; one that cannot be done to a plan raises
`SparedError`. `DAMAGE` names, for each, the codes of which one at least has to be found as an error.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.support.plan_edits import (
    MILE_KM,
    Json,
    biggest,
    race,
    renumber,
    resize,
    retotal,
    runs,
    set_km,
    size,
    volume,
)

Damage = Callable[[Json], None]
HARD = ("marathon", "tempo", "intervals", "reps", "hills", "fartlek")
RACE_KM = {"5K": 5.0, "10K": 10.0, "half": 21.0975, "marathon": 42.195}


class SparedError(Exception):
    """The damage makes no sense for this plan."""


def longest(week: Json) -> Json:
    """The longest run of a week."""
    found = runs(week)
    need(found)
    return max(found, key=size)


def need(condition: object) -> None:
    """Spare the plan when the damage cannot be done."""
    if not condition:
        raise SparedError


def drop_week(plan: Json) -> None:
    del plan["weeks"][2]
    renumber(plan)


def double_week(plan: Json) -> None:
    plan["weeks"].insert(3, deepcopy(plan["weeks"][2]))
    renumber(plan)


def misnumber(plan: Json) -> None:
    renumber(plan)
    plan["weeks"][3]["number"] = plan["weeks"][2]["number"]


def swap_first_and_biggest(plan: Json) -> None:
    weeks, place = plan["weeks"], plan["weeks"].index(biggest(plan))
    need(volume(weeks[place]) > 1.5 * max(map(volume, weeks[:4])))
    weeks[0], weeks[place] = weeks[place], weeks[0]
    renumber(plan)


def swap_last_two(plan: Json) -> None:
    plan["weeks"][-2:] = plan["weeks"][:-3:-1]
    renumber(plan)


def copy_first_week(plan: Json) -> None:
    first = plan["weeks"][0]
    plan["weeks"][:-1] = [deepcopy(first) for _ in plan["weeks"][:-1]]
    renumber(plan)


def copy_block(plan: Json) -> None:
    need(len(plan["weeks"]) >= 8)
    plan["weeks"][3:6] = deepcopy(plan["weeks"][:3])
    renumber(plan)


def double_long_run(plan: Json) -> None:
    week = biggest(plan)
    run = longest(week)
    before = plan["weeks"][max(0, plan["weeks"].index(week) - 4) : plan["weeks"].index(week)]
    need(before and size(run) * 2 > 1.55 * max(size(longest(w)) for w in before if runs(w)))
    need(size(run) >= 4)
    resize(run, 2)
    retotal(plan)


def long_run_a_week_before(plan: Json) -> None:
    set_km(plan, longest(plan["weeks"][-2]), 38)
    retotal(plan)


def marathon_a_week_before(plan: Json) -> None:
    set_km(plan, longest(plan["weeks"][-2]), 42.2)
    retotal(plan)


def leap_of_repetitions(plan: Json) -> None:
    found = [(w, s) for w in plan["weeks"] for s in runs(w) if s["kind"] == "intervals"]
    need(len(found) > 1)
    for (_, session), count in zip(found[:2], (4, 20)):
        session.update(text=f"{count} x 400 m", steps=[])


def no_taper(plan: Json) -> None:
    week = biggest(plan)
    need(volume(week) / max(1, len(runs(week))) > 2.6)
    last = plan["weeks"][-1]
    need(runs(last))
    target = volume(week) / len(runs(last))
    for session in runs(last):
        resize(session, target / size(session))
        session["kind"] = "easy"
    retotal(plan)


def growing_taper(plan: Json) -> None:
    before, last = plan["weeks"][-2], plan["weeks"][-1]
    need(runs(last) and volume(before) > 6)
    factor = 1.5 * volume(before) / volume(last)
    for session in runs(last):
        session["kind"] = "easy"
        resize(session, factor)
    retotal(plan)


def hard_days_for_beginners(plan: Json) -> None:
    need(plan["request"]["level"] == "beginner")
    week = plan["weeks"][3]
    for session in runs(week)[:2]:
        session.update(kind="tempo", text="", steps=[])
    first, second = runs(week)[:2]
    order = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    after = order[(order.index(first["day"]) + 1) % 7]
    if second["day"] != after:
        week["sessions"] = [s for s in week["sessions"] if s is second or s["day"] != after]
        second["day"] = after


def no_rest_for_beginners(plan: Json) -> None:
    need(plan["request"]["level"] == "beginner" and plan["request"].get("days_per_week") != 7)
    week = plan["weeks"][3]
    used = {s["day"] for s in runs(week)}
    week["sessions"] = runs(week)
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        if day not in used:
            week["sessions"].append({"day": day, "kind": "easy", "distance": 3})


def wrong_total(plan: Json) -> None:
    week = plan["weeks"][2]
    week["distance"] = round(2 * volume(week) + 5, 1)


def all_runs_hard(plan: Json) -> None:
    week = max(plan["weeks"][:-1], key=lambda week: len(runs(week)))
    need(len(runs(week)) >= 4)
    for session in runs(week):
        session.update(kind="intervals", text="", steps=[])


def empty_week(plan: Json) -> None:
    plan["weeks"][3].update(sessions=[], distance=0)


def tripled_week(plan: Json) -> None:
    week = biggest(plan)
    need(plan["weeks"].index(week) > 0 and volume(week) > 5)
    for session in runs(week):
        resize(session, 3)
    retotal(plan)


def tripled_first_week(plan: Json) -> None:
    weeks = plan["weeks"]
    need(len(weeks) > 4 and volume(weeks[0]) * 3 > 1.6 * max(map(volume, weeks[1:4])) + 4)
    for session in runs(weeks[0]):
        resize(session, 3)
    retotal(plan)


def metres_as_km(plan: Json) -> None:
    session = next((s for s in runs(plan["weeks"][2]) if s.get("distance")), None)
    need(session)
    assert session is not None
    session.update(distance=session["distance"] * 1000, duration_min=None, text="", steps=[])


def miles_as_km(plan: Json) -> None:
    need(plan["request"]["units"] == "mi")
    plan["request"]["units"] = "km"


def zero_distance(plan: Json) -> None:
    runs(plan["weeks"][2])[0].update(distance=0, duration_min=None, text="", steps=[])


def impossible_duration(plan: Json) -> None:
    session = next((s for s in runs(plan["weeks"][2]) if s.get("distance")), None)
    need(session)
    assert session is not None
    session["duration_min"] = 900


def endless_run(plan: Json) -> None:
    runs(plan["weeks"][2])[0].update(distance=None, duration_min=900, text="", steps=[])


def unknown_kind(plan: Json) -> None:
    runs(plan["weeks"][2])[0]["kind"] = "quux"


def no_race(plan: Json) -> None:
    race(plan)["kind"] = "easy"


def race_in_the_middle(plan: Json) -> None:
    goal, week = race(plan), plan["weeks"][len(plan["weeks"]) // 2]
    week["sessions"] = [s for s in week["sessions"] if s["day"] != goal["day"]] + [dict(goal)]
    goal["kind"], goal["distance"] = "easy", 4.0


def race_on_a_wrong_day(plan: Json) -> None:
    last, goal = plan["weeks"][-1], race(plan)
    others = runs(last)
    need(others)
    others[0]["day"], goal["day"] = goal["day"], others[0]["day"]


def second_race(plan: Json) -> None:
    goal, week = race(plan), plan["weeks"][-2]
    week["sessions"] = [s for s in week["sessions"] if s["day"] != goal["day"]] + [dict(goal)]


def race_of_another_length(plan: Json) -> None:
    race(plan)["distance"] *= 0.7


def days_twice(plan: Json) -> None:
    week = plan["weeks"][2]
    week["sessions"] += deepcopy(week["sessions"])


def two_runs_on_a_day(plan: Json) -> None:
    first, second = runs(plan["weeks"][2])[:2]
    second["day"] = first["day"]


def excluded_day(plan: Json) -> None:
    days = sorted({s["day"] for w in plan["weeks"] for s in runs(w)})
    need(len(days) > 2)
    victim = runs(plan["weeks"][2])[0]["day"]
    plan["request"]["run_days"] = [day for day in days if day != victim]
    plan["request"]["days_per_week"] = None
    plan["request"]["long_run_day"] = None


def another_long_run_day(plan: Json) -> None:
    longs = [s["day"] for w in plan["weeks"][:-1] for s in runs(w) if s["kind"] == "long"]
    need(longs)
    plan["request"]["long_run_day"] = next(d for d in ("Tue", "Wed", "Thu") if d != longs[0])


def too_little_time(plan: Json) -> None:
    plan["request"]["max_session_min"] = 15


def far_above_the_runner(plan: Json) -> None:
    need(volume(plan["weeks"][0]) > 14)
    plan["request"].update(weekly_distance=2, longest_run=None)


def text_of_another_distance(plan: Json) -> None:
    session = next((s for s in runs(plan["weeks"][2]) if s.get("distance")), None)
    need(session)
    assert session is not None
    unit = plan["request"]["units"]
    session["text"] = f"Easy run of {session['distance'] * 2:g} {unit}"


def text_of_another_duration(plan: Json) -> None:
    session = next((s for s in runs(plan["weeks"][2]) if s.get("duration_min")), None)
    need(session)
    assert session is not None
    session["text"] = f"Run for {session['duration_min'] * 2} minutes"


def note_of_another_length(plan: Json) -> None:
    weeks = len(plan["weeks"])
    plan["weeks"][0]["note"] = f"Welcome to your {weeks + 4}-week plan."


def steps_that_do_not_add_up(plan: Json) -> None:
    session = next((s for s in runs(plan["weeks"][2]) if s.get("distance")), None)
    need(session)
    assert session is not None
    session["steps"] = [{"repeat": 1, "kind": "easy", "distance_m": 500, "duration_s": None}]


def long_run_never_the_longest(plan: Json) -> None:
    weeks = [w for w in plan["weeks"] if any(s["kind"] == "long" for s in runs(w))]
    need(len(weeks) > 3 and all(len(runs(week)) > 1 for week in weeks))
    for week in weeks:
        long = next(s for s in runs(week) if s["kind"] == "long")
        other = next(s for s in runs(week) if s is not long)
        for key in ("distance", "duration_min", "text", "steps"):
            long[key], other[key] = other.get(key), long.get(key)
        resize(long, 0.5)
    retotal(plan)


def same_pace(plan: Json) -> None:
    plan["paces"] = {"easy": [400, 400], "tempo": [400, 400]}


def paces_out_of_order(plan: Json) -> None:
    plan["paces"] = {"easy": [400, 430], "tempo": [330, 330], "interval": [350, 350]}


def paces_in_another_unit(plan: Json) -> None:
    level, units = plan["request"]["level"], plan["request"]["units"]
    per_km = {"beginner": 440, "intermediate": 360, "advanced": 305}[level]
    seconds = round(per_km * MILE_KM) if units == "km" else per_km
    plan["paces"] = {"easy": [seconds - 10, seconds + 10]}


def constraint(kind: str, **values: Any) -> Damage:
    """Ask for what the plan does not keep."""

    def damage(plan: Json) -> None:
        asked = {"kind": kind, **values}
        if kind == "avoid_day":
            asked["value"] = runs(plan["weeks"][2])[0]["day"]
        if kind == "only_day":
            asked["value"] = next(d for d in ("Fri", "Mon", "Wed") if d != race(plan)["day"])
        if kind == "long_run_day":
            another_long_run_day(plan)
            asked["value"] = plan["request"].pop("long_run_day")
        if kind == "no_speedwork":
            need(any(s["kind"] in HARD for w in plan["weeks"] for s in runs(w)))
        plan["request"]["constraints"] = [asked]

    return damage


GROWTH = {"week_jump", "long_jump", "start_jump"}
DAMAGE: dict[str, tuple[Damage, set[str]]] = {
    "a week is dropped": (drop_week, {"week_count"}),
    "a week stands twice": (double_week, {"week_count"}),
    "a week is misnumbered": (misnumber, {"week_count"}),
    "first and biggest week swapped": (swap_first_and_biggest, GROWTH | {"phase_order"}),
    "race week and the week before swapped": (swap_last_two, {"race_not_last"}),
    "all weeks are the first": (copy_first_week, {"repeated_week"}),
    "a block of weeks twice": (copy_block, {"repeated_week"}),
    "the long run doubled": (double_long_run, {"long_jump"}),
    "38 km a week before": (long_run_a_week_before, {"late_long_run", "long_jump"}),
    "a marathon a week before": (marathon_a_week_before, {"marathon_in_training"}),
    "repetitions from 4 to 20": (leap_of_repetitions, {"repeats_jump"}),
    "no taper": (no_taper, {"no_taper"}),
    "a taper that grows": (growing_taper, {"taper_grows"}),
    "beginners with hard days in a row": (hard_days_for_beginners, {"hard_days_adjacent"}),
    "beginners without rest": (no_rest_for_beginners, {"no_rest_day"}),
    "a wrong total": (wrong_total, {"total_mismatch"}),
    "every run hard": (all_runs_hard, {"hard_share"}),
    "an empty week": (empty_week, {"run_count", "missing_day"}),
    "a week tripled": (tripled_week, {"week_jump"}),
    "the first week tripled": (tripled_first_week, {"start_jump"}),
    "metres as km": (metres_as_km, {"marathon_in_training"}),
    "miles as km": (miles_as_km, {"race_distance"}),
    "a run of no length": (zero_distance, {"no_distance"}),
    "a duration of 15 hours": (impossible_duration, {"duration_mismatch"}),
    "a run of 15 hours": (endless_run, {"marathon_in_training"}),
    "an unknown kind": (unknown_kind, {"unknown_kind"}),
    "no race": (no_race, {"race_missing", "race_not_last"}),
    "the race in the middle": (race_in_the_middle, {"race_not_last"}),
    "the race on a wrong day": (race_on_a_wrong_day, {"race_not_last"}),
    "two races": (second_race, {"race_not_last"}),
    "a race of another length": (race_of_another_length, {"race_distance"}),
    "all days twice": (days_twice, {"double_day"}),
    "two runs on a day": (two_runs_on_a_day, {"double_day"}),
    "running on an excluded day": (excluded_day, {"excluded_day"}),
    "the long run on another day": (another_long_run_day, {"long_run_day"}),
    "no time for the sessions": (too_little_time, {"session_too_long"}),
    "far above the runner's volume": (far_above_the_runner, {"start_jump"}),
    "a text of another distance": (text_of_another_distance, {"prose_mismatch"}),
    "a text of another duration": (text_of_another_duration, {"prose_mismatch"}),
    "a note of another length": (note_of_another_length, {"prose_mismatch"}),
    "steps that do not add up": (steps_that_do_not_add_up, {"steps_mismatch"}),
    "a long run that is never the longest": (long_run_never_the_longest, {"long_not_longest"}),
    "easy and tempo at one pace": (same_pace, {"pace_same"}),
    "paces out of order": (paces_out_of_order, {"pace_order"}),
    "paces of another unit": (paces_in_another_unit, {"pace_fitness"}),
    "a day to avoid": (constraint("avoid_day"), {"broken_constraint"}),
    "days to keep to": (constraint("only_day"), {"broken_constraint"}),
    "a long-run day": (constraint("long_run_day"), {"broken_constraint"}),
    "a limit of minutes": (constraint("max_session_min", value=15, scope="all"), {"broken_constraint"}),
    "no speedwork": (constraint("no_speedwork"), {"broken_constraint"}),
}  # fmt: skip
# What cannot even be read: the file is refused with one line.
REFUSED: dict[str, Callable[[Json], None]] = {
    "a negative distance": lambda plan: runs(plan["weeks"][2])[0].update(distance=-5),
    "a negative duration": lambda plan: runs(plan["weeks"][2])[0].update(duration_min=-5),
    "a distance beyond all sense": lambda plan: runs(plan["weeks"][2])[0].update(distance=1e9),
    "a day that does not exist": lambda plan: runs(plan["weeks"][2])[0].update(day="Someday"),
    "a pace of zero": lambda plan: plan.update(paces={"easy": [0, 0]}),
}
