"""The form: its fields, and the way from what was typed to a valid request.

Whatever the browser checks is checked again by `PlanRequest`; its complaint is shown under the
label that the field has here. All input stays in the session state, so nothing typed is lost.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from app.safe import plain
from runplan.errors import InputError
from runplan.request import (
    DAYS,
    LEVELS,
    MAX_DAYS,
    MAX_DETAILS,
    MAX_NAME,
    MAX_SESSION_MIN,
    MAX_WEEKS,
    MIN_DAYS,
    MIN_SESSION_MIN,
    MIN_WEEKS,
    RACES,
    PlanRequest,
    request_from_json,
)
from runplan.units import UNITS

RACE_CHOICES = dict(zip(("5K", "10K", "Half Marathon", "Marathon"), RACES))
LEVEL_CHOICES = {level.capitalize(): level for level in LEVELS}
UNIT_CHOICES = dict(zip(("Kilometres", "Miles"), UNITS))
NO_RACE = "None"
USUAL_DAY = "Usual"

# Request field → its label on the page, which is also the widget's key.
LABELS: Mapping[str, str] = {
    "name": "Your Name",
    "race": "Goal Race",
    "level": "Current Level",
    "weeks": "Training Duration (weeks)",
    "days_per_week": "Days per week",
    "details": "Optional Details",
    "units": "Units",
    "run_days": "Running days",
    "long_run_day": "Long-run day",
    "weekly_distance": "Current weekly distance",
    "longest_run": "Longest recent run",
    "recent_race": "Recent race",
    "goal_time": "Goal time",
    "race_date": "Race date",
    "max_session_min": "Longest session (minutes)",
}
RECENT_TIME = "Recent race time"
SUBMIT = "Generate Training Plan"

_REQUIRED = ("name", "race", "level", "weeks", "days_per_week", "details")


def draw() -> None:
    """Draw the form, with the complaint about the last submission if there was one.

    A valid submission puts its request into `st.session_state["pending"]`.
    """
    error: InputError | None = st.session_state.get("form_error")
    with st.form("criteria"):
        _main_fields()
        with st.expander(
            "More about you and your race (optional)",
            icon=":material/tune:",
            expanded=_optional_used() or (error is not None and error.field not in _REQUIRED),
        ):
            _optional_fields()
        st.form_submit_button(SUBMIT, type="primary", on_click=_submit, width="stretch")
        if error is not None:
            label = LABELS.get(error.field, error.field)
            st.error(f"**{label}**: {plain(error.problem)}", icon=":material/error:")


def _main_fields() -> None:
    name, race, level = st.columns(3)
    name.text_input(
        LABELS["name"],
        key=LABELS["name"],
        max_chars=MAX_NAME,
        placeholder="Runner",
        autocomplete="given-name",
    )
    race.selectbox(LABELS["race"], list(RACE_CHOICES), index=1, key=LABELS["race"])
    level.selectbox(LABELS["level"], list(LEVEL_CHOICES), key=LABELS["level"])
    st.caption(
        "Beginner: new to running or to the distance. Intermediate: running regularly for a year "
        "or more. Advanced: years of structured training."
    )
    weeks, days = st.columns(2, gap="medium")
    weeks.slider(LABELS["weeks"], MIN_WEEKS, MAX_WEEKS, 12, key=LABELS["weeks"])
    days.slider(LABELS["days_per_week"], MIN_DAYS, MAX_DAYS, 4, key=LABELS["days_per_week"])
    st.text_area(
        LABELS["details"],
        key=LABELS["details"],
        max_chars=MAX_DETAILS,
        height=100,
        placeholder="Injuries, hills near you, what you enjoy, other sports… (not stored)",
    )


def _optional_fields() -> None:
    left, right = st.columns(2)
    left.segmented_control(
        LABELS["units"],
        list(UNIT_CHOICES),
        default="Kilometres",
        required=True,
        key=LABELS["units"],
        help="For every distance in this form and in the plan.",
    )
    right.selectbox(
        LABELS["long_run_day"],
        [USUAL_DAY, *DAYS],
        key=LABELS["long_run_day"],
        help="Usual is Sunday, or Saturday when you do not run on Sundays.",
    )
    st.pills(
        LABELS["run_days"],
        list(DAYS),
        selection_mode="multi",
        key=LABELS["run_days"],
        help="As many as the days per week above. None chosen: days are spread over the week.",
    )
    left, right = st.columns(2)
    left.number_input(
        LABELS["weekly_distance"],
        min_value=0.0,
        value=None,
        step=1.0,
        format="%g",
        key=LABELS["weekly_distance"],
        placeholder="e.g. 25",
        help="What you run in a usual week now, in the units chosen above.",
    )
    right.number_input(
        LABELS["longest_run"],
        min_value=0.0,
        value=None,
        step=1.0,
        format="%g",
        key=LABELS["longest_run"],
        placeholder="e.g. 8",
        help="Your longest run of the last four weeks, in the units chosen above.",
    )
    left, right = st.columns(2)
    left.selectbox(
        LABELS["recent_race"],
        [NO_RACE, *RACE_CHOICES],
        key=LABELS["recent_race"],
        help="A race or all-out effort of the last three months. Your paces follow from it.",
    )
    right.text_input(
        RECENT_TIME,
        key=RECENT_TIME,
        max_chars=10,
        placeholder="25:00",
        help="As minutes:seconds or hours:minutes:seconds, e.g. 25:00 or 1:45:00.",
    )
    left, right = st.columns(2)
    left.date_input(
        LABELS["race_date"],
        value=None,
        min_value=datetime.now(UTC).date(),
        key=LABELS["race_date"],
        format="YYYY-MM-DD",
        help="The last day of the plan. With it, every session gets its calendar date.",
    )
    right.text_input(
        LABELS["goal_time"],
        key=LABELS["goal_time"],
        max_chars=10,
        placeholder="1:45:00",
        help="As minutes:seconds or hours:minutes:seconds. Sets your paces when there is no "
        "recent race.",
    )
    st.number_input(
        LABELS["max_session_min"],
        min_value=MIN_SESSION_MIN,
        max_value=MAX_SESSION_MIN,
        value=None,
        step=5,
        key=LABELS["max_session_min"],
        placeholder="e.g. 90",
        help="No training session will be planned longer than this. The race itself may be.",
    )


def _optional_used() -> bool:
    state = st.session_state
    plain_values = {LABELS["units"]: "Kilometres", LABELS["long_run_day"]: USUAL_DAY}
    plain_values[LABELS["recent_race"]] = NO_RACE
    optional = [label for field, label in LABELS.items() if field not in _REQUIRED]
    return any(
        state.get(label) and state.get(label) != plain_values.get(label)
        for label in (*optional, RECENT_TIME)
    )


def _submit() -> None:
    """Runs before the page is drawn again, with the submitted values in the session state."""
    try:
        st.session_state["pending"] = read(st.session_state)
        st.session_state["form_error"] = None
    except InputError as error:
        st.session_state["form_error"] = error


def read(state: Mapping[Any, Any]) -> PlanRequest:
    """The request that the submitted values make.

    Raises:
        InputError: a value is missing or out of range.
    """
    values = {field: state.get(label) for field, label in LABELS.items()}
    long_run_day = values["long_run_day"]
    race_date = values["race_date"]
    return request_from_json(
        {
            **values,
            "name": values["name"] or "",
            "details": values["details"] or "",
            "race": RACE_CHOICES.get(str(values["race"])),
            "level": LEVEL_CHOICES.get(str(values["level"])),
            "units": UNIT_CHOICES.get(str(values["units"]), "km"),
            "run_days": list(values["run_days"] or ()),
            "long_run_day": None if long_run_day == USUAL_DAY else long_run_day,
            "recent_race": _recent_race(values["recent_race"], state.get(RECENT_TIME)),
            "goal_time": (values["goal_time"] or "").strip() or None,
            "race_date": race_date.isoformat() if race_date else None,
        }
    )


def _recent_race(choice: str | None, time: str | None) -> str | None:
    time = (time or "").strip()
    race = RACE_CHOICES.get(choice or NO_RACE)
    if race is None:
        if time:
            raise InputError("recent_race", "choose the distance of the race you gave a time for")
        return None
    if not time:
        raise InputError("recent_race", "give the time you ran, e.g. 25:00, or choose None")
    return f"{race}={time}"
