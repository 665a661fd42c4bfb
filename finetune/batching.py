"""Rows of tokens in batches of like length, each padded on its own."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from accelerate.data_loader import SeedableRandomSampler
from datasets import Dataset
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Sampler

from finetune.tokens import IGNORED


def batches(
    lengths: Sequence[int], most_tokens: int, seed: int, most_rows: int | None = None
) -> list[list[int]]:
    """Row numbers in batches of at most `most_tokens`, padding included, of rows of like length.

    A row longer than that is a batch by itself. Batches cost about the same, whether they hold many
    short rows or a few long ones, and are drawn in random order in training.
    """
    rows = list(range(len(lengths)))
    random.Random(seed).shuffle(
        rows
    )  # so that rows of one length do not stay with their neighbours
    rows.sort(key=lengths.__getitem__)
    grouped: list[list[int]] = [[]]
    for row in rows:
        wanted = len(grouped[-1]) + 1
        if grouped[-1] and (lengths[row] * wanted > most_tokens or wanted > (most_rows or wanted)):
            grouped.append([])
        grouped[-1].append(row)
    return grouped


def batched(rows: Dataset, groups: Sequence[Sequence[int]], collate: "Collator") -> Dataset:
    """The rows by the batch: one item is one forward pass, padded when it is read.

    The last one, beyond those asked for, is empty: see `Order`.
    """

    def read(items: dict[str, list[list[int]]]) -> dict[str, list[torch.Tensor]]:
        padded = [collate([rows[row] for row in batch]) for batch in items["rows"]]
        return {name: [batch[name] for batch in padded] for name in padded[0]}

    return Dataset.from_dict({"rows": [*groups, []]}).with_transform(read)


class Order(Sampler[int]):
    """Which batch is read when: at random, another way in each epoch, the same in all processes.

    Processes take turns, so each epoch ends with as many empty batches as they lack for a whole
    round: none waits for another, and no row is read twice. The order of the others does not depend
    on how many processes there are.
    """

    def __init__(self, count: int, seed: int, processes: int) -> None:
        self._shuffled = SeedableRandomSampler(range(count), data_seed=seed)
        self._empty = [count] * (-count % processes)

    def __iter__(self) -> Iterator[int]:
        yield from self._shuffled
        yield from self._empty

    def __len__(self) -> int:
        return len(self._shuffled) + len(self._empty)

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate before each epoch."""
        self._shuffled.set_epoch(epoch)


def only(items: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Items are batches already."""
    (item,) = items
    return item


class Collator:
    """Pads rows on the right to the longest of their batch.

    There is no attention mask: attention is causal, so that no token sees the padding after it,
    and padding is not learnt. On a CPU attention with a mask is slower.
    """

    def __init__(self, pad: int, *, learn_all: bool = False) -> None:
        self.pad = pad
        self.learn_all = learn_all

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Make one batch; `learn_all` also learns what the assistant only reads.

        Without rows it is one token of padding, after which there is nothing to learn.
        """
        ids = [torch.tensor(row["input_ids"]) for row in rows] or [torch.tensor([self.pad])]
        same = self.learn_all or not rows
        labels = ids if same else [torch.tensor(row["labels"]) for row in rows]
        padded = pad_sequence(ids, batch_first=True, padding_value=self.pad)
        return {
            "input_ids": padded,
            "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORED),
            # The same for every row. SFTTrainer wants these or a mask.
            "position_ids": torch.arange(padded.shape[1])[None],
        }
