"""The complete plan as a printable PDF (A4): each week a block, never torn apart by a page.

Set in FiraGO, which holds the Latin, Cyrillic, Greek, Arabic, Hebrew, Devanagari, Thai and Georgian
scripts. What it lacks (emoji, Chinese, Japanese, Korean, …) is spelled in Latin letters, and the
plan says so.
"""

import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pymupdf_fonts
from anyascii import anyascii
from fpdf import FPDF
from fpdf.fonts import TTFFont

from runplan.exports import guidance, wording
from runplan.plan import Plan, Week

Colour = tuple[int, int, int]

# Exporting a plan twice gives the same file, so the document carries no clock time.
_MADE = datetime(2025, 1, 1, tzinfo=UTC)
_FONT = "FiraGO"
_STYLES = {"": "figo", "B": "figbo"}
_MARGIN = 16.0
_LABEL_WIDTH = 44.0
_DAY_WIDTH = 24.0
_FIGURE_WIDTH = 36.0

_INK: Colour = (33, 37, 41)
_SOFT: Colour = (105, 112, 120)
_LINE: Colour = (222, 226, 230)
_ACCENT: Colour = (31, 78, 120)
_PHASE_COLOUR: dict[str, Colour] = {
    "base": (31, 78, 120),
    "build": (158, 84, 0),
    "peak": (150, 32, 60),
    "taper": (32, 104, 64),
}
_SPELLED_NOTE = (
    "Some characters of this plan are not in the font of this document; they are spelled in "
    "Latin letters."
)


def write(plan: Plan) -> bytes:
    """The plan as a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        page = _Page(Path(folder))
        page.start(wording.title(plan))
        page.pairs(wording.overview(plan))
        page.heading("What you asked for")
        page.pairs(wording.criteria(plan))
        if plan.paces:
            page.heading("Your paces")
            page.paces(wording.pace_table(plan)[1])
        page.heading("Week by week")
        for week, rows in wording.day_rows(plan):
            page.week(week, rows, plan)
        for heading, pairs in guidance.sections(plan):
            page.heading(heading)
            page.pairs(pairs)
        page.heading("In figures")
        page.pairs(wording.summary(plan))
        if plan.findings:
            page.heading("Worth knowing")
            for line in wording.warnings(plan):
                page.paragraph(f"•  {line}")
        page.heading("How this plan was made")
        page.paragraph(" ".join(wording.provenance(plan)))
        page.paragraph(wording.DISCLAIMER, colour=_SOFT)
        if page.spelled:
            page.paragraph(_SPELLED_NOTE, colour=_SOFT)
        return bytes(page.output())


class _Page(FPDF):
    """The document being written, with the few shapes the plan is made of."""

    def __init__(self, folder: Path) -> None:
        super().__init__(format="A4")
        self.spelled = False
        self._footer = ""
        self._heights: dict[tuple[str, float], float] = {}
        for style, name in _STYLES.items():
            path = folder / f"{name}.ttf"
            path.write_bytes(pymupdf_fonts.myfont(name))
            self.add_font(_FONT, style, path)
        regular = self.fonts[_FONT.lower()]
        self._covered = frozenset(regular.cmap) if isinstance(regular, TTFFont) else frozenset()
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=20)
        self.set_creation_date(_MADE)

    def start(self, title: str) -> None:
        """The first page with its title."""
        self._footer = self._shown(title)
        self.set_title(title)
        self.set_creator("runplan")
        self.set_lang("en")
        self.add_page()
        self._text(title, size=20, style="B", colour=_ACCENT, height=9)
        self.ln(3)

    def footer(self) -> None:
        """The title and the page number, called for every page."""
        self.set_y(-14)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_SOFT)
        number = f"Page {self.page_no()} of {{nb}}"
        with self._shaping(self._footer):
            self.cell(self.epw - 30, 5, self._fitting(self._footer, self.epw - 30))
        self.cell(30, 5, number, align="R")

    def heading(self, text: str) -> None:
        """A section heading, kept with at least a few lines of what follows."""
        if self.will_page_break(30):
            self.add_page()
        self.ln(4)
        self._text(text, size=13, style="B", colour=_ACCENT, height=7)
        self.ln(1)

    def paragraph(self, text: str, *, colour: Colour = _INK) -> None:
        """Running text over the whole width."""
        self._text(text, colour=colour)
        self.ln(1.5)

    def pairs(self, rows: list[tuple[str, str]]) -> None:
        """Labels in grey, their values beside them."""
        for label, value in rows:
            self._row([(label, _LABEL_WIDTH, _SOFT), (value, self.epw - _LABEL_WIDTH, _INK)])

    def paces(self, rows: list[list[str]]) -> None:
        """The pace table: zone, figures, effort."""
        for zone, *figures, effort in rows:
            rest = self.epw - _LABEL_WIDTH - _FIGURE_WIDTH * len(figures)
            cells = [(figure, _FIGURE_WIDTH, _INK) for figure in figures]
            self._row([(zone, _LABEL_WIDTH, _INK), *cells, (effort, rest, _SOFT)])

    def week(self, week: Week, rows: list[wording.DayRow], plan: Plan) -> None:
        """One week as a block: a coloured bar, seven days, the note."""
        days = [(_when(row), line) for row in rows for line in _lines(row, plan)]
        width = self.epw - _DAY_WIDTH - 2
        needed = 12 + sum(self._height(text, width) + 1 for _, text in days)
        needed += self._height(f"Note: {week.note}", self.epw) + 3 if week.note else 0
        if self.will_page_break(needed) and self.get_y() > _MARGIN + 20:
            self.add_page()
        self._bar(wording.week_title(week, plan), wording.week_span(rows), week.phase)
        before = ""
        for when, text in days:
            shown = "" if when == before else when
            before = when
            colour = _SOFT if text == "Rest" else _INK
            self._row(
                [("", 2, _SOFT), (shown, _DAY_WIDTH, _SOFT), (text, width, colour)], line=True
            )
        if week.note:
            self.ln(1)
            self._text(f"Note: {week.note}", colour=_SOFT)
        self.ln(4)

    def _bar(self, title: str, span: str, phase: str) -> None:
        self.set_fill_color(*_PHASE_COLOUR.get(phase, _ACCENT))
        self.set_text_color(255, 255, 255)
        self.set_font(_FONT, "B", 10.5)
        self.cell(self.epw - 60, 7, f"  {self._shown(title)}", fill=True)
        self.set_font(_FONT, "", 9)
        self.cell(60, 7, f"{span}  ", fill=True, align="R", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def _row(self, cells: list[tuple[str, float, Colour]], *, line: bool = False) -> None:
        """Cells side by side, each wrapped in its width; the row is as high as the highest."""
        height = max(self._height(text, width) for text, width, _ in cells)
        if self.will_page_break(height):
            self.add_page()
        top, left = self.get_y(), self.l_margin
        for text, width, colour in cells:
            self.set_xy(left, top)
            self._text(text, width=width, colour=colour)
            left += width
        bottom = max(top + height, self.get_y())
        if line:
            self.set_draw_color(*_LINE)
            self.line(self.l_margin, bottom + 0.4, self.l_margin + self.epw, bottom + 0.4)
            bottom += 0.8
        self.set_xy(self.l_margin, bottom)

    def _height(self, text: str, width: float) -> float:
        known = self._heights.get((text, width))
        if known is not None:
            return known
        self.set_font(_FONT, size=9.5)
        shown = self._shown(text)
        with self._shaping(shown):
            height = self.multi_cell(width, 5, shown, dry_run=True, output="HEIGHT", align="L")
        self._heights[text, width] = float(height) if isinstance(height, (int, float)) else 5.0
        return self._heights[text, width]

    def _text(
        self,
        text: str,
        *,
        width: float = 0,
        size: float = 9.5,
        style: str = "",
        colour: Colour = _INK,
        height: float = 5,
    ) -> None:
        self.set_font(_FONT, style, size)
        self.set_text_color(*colour)
        shown = self._shown(text)
        with self._shaping(shown):
            self.multi_cell(width, height, shown, align="L", new_x="LMARGIN", new_y="NEXT")

    def _fitting(self, text: str, width: float) -> str:
        while text and self.get_string_width(text) > width:
            text = text[:-2].rstrip() + "…"
        return text

    def _shown(self, text: str) -> str:
        """The text in characters the font has; `spelled` remembers that some were not."""
        parts = []
        for known, run in groupby(text, key=lambda char: ord(char) in self._covered):
            chars = "".join(run)
            if not known:
                visible = "".join(c for c in chars if unicodedata.category(c) not in ("Cf", "Mn"))
                self.spelled = self.spelled or bool(visible)
                chars = anyascii(visible) or "?" * bool(visible)
            parts.append(chars)
        return "".join(parts)

    @contextmanager
    def _shaping(self, text: str) -> Iterator[None]:
        """Shaping where the script needs it: it costs many times the rest of the work."""
        needed = any(
            unicodedata.bidirectional(char) in ("R", "AL") or unicodedata.category(char)[0] == "M"
            for char in text
        )
        self.set_text_shaping(needed)
        yield
        self.set_text_shaping(False)


def _when(row: wording.DayRow) -> str:
    return f"{row.day}  {row.date.day} {row.date:%b}" if row.date else row.day


def _lines(row: wording.DayRow, plan: Plan) -> list[str]:
    return [wording.session_line(session, plan) for session in row.sessions] or ["Rest"]
