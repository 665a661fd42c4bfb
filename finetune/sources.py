"""Further rows for a recipe: files of one's own and datasets of the hub, checked and mixed in.

The coach's rows are there before and stay as they are. Of a source, a row that cannot be learnt from
is listed in `data/rejects.jsonl`. One that repeats another, nearly or word for word, in whichever
split, is left out, and so is one whose prompt stands in another split. Rows that belong together, by
a column or by their prompt, stay in one split.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets, load_dataset
from datasets.exceptions import DatasetsError
from tqdm import tqdm

from finetune.config import Recipe
from finetune.duplicates import Seen, normal
from finetune.errors import RowError, StageError
from finetune.files import replacing
from finetune.mapping import Source, field_of, first_question, read_messages
from finetune.plan_rows import Row, rows_of_plan

SPLITS = ("train", "validation", "test")


@dataclass
class Mixed:
    """What became of the rows of one source."""

    source: Source
    read: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    """By split. A plan gives several."""


@dataclass(frozen=True)
class Record:
    """One row of a source with the rows it gives, which stay together."""

    group: str
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        """What is compared with other records."""
        return _text(self.rows)

    @property
    def prompts(self) -> set[str]:
        """What may not stand in two splits."""
        return {normal(first_question(row["messages"])) for row in self.rows}


def add_sources(recipe: Recipe, run_dir: Path) -> list[Mixed]:
    """Mix the recipe's sources into `data/{train,validation}.parquet`, which hold the coach's rows.

    Raises:
        StageError: a source cannot be read, none of its rows is left, or too few for its share.
    """
    data = run_dir / "data"
    coach = {split: _rows(data / f"{split}.parquet") for split in SPLITS}
    mixed = [Mixed(source) for source in recipe.sources]
    records = []
    with replacing(data / "rejects.jsonl") as part, part.open("w", encoding="utf-8") as rejects:
        for found in mixed:
            into: list[Record] = []
            for number, problem in _checked(found, data / "cache", into):
                entry = {"source": found.source.name, "place": found.source.place, "row": number}
                entry |= {"reason": problem.reason, "detail": problem.detail}
                rejects.write(json.dumps(entry) + "\n")
            if not into:
                raise StageError(
                    f"sources.{found.source.name}: no row of {found.source.place} is left: "
                    f"{dict(found.rejected)}"
                )
            records.append(into)
    mixer = _Mixer(coach)
    halves = [_halves(found.source, into, recipe.seed) for found, into in zip(mixed, records)]
    # Validation first: what it holds is kept out of training.
    for split, half in (("validation", 0), ("train", 1)):
        rows = mixer.mix(split, [(found, parts[half]) for found, parts in zip(mixed, halves)])
        if rows:
            extra = Dataset.from_list(rows, features=coach[split].features)
            with replacing(data / f"{split}.parquet") as part:
                concatenate_datasets([coach[split], extra]).to_parquet(str(part))
    return mixed


def read_source(source: Source, cache: Path) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    """The rows of a source with their numbers, from 1; of a JSONL file, these are its lines.

    Raises:
        StageError: there is no such dataset, it cannot be reached or read, or a column is missing.
    """
    rows = _load(source, cache)
    if source.path is not None and source.path.suffix == ".jsonl":
        for number, line in enumerate(rows["text"], 1):
            if line.strip():
                yield number, _json_row(line)
        return
    for key, column in source.columns.names.items():
        if column not in rows.column_names:
            raise StageError(
                f"sources.{source.name}.columns.{key}: {source.place} has no column {column!r}; "
                f"there are: {', '.join(rows.column_names)}"
            )
    yield from enumerate(rows.select_columns(sorted(set(source.columns.names.values()))), 1)


def _load(source: Source, cache: Path) -> Dataset:
    key = "hub" if source.path is None else "path"
    try:
        if source.path is None:
            return load_dataset(
                source.hub, source.subset, split=source.split, revision=source.revision
            )
        options: dict[str, Any] = {"data_files": str(source.path), "cache_dir": str(cache)}
        if source.path.suffix == ".csv":
            # Texts as they stand: 05 is no number here, and NA is not nothing.
            options["converters"] = dict.fromkeys(source.columns.names.values(), str)
            options["keep_default_na"] = False
        # JSON line by line, so that one bad line is one reject.
        kind = {".csv": "csv", ".jsonl": "text", ".parquet": "parquet"}[source.path.suffix]
        return load_dataset(kind, split="train", **options)
    # What is raised for no network, no such dataset, subset or split, and for a broken file.
    except (OSError, ValueError, RuntimeError, DatasetsError) as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise StageError(f"sources.{source.name}.{key}: {source.place}: {reason}") from error


def _json_row(line: str) -> Mapping[str, Any] | RowError:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return RowError("not JSON", str(error))
    return row if isinstance(row, dict) else RowError("not JSON", "not an object")


def _checked(found: Mixed, cache: Path, into: list[Record]) -> Iterator[tuple[int, RowError]]:
    """Collect the records of a source in `into`, and yield what is wrong with the other rows."""
    source = found.source
    for number, row in tqdm(read_source(source, cache), source.name, unit="row"):
        found.read += 1
        try:
            if isinstance(row, RowError):
                raise row
            rows, problems = _rows_of(row, source)
        except RowError as error:
            problems = [error]
        else:
            prompt = normal(first_question(rows[0]["messages"]))
            own = None if source.columns.group is None else row.get(source.columns.group)
            group = prompt if own is None else str(own)
            named = f"{source.name}-{number}"
            into.append(Record(group, tuple({**one, "request_id": named} for one in rows)))
        for problem in problems:
            found.rejected[problem.reason] += 1
            yield number, problem


def _rows_of(row: Mapping[str, Any], source: Source) -> tuple[list[Row], list[RowError]]:
    column = source.columns.plan
    problems: list[RowError] = []
    if column is None:
        rows = [{"task": source.name, "week": 0, "messages": read_messages(row, source)}]
    else:
        plan = field_of(row, column)
        rows, problems = rows_of_plan(
            plan if isinstance(plan, str) else json.dumps(plan, default=str)
        )
    try:
        _text(rows).encode()
    except UnicodeEncodeError as error:
        raise RowError("not text", f"half a character: {error.reason}") from None
    return rows, problems


def _halves(source: Source, records: list[Record], seed: int) -> tuple[list[Record], list[Record]]:
    """Records for validation and for training, no group in both. Of a share, in random order."""
    rng = random.Random(f"{seed} source {source.name}")
    groups = sorted({record.group for record in records})
    held_out = set(rng.sample(groups, round(source.validation * len(groups))))
    if source.share is not None:
        records = rng.sample(records, len(records))
    return (
        [record for record in records if record.group in held_out],
        [record for record in records if record.group not in held_out],
    )


class _Mixer:
    """Takes records in, split by split, and keeps what would repeat something out."""

    def __init__(self, coach: Mapping[str, Dataset]) -> None:
        self._seen = Seen()
        self._prompts: dict[str, set[str]] = {}
        self._sizes = {split: len(rows) for split, rows in coach.items()}
        for split, rows in coach.items():
            units = _units(rows)
            for unit in tqdm(units, f"comparing with {split}", unit="request"):
                self._seen.add(_text(unit), always=True)
            self._prompts[split] = {
                normal(first_question(row["messages"])) for unit in units for row in unit
            }

    def mix(self, split: str, parts: Sequence[tuple[Mixed, list[Record]]]) -> list[Row]:
        """The rows that join `split`: of sources without a share all, then the shares of the whole."""
        rows: list[Row] = []
        shared = 0.0
        for found, records in parts:
            if found.source.share is None:
                rows += self._take(split, found, records, None)
            else:
                shared += found.source.share
        whole = (self._sizes[split] + len(rows)) / (1 - shared)
        for found, records in parts:
            if found.source.share is not None:
                wanted = round(found.source.share * whole)
                taken = self._take(split, found, records, wanted)
                if split == "train" and len(taken) < wanted:
                    raise StageError(
                        f"sources.{found.source.name}.share: {found.source.share:g} of the training "
                        f"rows would be {wanted} rows, but only {len(taken)} are left; "
                        "give a smaller share"
                    )
                rows += taken
        return rows

    def _take(
        self, split: str, found: Mixed, records: Iterable[Record], wanted: int | None
    ) -> list[Row]:
        """Rows of the first records that repeat nothing, all or as many as are `wanted`."""
        rows: list[Row] = []
        others = set().union(*(self._prompts[other] for other in SPLITS if other != split))
        for record in tqdm(records, f"{split} of {found.source.name}", unit="row"):
            if wanted is not None and len(rows) >= wanted:
                break
            prompts = record.prompts
            if prompts & others:
                found.repeated["prompt in another split"] += 1
            elif repeat := self._seen.add(record.text):
                found.repeated[repeat] += 1
            else:
                self._prompts[split] |= prompts
                rows += record.rows
        rows = rows[:wanted]
        found.rows[split] += len(rows)
        return rows


def _rows(path: Path) -> Dataset:
    return Dataset.from_parquet(str(path), keep_in_memory=True)


def _units(rows: Iterable[Row]) -> list[list[Row]]:
    """The coach's rows, those of one runner together."""
    units: dict[str, list[Row]] = {}
    for row in rows:
        units.setdefault(row["request_id"], []).append(row)
    return list(units.values())


def _text(rows: Iterable[Row]) -> str:
    """Everything said but the system's part, which many rows have in common."""
    turns = (turn for row in rows for turn in row["messages"])
    return "\n".join(turn["content"] for turn in turns if turn["role"] != "system")
