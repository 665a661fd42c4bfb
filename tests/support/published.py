"""Plans that are free to read on public pages, as files from elsewhere: only what `check` needs.

Numbers only, entered by hand; `source` in each file names title, publisher and address, and says
where a session had to be read as minutes. See `tests/data/published`.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "data" / "published"
PUBLISHED = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def published_text(name: str) -> str:
    """The text of a plan's file."""
    return (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def published_file(name: str) -> dict[str, Any]:
    """The plan as JSON, to be changed at will."""
    data: dict[str, Any] = json.loads(published_text(name))
    return data
