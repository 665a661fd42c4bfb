"""A finished plan on the page, and a single week for while it is being written."""

import math
from collections import Counter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import charts, downloads
from app.form import LABELS
from app.safe import plain
from runplan import advice
from runplan.exports import guidance, wording
from runplan.plan import HARD_KINDS, Plan, Session, Week

# Keep a date or a pace on one line in a narrow column.
_NBSP, _JOINER = "\N{NO-BREAK SPACE}", "\N{WORD JOINER}"
_KIND_COLOURS = {
    **dict.fromkeys(("easy", "recovery", "runwalk"), "green"),
    **dict.fromkeys(HARD_KINDS, "orange"),
    "long": "blue",
    "race": "red",
    "cross": "violet",
    "strength": "violet",
}


def draw(plan: Plan) -> None:
    """The whole plan: what was asked for, the summary, the downloads and every week."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Training Plan Criteria")
        _pairs(wording.overview(plan) + wording.criteria(plan), "What was asked for")
    with right:
        st.header("Plan Summary")
        _pairs(wording.summary(plan), "The plan in figures")
        for line in wording.warnings(plan):
            st.warning(plain(line), icon=":material/info:")
        _could_tell(plan)
        st.caption(plain(provenance(plan)))
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Weekly distance")
        charts.draw_distances(plan)
    with right:
        _paces(plan)
    st.header("Your Training Plan")
    st.markdown(plain(wording.title(plan)))
    downloads.draw(plan)
    for place, week in zip(week_places(len(plan.weeks)), plan.weeks):
        with place.container(border=True, height="stretch"):
            draw_week(week, plan)
    for column, (heading, pairs) in zip(st.columns(2, gap="medium"), guidance.sections(plan)):
        with column:
            st.header(heading)
            _pairs(pairs, heading)
    st.caption(plain(wording.DISCLAIMER))


def _could_tell(plan: Plan) -> None:
    if hints := advice.missing(plan.request):
        lines = [f"- **{LABELS[field]}**: {plain(why)}" for field, why in hints.items()]
        head = "Fill in what you know, and the next plan fits you better:"
        st.info("\n".join([head, "", *lines]), icon=":material/lightbulb:")


def week_places(count: int) -> list[DeltaGenerator]:
    """One place a week: two side by side, below each other on a narrow screen."""
    rows = [st.columns(2) for _ in range(math.ceil(count / 2))]
    return [place for row in rows for place in row][:count]


def draw_week(week: Week, plan: Plan) -> None:
    """One week: phase, distance, the note, and seven days with their sessions."""
    rows = next(rows for shown, rows in wording.day_rows(plan) if shown.number == week.number)
    st.subheader(plain(wording.week_title(week, plan)))
    if span := wording.week_span(rows):
        st.caption(plain(span))
    if week.note:
        st.markdown(f":material/chat: *{plain(week.note)}*")
    st.table(
        {
            "Day": [_day(row) for row in rows],
            "Training": [_training(row, plan) for row in rows],
        },
        border="horizontal",
        hide_header=True,
        hide_index=True,
        alt=f"Week {week.number}, day by day",
    )


def _day(row: wording.DayRow) -> str:
    if row.date is None:
        return f"**{row.day}**"
    return f"**{row.day}**{_NBSP}{row.date.day}{_NBSP}{row.date:%b}"


def _training(row: wording.DayRow, plan: Plan) -> str:
    if not row.sessions:
        return ":gray[Rest]"
    lines = []
    for session in row.sessions:
        kind = wording.kind_name(session)
        size = wording.session_title(session, plan).removeprefix(kind).removeprefix(", ")
        colour = _KIND_COLOURS.get(session.kind, "gray")
        badge = f":{colour}-badge[{plain(kind)}] {plain(size)}"
        lines.append(f"{badge}  \n{plain(detail(session, plan))}")
    return "  \n".join(lines)


def detail(session: Session, plan: Plan) -> str:
    """The session's text without the kind and distance that it repeats: they stand before it."""
    if session.distance is None:
        return session.text
    head, found, rest = session.text.partition(wording.distance(session.distance, plan))
    rest = rest.lstrip(":, ")
    if not found or not rest or not wording.kind_name(session).startswith(head.split(" ")[0]):
        return session.text
    return rest[:1].upper() + rest[1:]


def _sentence(label: str, value: str) -> str:
    """Our words start with a capital letter here; the runner's own stay as they are."""
    return value if label in ("Runner", "Details") else value[:1].upper() + value[1:]


def _pairs(rows: list[tuple[str, str]], alt: str) -> None:
    st.table(
        {
            "Label": [f"**{plain(label)}**" for label, _ in rows],
            "Value": [plain(_sentence(label, value)) for label, value in rows],
        },
        border="horizontal",
        hide_header=True,
        hide_index=True,
        alt=alt,
    )


def _paces(plan: Plan) -> None:
    titles, rows = wording.pace_table(plan)
    if not rows:
        return
    st.subheader("Your paces")
    # Heart rates stand below the paces: a narrow screen has no room for a fourth column.
    st.table(
        {
            titles[0]: [f"**{_unbroken(row[0])}**" for row in rows],
            " and ".join(titles[1:-1]).capitalize(): [
                "  \n".join(map(_unbroken, row[1:-1])) for row in rows
            ],
            titles[-1]: [plain(row[-1]) for row in rows],
        },
        border="horizontal",
        hide_index=True,
        alt="Training paces by zone",
    )


def _unbroken(text: str) -> str:
    return plain(text).replace(" ", _NBSP).replace("–", f"{_JOINER}–{_JOINER}")


def provenance(plan: Plan) -> str:
    """Who wrote the weeks, in one or two sentences."""
    origin = plan.provenance
    total = len(origin.weeks)
    counts = Counter(origin.weeks)
    model = f" ({origin.model})" if origin.model else ""
    words = {
        "model": f"written by the model{model}",
        "repaired": "rewritten by the model after a check",
        "coach": "written by the rule-based coach",
    }
    sentences = [
        f"{count} of {total} weeks {'was' if count == 1 else 'were'} {words[source]}"
        for source in ("model", "repaired", "coach")
        if (count := counts[source])
    ]
    return "; ".join(sentences) + ". Paces, totals and dates are calculated, never guessed."
