"""The plan as files to take away."""

from collections.abc import Callable

import streamlit as st

from runplan.exports import FORMATS, export
from runplan.plan import Plan

_ICONS = {
    "markdown": ":material/markdown:",
    "json": ":material/data_object:",
    "ics": ":material/calendar_month:",
    "csv": ":material/csv:",
    "xlsx": ":material/table:",
    "pdf": ":material/picture_as_pdf:",
    "fit": ":material/watch:",
    "intervals": ":material/timer:",
}


def draw(plan: Plan) -> None:
    """One button per format. Clicking one leaves the page as it is."""
    with st.container(horizontal=True):
        st.download_button(
            "Download as Text",
            export(plan, "text"),
            file_name(plan, "text"),
            FORMATS["text"].mime,
            on_click="ignore",
            type="primary",
            icon=":material/download:",
        )
        with st.popover("More formats", icon=":material/more_horiz:"):
            for name, known in FORMATS.items():
                if name != "text":
                    missing_date = known.needs_date and plan.request.race_date is None
                    st.download_button(
                        known.label,
                        builder(plan, name),
                        file_name(plan, name),
                        known.mime,
                        key=f"download-{name}",
                        on_click="ignore",
                        type="tertiary",
                        icon=_ICONS.get(name),
                        disabled=missing_date,
                        help="Give a race date to get this format." if missing_date else None,
                    )


def builder(plan: Plan, name: str) -> Callable[[], bytes]:
    """Makes the file only once it is asked for; some formats take a while."""
    return lambda: export(plan, name)


def file_name(plan: Plan, name: str) -> str:
    """`runplan-half-12-weeks.txt`."""
    stem = f"runplan-{plan.request.race.lower()}-{plan.request.weeks}-weeks"
    # Two formats end in .txt, and an archive says nothing of what is in it.
    stem += {"fit": "-watch", "intervals": "-intervals"}.get(name, "")
    return f"{stem}.{FORMATS[name].extension}"
