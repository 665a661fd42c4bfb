"""What was read in the runner's details: chips to confirm, a question for each contradiction.

Comes between the form and the plan, and only where something was read. What was read stays on the
page for as long as the details stay the same, so that nothing is asked twice.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import streamlit as st

from app.form import LABELS, Submission
from app.safe import plain
from runplan.backends.base import Backend
from runplan.constraints import Constraint, in_words
from runplan.errors import BackendError, NotationError
from runplan.merging import merge
from runplan.request import PlanRequest
from runplan.understanding import understand

log = logging.getLogger(__name__)

WRITE = "Write my plan with these"
CHIPS = "These go into your plan. Deselect what is wrong."
KEEP, FOLLOW = "Keep the form", "Follow my details"
KEPT = "Your form is kept as it is; change it above to have it otherwise."
NOT_READ = (
    "No language model is at work here, so your details were not read for days, times or limits: "
    "please set those in the form. Your words still colour the weekly notes."
)


@dataclass(frozen=True)
class Question:
    """A field of the form that the details contradict; `open` where they could be followed."""

    field: str
    text: str
    open: bool


@dataclass(frozen=True)
class Reading:
    """A submission, and what its details ask for; `constraints` is None where they were not read.

    `asked` are the questions that the runner has seen.
    """

    submission: Submission
    constraints: tuple[Constraint, ...] | None
    asked: frozenset[Question] = frozenset()

    @property
    def text(self) -> str:
        """The details."""
        return self.submission.request.details


def take(submission: Submission, load: Callable[[], Backend | None]) -> None:
    """Read the details, unless that was done before; what needs no answer is pending at once.

    A request to write is put into `st.session_state["pending"]`.
    """
    state = st.session_state
    before: Reading | None = state.get("reading")
    known = before is not None and before.text == submission.request.details
    if before is not None and known and before.constraints is not None:
        reading = replace(before, submission=submission)
    else:
        reading = Reading(submission, _read(submission.request.details, load))
    state["reading"] = reading
    request, questions = _answered(reading)
    if not reading.constraints or (known and reading.asked.issuperset(questions)):
        state["pending"] = request


def _read(text: str, load: Callable[[], Backend | None]) -> tuple[Constraint, ...] | None:
    if not text:
        return ()
    try:
        backend = load()
        return None if backend is None else understand(text, backend)
    except (BackendError, NotationError) as error:
        log.warning("the details were not read: %s", error)
        return None


@st.fragment
def draw() -> None:
    """The chips and the questions; a click on the button makes the request pending."""
    state = st.session_state
    reading: Reading | None = state.get("reading")
    if reading is None or reading.constraints == ():
        return
    if reading.constraints is None:
        st.info(NOT_READ, icon=":material/info:")
        return
    with st.container(border=True):
        st.subheader("What we read in your details", anchor=False)
        st.pills(
            CHIPS,
            list(reading.constraints),
            selection_mode="multi",
            default=list(reading.constraints),
            format_func=lambda constraint: plain(in_words(constraint)),
            key=_chips_key(reading),
        )
        request, questions = _answered(reading)
        for question in questions:
            if question.open:
                key = _answer_key(reading, question.field)
                st.radio(plain(question.text), (KEEP, FOLLOW), horizontal=True, key=key)
            else:
                st.info(plain(f"{question.text} {KEPT}"), icon=":material/info:")
        state["reading"] = replace(reading, asked=reading.asked.union(questions))
        if st.button(WRITE, type="primary", icon=":material/check:"):
            state["pending"] = request
            st.rerun()
        st.caption("To change the words themselves, edit the details above and generate again.")


def settle(
    submission: Submission, chosen: Collection[Constraint], followed: Collection[str]
) -> tuple[PlanRequest, tuple[Question, ...]]:
    """The request with the chosen constraints, and the questions that they raise.

    `followed` are the fields where the details go before the form. That may raise another question:
    other days, and perhaps no longer as many.
    """
    request, given = submission.request, submission.given
    moved: frozenset[str] = frozenset()
    questions: dict[str, Question] = {}
    while True:
        merged = merge(request, tuple(chosen), given - moved)
        for field in dict.fromkeys(conflict.field for conflict in merged.conflicts):
            if field not in questions:
                texts = [found.message for found in merged.conflicts if found.field == field]
                otherwise = merge(request, tuple(chosen), given - moved - {field})
                open_ = all(conflict.field != field for conflict in otherwise.conflicts)
                questions[field] = Question(field, " ".join(dict.fromkeys(texts)), open_)
        more = {field for field, question in questions.items() if question.open} & set(followed)
        if more <= moved:
            return merged.request, tuple(questions.values())
        moved |= more


def _answered(reading: Reading) -> tuple[PlanRequest, tuple[Question, ...]]:
    """The request as the chips and the answers stand, and the questions."""
    state = st.session_state
    read = reading.constraints or ()
    selected = state.get(_chips_key(reading), read)
    chosen = [constraint for constraint in read if constraint in selected]
    followed = [field for field in LABELS if state.get(_answer_key(reading, field)) == FOLLOW]
    return settle(reading.submission, chosen, followed)


# Other details, other chips and questions: the answers belong to the text.
def _chips_key(reading: Reading) -> str:
    return f"chips for {reading.text}"


def _answer_key(reading: Reading, field: str) -> str:
    return f"{field} for {reading.text}"
