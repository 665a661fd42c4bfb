"""What tests read of a plan file and change in it: functions over the plan JSON."""

from typing import Any

Json = dict[str, Any]
OTHER = ("rest", "cross", "strength")
MILE_KM = 1.609344


def runs(week: Json) -> list[Json]:
    """The runs of a week, the race left out."""
    return [s for s in week["sessions"] if s["kind"] not in (*OTHER, "race")]


def size(session: Json) -> float:
    """How long a run is, whatever the measure; about km or mi."""
    return float(session.get("distance") or session.get("duration_min", 0) / 7)


def resize(session: Json, factor: float) -> None:
    """Make a run longer or shorter, and forget everything that told its length."""
    for key, digits in (("distance", 1), ("duration_min", None)):
        if session.get(key):
            session[key] = round(session[key] * factor, digits)
    session["text"], session["steps"] = "", []
    if session.get("distance"):
        session["duration_min"] = None


def set_km(plan: Json, session: Json, km: float) -> None:
    """Give a run a length in km."""
    unit = MILE_KM if plan["request"]["units"] == "mi" else 1.0
    session.update(distance=round(km / unit, 1), duration_min=None, text="", steps=[])


def retotal(plan: Json) -> None:
    """Make stated totals agree again."""
    for week in plan["weeks"]:
        if week.get("distance") is not None:
            known = [s.get("distance") or 0.0 for s in week["sessions"] if s["kind"] not in OTHER]
            week["distance"] = round(sum(known), 2)


def volume(week: Json) -> float:
    """How much running there is in a week."""
    return sum(map(size, runs(week)))


def biggest(plan: Json) -> Json:
    """The week with the most running."""
    return max(plan["weeks"][:-1], key=volume)


def race(plan: Json) -> Json:
    """The goal race."""
    return next(s for s in plan["weeks"][-1]["sessions"] if s["kind"] == "race")


def renumber(plan: Json) -> None:
    """Number the weeks from 1."""
    for number, week in enumerate(plan["weeks"], 1):
        week["number"] = number
