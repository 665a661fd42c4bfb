"""The weekly-distance chart."""

import streamlit as st

from runplan.exports import wording
from runplan.plan import Plan, Week
from runplan.units import number

LONG, OTHER, RACE = "Long run", "Other running", "Race"
_COLOURS = {"light": ["#0f766e", "#8cc9c0", "#d97706"], "dark": ["#2dd4bf", "#2c6f67", "#f59e0b"]}


def draw_distances(plan: Plan) -> None:
    """Stacked bars, one a week: the long run, the other running, the race."""
    units = plan.request.units
    rows = [
        {"Week": week.number, "Part": part, "Distance": value, "Phase": week.phase, "Order": order}
        for week in plan.weeks
        for order, (part, value) in enumerate(week_parts(week).items())
        if value
    ]
    colours = _COLOURS["dark" if st.context.theme.type == "dark" else "light"]
    distance = f"Distance ({units})"
    spec = {
        "data": {"values": rows},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "height": 320,
        "encoding": {
            "x": {"field": "Week", "type": "ordinal", "axis": {"labelAngle": 0}},
            "y": {"field": "Distance", "type": "quantitative", "title": distance},
            "order": {"field": "Order", "type": "quantitative"},
            "color": {
                "field": "Part",
                "type": "nominal",
                "scale": {"domain": [LONG, OTHER, RACE], "range": colours},
                "legend": {"orient": "top", "title": None},
            },
            "tooltip": [
                {"field": "Week"},
                {"field": "Phase"},
                {"field": "Part"},
                {"field": "Distance", "title": distance},
            ],
        },
    }
    st.vega_lite_chart(spec=spec, width="stretch", alt=describe(plan))


def week_parts(week: Week) -> dict[str, float]:
    """The distance of a week by part: long run, other running, race."""
    parts = {LONG: 0.0, OTHER: 0.0, RACE: 0.0}
    for session in week.sessions:
        part = {"long": LONG, "race": RACE}.get(session.kind, OTHER)
        parts[part] += session.distance or 0.0
    return {part: round(value, 2) for part, value in parts.items()}


def describe(plan: Plan) -> str:
    """The chart in words, for those who do not see it."""
    weeks = "; ".join(
        f"week {week.number} {number(round(week.distance, 2))}"
        + (f" with a long run of {number(parts[LONG])}" if parts[LONG] else "")
        + (f" with a race of {number(parts[RACE])}" if parts[RACE] else "")
        for week in plan.weeks
        for parts in (week_parts(week),)
    )
    first, last = plan.weeks[0], plan.weeks[-1]
    return (
        f"Bar chart of the distance of each week in {plan.request.units}, from "
        f"{wording.distance(first.distance, plan)} in week {first.number} to "
        f"{wording.distance(last.distance, plan)} in week {last.number}: {weeks}."
    )
