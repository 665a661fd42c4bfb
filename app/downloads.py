"""The plan as files to take away."""

import json

import streamlit as st

from runplan.exports.text import render_text
from runplan.plan import Plan
from runplan.plan_json import plan_to_json


def draw(plan: Plan) -> None:
    """One button per format. Clicking one leaves the page as it is."""
    with st.container(horizontal=True):
        st.download_button(
            "Download as Text",
            render_text(plan),
            file_name(plan, "txt"),
            "text/plain",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
        )
        st.download_button(
            "Download as JSON",
            json.dumps(plan_to_json(plan), ensure_ascii=False, indent=1),
            file_name(plan, "json"),
            "application/json",
            on_click="ignore",
            icon=":material/data_object:",
            help="For other programs, and for checking the plan with the command line tool.",
        )


def file_name(plan: Plan, ending: str) -> str:
    """`runplan-half-12-weeks.txt`."""
    return f"runplan-{plan.request.race.lower()}-{plan.request.weeks}-weeks.{ending}"
