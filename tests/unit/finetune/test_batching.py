"""Batches of like length, and who reads which of them."""

from pathlib import Path

import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st
from transformers import Trainer, TrainingArguments

from finetune.batching import Collator, Order, batched, batches
from finetune.tokens import IGNORED

PAD = 9


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=40),
    st.integers(1, 100),
    st.integers(1, 5) | st.none(),
    st.integers(0, 9),
)
def test_every_row_is_in_one_batch_that_is_not_too_large(
    lengths: list[int], most_tokens: int, most_rows: int | None, seed: int
) -> None:
    grouped = batches(lengths, most_tokens, seed, most_rows)
    assert sorted(row for group in grouped for row in group) == list(range(len(lengths)))
    for group in grouped:
        assert len(group) <= (most_rows or len(group))
        assert len(group) == 1 or len(group) * max(lengths[row] for row in group) <= most_tokens


@given(st.integers(1, 50), st.integers(1, 8), st.integers(0, 9), st.integers(0, 3))
def test_processes_read_in_turns_what_one_would_read(
    count: int, processes: int, seed: int, epoch: int
) -> None:
    alone, together = Order(count, seed, 1), Order(count, seed, processes)
    for order in (alone, together):
        order.set_epoch(epoch)
    read = list(together)
    assert len(read) == len(together)
    assert len(read) % processes == 0
    assert list(alone) == read[:count]
    assert sorted(read[:count]) == list(range(count))
    assert read[count:] == [count] * (-count % processes)


def test_each_epoch_and_seed_has_another_order() -> None:
    order, other = Order(30, 1, 2), Order(30, 2, 2)
    first, second = list(order), list(order)
    assert first != second
    assert first != list(other)
    order.set_epoch(0)
    assert list(order) == first


def test_the_order_is_that_of_trainer_by_itself(tmp_path: Path) -> None:
    """So models trained before there was an order of our own can be trained again."""
    trainer = Trainer(
        model=torch.nn.Linear(1, 1),
        args=TrainingArguments(
            str(tmp_path), per_device_train_batch_size=1, seed=5, data_seed=5, use_cpu=True
        ),
        train_dataset=list(range(19)),
        data_collator=lambda items: {"read": torch.tensor(items)},
    )
    loader, ours = trainer.get_train_dataloader(), Order(19, 5, 1)
    for epoch in range(2):
        loader.set_epoch(epoch)
        ours.set_epoch(epoch)
        assert [int(batch["read"]) for batch in loader] == list(ours)


@pytest.mark.parametrize("learn_all", [True, False])
def test_the_batch_after_the_last_teaches_nothing(learn_all: bool) -> None:
    rows = Dataset.from_list([{"input_ids": [1, 2, 3], "labels": [IGNORED, 2, 3], "length": 3}] * 2)
    read = batched(rows, [[1, 0]], Collator(PAD, learn_all=learn_all))
    assert len(read) == 2
    assert read[0]["input_ids"].tolist() == [[1, 2, 3]] * 2
    assert read[1]["input_ids"].tolist() == [[PAD]]
    # What follows a token is learnt, and nothing follows.
    assert read[1]["labels"][:, 1:].numel() == 0
    assert torch.equal(read[1]["position_ids"], torch.zeros(1, 1, dtype=torch.long))
