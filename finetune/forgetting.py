"""What tuning made a model forget: its perplexity on general chat, before and after.

The chat is the held-out part of the recipe's datasets from the hub, whose training part was mixed in
against forgetting; without one, a small file written for this purpose.
"""

import json
from pathlib import Path

from datasets import Dataset

from finetune.config import GENERAL_CHAT, Recipe
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_rows, tokenise


def chat_rows(recipe: Recipe, run_dir: Path) -> tuple[Dataset, str]:
    """Tokenised rows of general chat, at most `evaluate.chat_rows`, and where they are from."""
    replayed = {
        source.name: source.hub
        for source in recipe.sources
        if source.hub is not None and source.columns.plan is None
    }
    rows = read_rows(run_dir / "data" / "validation.parquet").select_columns(["messages", "task"])
    places = [place for place, task in enumerate(rows["task"]) if task in replayed]
    if places:
        rows, name = rows.select(places), ", ".join(replayed.values())
    else:
        lines = GENERAL_CHAT.read_text(encoding="utf-8").splitlines()
        rows, name = Dataset.from_list([json.loads(line) for line in lines]), GENERAL_CHAT.name
    rows = rows.select(range(min(len(rows), recipe.evaluate.chat_rows)))
    return tokenise(rows, load_tokenizer(run_dir / "tokenizer")), name


def forgetting(before: float, after: float) -> float:
    """By what share the perplexity on general chat rose; below 0 it fell."""
    return round(after / before - 1, 5)
