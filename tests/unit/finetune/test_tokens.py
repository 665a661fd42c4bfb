"""Rows that would teach the wrong thing are refused; the loss does not depend on batching."""

import pytest
import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from finetune.batching import Collator, batches
from finetune.config import Architecture
from finetune.errors import StageError
from finetune.models import new_model
from finetune.nll import assistant_nll
from finetune.tokenizer import train_tokenizer
from finetune.tokens import IGNORED, tokenise

SHAPE = Architecture(
    hidden_size=32,
    layers=2,
    heads=2,
    kv_heads=1,
    feed_forward_size=64,
    context_length=128,
    rope_theta=10000.0,
)


def rows(*answers: str) -> Dataset:
    return Dataset.from_list(
        [
            {
                "messages": [
                    {"role": "user", "content": f"Week {number}"},
                    {"role": "assistant", "content": answer},
                ]
            }
            for number, answer in enumerate(answers)
        ]
    )


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(["Tue easy 5\nSun long 8", "Week 3"] * 5, 300, SHAPE.context_length)


@pytest.fixture(scope="module")
def tokens(tokenizer: PreTrainedTokenizerFast) -> Dataset:
    return tokenise(rows("Tue easy 5", "Sun long 8\nTue easy 5", "", "Sun"), tokenizer)


def test_a_row_longer_than_the_context_is_refused(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(StageError, match=r"row 1 has .* tokens, more than context_length 128"):
        tokenise(rows("Sun", "Tue easy 5 " * 80), tokenizer)


def test_a_second_beginning_is_refused(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(StageError, match="row 0 does not have exactly one"):
        tokenise(rows("<|begin_of_text|>Sun"), tokenizer)


def test_a_row_without_an_answer_is_refused(tokenizer: PreTrainedTokenizerFast) -> None:
    silent = Dataset.from_list([{"messages": [{"role": "user", "content": "Week 3"}]}])
    with pytest.raises(StageError, match="last learnt token of row 0"):
        tokenise(silent, tokenizer)


def test_every_row_learns_something_and_ends(
    tokens: Dataset, tokenizer: PreTrainedTokenizerFast
) -> None:
    for row in tokens:
        assert row["length"] == len(row["input_ids"]) == len(row["labels"])
        assert row["labels"][-1] == tokenizer.eos_token_id
        assert 0 < sum(label != IGNORED for label in row["labels"]) < row["length"]


def test_every_row_is_in_one_batch_and_batches_keep_their_bound() -> None:
    lengths = [5, 90, 7, 7, 30, 200, 31, 8, 5] * 7
    grouped = batches(lengths, 100, seed=3)
    assert sorted(row for batch in grouped for row in batch) == list(range(len(lengths)))
    for batch in grouped:
        longest = max(lengths[row] for row in batch)
        assert longest * len(batch) <= 100 or len(batch) == 1
    assert grouped == batches(lengths, 100, seed=3) != batches(lengths, 100, seed=4)


def test_rows_of_a_batch_do_not_touch_each_other(
    tokens: Dataset, tokenizer: PreTrainedTokenizerFast
) -> None:
    """Padding and neighbours change no logit, though there is no attention mask."""
    model = new_model(SHAPE, tokenizer, 1).eval()
    batch = Collator(tokenizer.pad_token_id)(list(tokens))
    with torch.no_grad():
        together = model(input_ids=batch["input_ids"]).logits
        for row, ids in enumerate(tokens["input_ids"]):
            alone = model(input_ids=torch.tensor([ids])).logits[0]
            torch.testing.assert_close(together[row, : len(ids)], alone, atol=1e-5, rtol=1e-4)


def test_padding_is_never_learnt(tokens: Dataset, tokenizer: PreTrainedTokenizerFast) -> None:
    answers = sum(label != IGNORED for row in tokens["labels"] for label in row)
    for learn_all, expected in ((False, answers), (True, sum(tokens["length"]))):
        batch = Collator(tokenizer.pad_token_id, learn_all=learn_all)(list(tokens))
        padding = batch["input_ids"] == tokenizer.pad_token_id
        assert padding.any()
        assert (batch["labels"][padding] == IGNORED).all()
        assert (batch["labels"] != IGNORED).sum().item() == expected


def test_nll_is_that_of_the_learnt_tokens_alone(
    tokens: Dataset, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = new_model(SHAPE, tokenizer, 1).eval()
    total, count = 0.0, 0
    for row in tokens:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([row["input_ids"]])).logits[0]
        chances = torch.log_softmax(logits.double(), dim=-1)
        for position, label in enumerate(row["labels"]):
            if label != IGNORED:
                total -= chances[position - 1, label].item()
                count += 1
    for rows_per_batch in (1, 2, 16):
        found = assistant_nll(model, list(tokens), rows_per_batch)
        assert found.tokens == count
        assert found.total == pytest.approx(total, rel=1e-5)
        assert found.perplexity == pytest.approx(torch.tensor(total / count).exp().item(), rel=1e-4)
