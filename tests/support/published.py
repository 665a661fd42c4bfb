"""Plans with the shape of well-known published ones, as files from elsewhere: only what `check` needs.

Distances in miles after Hal Higdon's free plans; `r` marks a race, `p` a run at marathon pace. Each row
is a week: the days of the plan in order, 0 for a day of rest or cross-training.
"""

import json
from typing import Any

SHAPES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "5K beginner": (
        "5K",
        "beginner",
        ("Tue", "Thu", "Sat"),
        "1.5 1.5 1.5, 1.75 1.5 1.75, 2 1.5 2, 2.25 1.5 2.25, 2.5 2 2.5, 2.75 2 2.75, 3 2 3, 3 2 3.1r",
    ),
    "10K beginner": (
        "10K",
        "beginner",
        ("Tue", "Thu", "Sun"),
        "2.5 2 3, 2.5 2 3.5, 2.5 2 4, 3 2 4, 3 2 4.5, 3 2 5, 3 2 5.5, 3 2 6.2r",
    ),
    "half beginner": (
        "half",
        "beginner",
        ("Tue", "Wed", "Thu", "Sun"),
        "3 2 3 4, 3 2 3 4, 3.5 2 3.5 5, 3.5 2 3.5 5, 4 2 4 6, 4 2 4 3.1r, 4.5 3 4.5 7, 4.5 3 4.5 8,"
        "5 3 5 6.2r, 5 3 5 9, 5 3 5 10, 4 3 2 13.1r",
    ),
    "marathon beginner": (
        "marathon",
        "beginner",
        ("Tue", "Wed", "Thu", "Sat", "Sun"),
        "3 3 3 6 0, 3 3 3 7 0, 3 4 3 5 0, 3 4 3 9 0, 3 5 3 10 0, 3 5 3 7 0, 3 6 3 12 0,"
        "3 6 3 0 13.1r, 3 7 4 10 0, 3 7 4 15 0, 4 8 4 16 0, 4 8 5 12 0, 4 9 5 18 0, 5 9 5 14 0,"
        "5 10 5 20 0, 5 8 4 12 0, 4 6 3 8 0, 3 4 2 0 26.2r",
    ),
    "marathon intermediate": (
        "marathon",
        "intermediate",
        ("Tue", "Wed", "Thu", "Sat", "Sun"),
        "3 5 3 5p 8, 3 5 3 5 9, 3 5 3 5p 6, 3 6 3 6p 11, 3 6 3 6 12, 3 5 3 6p 9, 4 7 4 7p 14,"
        "4 7 4 7 15, 4 5 4 0 13.1r, 4 8 4 8p 17, 5 8 5 8 18, 5 5 5 8p 13, 5 8 5 5p 20, 5 5 5 8 12,"
        "5 8 5 5p 20, 5 6 5 4p 12, 4 5 4 3 8, 3 4 0 2 26.2r",
    ),
}


def published_file(name: str) -> dict[str, Any]:
    """The plan as the smallest JSON that can be checked."""
    race, level, days, rows = SHAPES[name]
    weeks = [_week(days, row.split()) for row in rows.split(",")]
    request = {"race": race, "level": level, "weeks": len(weeks), "units": "mi"}
    return {"schema": "runplan/1", "request": request, "weeks": weeks}


def published_text(name: str) -> str:
    """The same as the text of a file."""
    return json.dumps(published_file(name))


def _week(days: tuple[str, ...], cells: list[str]) -> dict[str, Any]:
    miles = [float(cell.rstrip("rp")) for cell in cells]
    longest = max(range(len(cells)), key=lambda place: miles[place])
    sessions = []
    for place, (day, cell) in enumerate(zip(days, cells, strict=True)):
        kind = {"r": "race", "p": "marathon"}.get(cell[-1], "long" if place == longest else "easy")
        if miles[place]:
            sessions.append({"day": day, "kind": kind, "distance": miles[place]})
        else:
            sessions.append({"day": day, "kind": "rest"})
    return {"sessions": sessions}
