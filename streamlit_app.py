"""The page: a form, and the plan that is written from it.

Run it with `make app`, or `streamlit run streamlit_app.py`.
"""

import streamlit as st

from app import details, form, model, plan_view
from app.generate import generate
from app.safe import plain
from runplan.backends.base import Backend
from runplan.errors import InputError

PAGE_WIDTH = 1040


def load() -> Backend | None:
    """The text engine of this server."""
    return model.backend(model.chosen())


def main() -> None:
    """Draw the page. The finished plan stays in the session until the next one replaces it."""
    state = st.session_state
    st.title("AI Running Training Plan Generator")
    st.markdown(
        "Tell us about your race, and a small language model writes your plan, week by week. "
        "Every plan is checked against your criteria and the safety rules of running science."
    )
    form.draw()
    asking = st.empty()
    # Two places, one of them always empty: a new plan in the making takes the old one off the page.
    finished, writing = st.empty(), st.empty()
    if submission := state.get("submitted"):
        with asking, st.spinner("Reading your details…"):
            details.take(submission, load)
        del state["submitted"]
    with asking.container():
        details.draw()
    if request := state.get("pending"):
        try:
            state["result"] = generate(request, load, writing)
        except InputError as error:
            state["form_error"] = error
        del state["pending"]
        st.rerun()
    if result := state.get("result"):
        with finished.container():
            if result.notice:
                st.warning(plain(result.notice), icon=":material/info:")
            plan_view.draw(result.plan)


st.set_page_config(page_title="Running training plan", page_icon="🏃", layout="wide")
with st.container(horizontal_alignment="center"), st.container(width=PAGE_WIDTH):
    main()
