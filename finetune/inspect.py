"""A look at the rows as the model sees them: what it reads, what it learns, how long they are."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from transformers import PreTrainedTokenizerFast

from finetune.config import Recipe
from finetune.errors import StageError
from finetune.tokenizer import load_tokenizer
from finetune.tokens import IGNORED, read_rows, tokenise

# Rows shown of each task.
SHOWN = 2
# Learnt tokens and read ones, each with a neighbour's shade so that their borders show.
_LEARNT, _READ = ("black on green", "black on bright_green"), ("default", "bright_black")


def show(recipe: Recipe, run_dir: Path, console: Console | None = None) -> None:
    """Print rows with their tokens coloured, then lengths and what was left out.

    Raises:
        StageError: the data or the tokenizer of the run is not made yet.
    """
    console = console or Console()
    path, folder = run_dir / "data" / "train.parquet", run_dir / "tokenizer"
    for needed in (path, folder):
        if not needed.exists():
            raise StageError(f"inspect: {needed} is missing; run data and train first")
    tokenizer = load_tokenizer(folder)
    rows = read_rows(path)
    tasks = rows["task"]
    for task in sorted(set(tasks)):
        chosen = [index for index, found in enumerate(tasks) if found == task][:SHOWN]
        for index, row in zip(chosen, tokenise(rows.select(chosen), tokenizer), strict=True):
            console.rule(f"{task}, row {index}, {row['length']} tokens")
            console.print(coloured(row["input_ids"], row["labels"], tokenizer))
    console.rule("all rows")
    console.print("Learnt tokens are green, tokens that are only read are plain.")
    console.print(_lengths(run_dir, tokenizer))
    card = (run_dir / "data" / "README.md").read_text("utf-8")
    for part in card.split("\n\n"):
        if part.startswith("|"):
            console.print(part, markup=False)


def coloured(ids: list[int], labels: list[int], tokenizer: PreTrainedTokenizerFast) -> Text:
    """One row as text: every token in the colour of what becomes of it."""
    text = Text()
    for place, (token, label) in enumerate(zip(ids, labels, strict=True)):
        shades = _READ if label == IGNORED else _LEARNT
        text.append(tokenizer.decode([token]), style=shades[place % 2])
    return text


def _lengths(run_dir: Path, tokenizer: PreTrainedTokenizerFast) -> Table:
    table = Table("split", "task", "rows", "tokens a row", "longest", "learnt")
    for split in ("train", "validation", "test"):
        rows = read_rows(run_dir / "data" / f"{split}.parquet")
        tokens = tokenise(rows, tokenizer)
        totals: dict[str, Counter[str]] = {}
        longest: Counter[str] = Counter()
        for task, length, labels in zip(
            rows["task"], tokens["length"], tokens["labels"], strict=True
        ):
            learnt = sum(label != IGNORED for label in labels)
            totals.setdefault(task, Counter()).update(rows=1, tokens=length, learnt=learnt)
            longest[task] = max(longest[task], length)
        for task, found in sorted(totals.items()):
            table.add_row(
                split,
                task,
                str(found["rows"]),
                f"{found['tokens'] / found['rows']:.0f}",
                str(longest[task]),
                f"{found['learnt'] / found['tokens']:.0%}",
            )
    return table
