"""What trials share: data, tokenizer, tokens and base are made once for each setting of them.

Where these settings are the run's own, they are the run's; others lie in `shared/` beside the
searches, by a fingerprint. A trial's folder links to their files and is thereby an ordinary run.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock

from finetune.config import Recipe
from finetune.files import replacing
from finetune.stages import STAGES, fingerprint, marker, run_stages

SHARED = ("data", "tokenizer", "tokens", "base")


def decided(recipe: Recipe) -> dict[str, Any]:
    """All that decides what a trial of this recipe learns, by stage."""
    return {name: STAGES[name].settings(recipe) for name in (*SHARED, recipe.method_name)}


def share(recipe: Recipe, own: Recipe, run_dir: Path, folder: Path) -> None:
    """Put the shared stages of `recipe` into `folder`, after making those that are not there yet.

    Args:
        recipe: of the trial.
        own: of the run in `run_dir`.
        run_dir: whose results are taken where the settings are the same.
        folder: of the trial.

    Raises:
        StageError: the run holds results of other settings than its recipe.
    """
    shared = run_dir / "shared"
    shared.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {}
    homes: dict[str, Path] = {}
    for name in SHARED:
        settings[name] = decided(recipe)[name]
        key = fingerprint(settings)
        is_own = all(decided(own)[stage] == settings[stage] for stage in settings)
        home = run_dir if is_own else shared / key
        # Another worker may want the same at the same time. Locks of the dead are free.
        with FileLock(shared / f"{key}.lock"):
            _take_over(homes, home)
            run_stages((name,), recipe, home, say=_say)
        homes[name] = home
    _take_over(homes, folder)


def _say(text: str) -> None:
    if not text.endswith("skipped"):
        print(text)


def _take_over(homes: dict[str, Path], folder: Path) -> None:
    """Link the results of stages, each from where it is, and then what says that they are done."""
    for name, home in homes.items():
        for path in STAGES[name].outputs:
            _link(home / path, folder / path)
        _link(marker(home, name), marker(folder, name))


def _link(source: Path, target: Path) -> None:
    """Give a file, or all files of a folder, a second name: results are replaced, never edited."""
    if target.exists():
        return
    with replacing(target) as part:
        if source.is_dir():
            shutil.copytree(source, part, copy_function=_second_name)
        else:
            _second_name(source, part)


def _second_name(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk that has no such links
        shutil.copy2(source, target)
