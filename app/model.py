"""The text engine, loaded once for all sessions."""

import os

import streamlit as st

from runplan.backends.base import Backend
from runplan.backends.load import load

# Which backend the page uses: the embedded model, unless the operator says otherwise.
BACKEND_VARIABLE = "RUNPLAN_BACKEND"


def chosen() -> str:
    """The name of the backend this server is set up for."""
    return os.environ.get(BACKEND_VARIABLE, "embedded")


@st.cache_resource(max_entries=1, show_spinner="Loading the language model…")
def backend(name: str) -> Backend | None:
    """The backend of that name; None is the coach, which needs no model.

    Raises:
        BackendError: the model is missing or cannot be started.
    """
    return load(name)
