"""Rows of messages as token ids, with the tokens the assistant is to learn marked.

One row is one sequence: rows are never joined, so that none can see another. In the columns:
`input_ids`; `labels`, the same ids where the assistant writes and −100 elsewhere; `length`.
"""

from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset, load_from_disk
from transformers import PreTrainedTokenizerFast

from finetune.errors import StageError
from finetune.files import replacing
from finetune.tokenizer import load_tokenizer

IGNORED = -100
"""The label of a token that is read but not learnt."""


def write_tokens(run_dir: Path) -> dict[str, int]:
    """Tokenise the training and validation rows of a run into `tokens/`, for every later stage.

    Returns:
        tokens and learnt tokens of the training rows, and the longest row.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    facts: dict[str, int] = {}
    for split in ("validation", "train"):
        tokens = tokenise(read_rows(run_dir / "data" / f"{split}.parquet"), tokenizer)
        with replacing(run_dir / "tokens" / split) as part:
            tokens.save_to_disk(part)
        facts = {
            "rows": len(tokens),
            "tokens": sum(tokens["length"]),
            "learnt_tokens": sum(
                label != IGNORED for labels in tokens["labels"] for label in labels
            ),
            "longest_row": max(tokens["length"]),
        }
    return facts


def read_tokens(run_dir: Path, split: str) -> Dataset:
    """The tokenised rows of `train` or `validation`."""
    return load_from_disk(run_dir / "tokens" / split)


def read_rows(path: Path) -> Dataset:
    """The rows of one split, as the data stage wrote them."""
    return load_dataset(
        "parquet", data_files=str(path), split="train", cache_dir=str(path.parent / "cache")
    )


def tokenise(rows: Dataset, tokenizer: PreTrainedTokenizerFast) -> Dataset:
    """Render rows with the chat template and turn them into ids and labels.

    Raises:
        StageError: a row is longer than the model's context, has not exactly one beginning, or
            does not end in what stops a generation.
    """

    def render(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        encoded = tokenizer.apply_chat_template(
            batch["messages"], tokenize=True, return_dict=True, return_assistant_tokens_mask=True
        )
        return {
            "input_ids": encoded["input_ids"],
            "labels": [
                _labels(ids, mask, tokenizer.eos_token_id)
                for ids, mask in zip(encoded["input_ids"], encoded["assistant_masks"])
            ],
            "length": [len(ids) for ids in encoded["input_ids"]],
        }

    tokens = rows.map(
        render, batched=True, batch_size=500, remove_columns=rows.column_names, desc="tokenising"
    )
    _check(tokens, tokenizer)
    return tokens


def _labels(ids: list[int], mask: list[int], end: int) -> list[int]:
    """What is learnt: the marked tokens; a line break behind the last end of a turn is not."""
    last = max((place for place, token in enumerate(ids) if token == end), default=len(ids))
    return [
        token if learnt and place <= last else IGNORED
        for place, (token, learnt) in enumerate(zip(ids, mask))
    ]


def _check(tokens: Dataset, tokenizer: PreTrainedTokenizerFast) -> None:
    """Refuse rows that would teach a model the wrong beginning or end, or be cut."""
    for index, (ids, labels) in enumerate(zip(tokens["input_ids"], tokens["labels"])):
        if len(ids) > tokenizer.model_max_length:
            raise StageError(
                f"row {index} has {len(ids)} tokens, more than context_length {tokenizer.model_max_length}"
            )
        if ids.count(tokenizer.bos_token_id) != 1 or ids[0] != tokenizer.bos_token_id:
            raise StageError(
                f"row {index} does not have exactly one {tokenizer.bos_token} at its start"
            )
        learnt = (label for label in reversed(labels) if label != IGNORED)
        if next(learnt, None) != tokenizer.eos_token_id:
            raise StageError(f"the last learnt token of row {index} is not {tokenizer.eos_token}")
