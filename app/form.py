"""The form: its fields, and the way from what was typed to a valid request.

Whatever the browser checks is checked again by `PlanRequest`; its complaint is shown under the
label that the field has here. All input stays in the session state, so nothing typed is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.safe import plain
from runplan.errors import InputError
from runplan.request import (
    DAYS,
    LEVELS,
    MAX_AGE,
    MAX_DAYS,
    MAX_DETAILS,
    MAX_HEART_RATE,
    MAX_NAME,
    MAX_SESSION_MIN,
    MAX_WEEKS,
    MIN_AGE,
    MIN_DAYS,
    MIN_HEART_RATE,
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
    "age": "Age",
    "max_heart_rate": "Maximum heart rate",
}
RECENT_TIME = "Recent race time"
SUBMIT = "Generate Training Plan"

_REQUIRED = ("name", "race", "level", "weeks", "days_per_week", "details")
# What an optional field holds that was left alone, where that is not empty.
_UNTOUCHED = {"units": "Kilometres", "long_run_day": USUAL_DAY, "recent_race": NO_RACE}


@dataclass(frozen=True)
class Submission:
    """A valid request, and the names of the fields that the runner filled in."""

    request: PlanRequest
    given: frozenset[str]


def draw() -> None:
    """Draw the form, with the complaint about the last submission if there was one.

    A valid submission is put into `st.session_state["submitted"]`.
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
    help_ = "What you run in a usual week now, in the units chosen above."
    _distance(left, "weekly_distance", "25", help_)
    help_ = "Your longest run of the last four weeks, in the units chosen above."
    _distance(right, "longest_run", "8", help_)
    left, right = st.columns(2)
    left.selectbox(
        LABELS["recent_race"],
        [NO_RACE, *RACE_CHOICES],
        key=LABELS["recent_race"],
        help="A race or all-out effort of the last three months. Your paces follow from it.",
    )
    _time(right, RECENT_TIME, "25:00", "")
    left, right = st.columns(2)
    left.date_input(
        LABELS["race_date"],
        value=None,
        min_value=datetime.now(UTC).date(),
        key=LABELS["race_date"],
        format="YYYY-MM-DD",
        help="The last day of the plan. With it, every session gets its calendar date.",
    )
    help_ = "Sets your paces when there is no recent race."
    _time(right, LABELS["goal_time"], "1:45:00", help_)
    session, age, heart = st.columns(3)
    help_ = "No training session will be planned longer than this. The race itself may be."
    _whole(session, "max_session_min", (MIN_SESSION_MIN, MAX_SESSION_MIN), "90", help_, step=5)
    help_ = "With the years, hard days and hard weeks take longer to recover from."
    _whole(age, "age", (MIN_AGE, MAX_AGE), "40", help_)
    help_ = (
        "The highest you have seen, in beats a minute, for instance at the end of a race. It gives "
        "you heart rates beside the paces. Leave it empty rather than guess: 220 minus your age "
        "can be off by 10 to 20 beats."
    )
    _whole(heart, "max_heart_rate", (MIN_HEART_RATE, MAX_HEART_RATE), "185", help_)


def _distance(place: DeltaGenerator, field: str, example: str, help_: str) -> None:
    place.number_input(
        LABELS[field],
        min_value=0.0,
        value=None,
        step=1.0,
        format="%g",
        key=LABELS[field],
        placeholder=f"e.g. {example}",
        help=help_,
    )


def _whole(
    place: DeltaGenerator,
    field: str,
    limits: tuple[int, int],
    example: str,
    help_: str,
    step: int = 1,
) -> None:
    place.number_input(
        LABELS[field],
        min_value=limits[0],
        max_value=limits[1],
        value=None,
        step=step,
        key=LABELS[field],
        placeholder=f"e.g. {example}",
        help=help_,
    )


def _time(place: DeltaGenerator, label: str, example: str, help_: str) -> None:
    form = "As minutes:seconds or hours:minutes:seconds, e.g. 25:00 or 1:45:00."
    place.text_input(
        label, key=label, max_chars=10, placeholder=example, help=f"{form} {help_}".rstrip()
    )


def filled(state: Mapping[Any, Any]) -> frozenset[str]:
    """The fields that hold more than a default; the main ones stand on the form for all to see."""
    return frozenset(
        field
        for field, label in LABELS.items()
        if state.get(label) not in (None, "", [], _UNTOUCHED.get(field))
    )


def _optional_used() -> bool:
    state = st.session_state
    return bool(filled(state) - set(_REQUIRED) or state.get(RECENT_TIME))


def _submit() -> None:
    """Runs before the page is drawn again, with the submitted values in the session state."""
    try:
        request = read(st.session_state)
        st.session_state["submitted"] = Submission(request, filled(st.session_state))
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
