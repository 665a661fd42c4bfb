"""Files that are either whole or absent."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` to write a file or folder at; it takes `path`'s place at the end.

    After an error, or a kill, `path` is as it was; what was half written is removed next time.
    """
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    remove(part)
    yield part
    if path.is_dir():
        shutil.rmtree(path)
    part.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON, whole or not at all, and on the disk before it counts."""
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read_json(path: Path) -> Any:
    """Read JSON."""
    return json.loads(path.read_text("utf-8"))


def remove(path: Path) -> None:
    """Delete a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files below a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for inner in sorted(path.rglob("*")):
        if inner.is_file():
            whole.update(f"{inner.relative_to(path).as_posix()}\0{digest(inner)}\n".encode())
    return whole.hexdigest()
