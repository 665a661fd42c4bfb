"""What both training stages share: the loop's settings, batches, checkpoints and progress.

A run that was killed goes on from its last whole checkpoint and ends with the same weights as one
that was not.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from trl import SFTConfig, SFTTrainer

from finetune.config import Training
from finetune.files import read_json, write_json
from finetune.tokens import IGNORED

# The rows are tokens with their labels already, and none is cut.
_TOKENISED: dict[str, Any] = {
    "dataset_kwargs": {"skip_prepare_dataset": True},
    "max_length": None,
    "loss_type": "nll",
}

_WHOLE = "whole.json"
"""Written into a checkpoint after everything else; one without it was cut off and is not used."""


@dataclass(frozen=True)
class Trained:
    """What a run of the optimiser left: seconds it took in all, tokens read, mean loss (nats)."""

    seconds: float
    tokens: int
    loss: float


def fit(
    model: PreTrainedModel | PeftModel,
    rows: Dataset,
    tokenizer: PreTrainedTokenizerFast,
    training: Training,
    *,
    seed: int,
    folder: Path,
) -> Trained:
    """Train `model` in place, going on from the last whole checkpoint in `folder` if there is one.

    `rows` are tokenised; what the assistant writes is learnt.
    """
    checkpoints = Checkpoints(folder)
    collate = Collator(tokenizer.pad_token_id)
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**_settings(training, seed, folder), **_TOKENISED),
        train_dataset=batched(rows, training.tokens_per_batch, collate, seed),
        data_collator=_only,
        processing_class=tokenizer,
        callbacks=[checkpoints],
    )
    resumed = last_whole(folder)
    result = trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    return Trained(
        round(checkpoints.seconds, 1),
        int(trainer.state.num_input_tokens_seen),
        round(result.training_loss, 4),
    )


def _settings(training: Training, seed: int, folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder),
        "seed": seed,
        "data_seed": seed,
        "max_steps": training.steps,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": training.accumulation,
        "remove_unused_columns": False,
        "learning_rate": training.learning_rate,
        "lr_scheduler_type": "cosine_with_min_lr",
        "lr_scheduler_kwargs": {"min_lr_rate": training.final_rate_share},
        "warmup_steps": training.warmup_steps,
        "weight_decay": training.weight_decay,
        "adam_beta2": 0.95,
        "max_grad_norm": training.max_grad_norm,
        "optim": "adamw_torch_fused",
        "use_cpu": not torch.cuda.is_available(),
        "bf16": training.precision == "bfloat16",
        "gradient_checkpointing": False,
        "save_strategy": "steps",
        "save_steps": training.checkpoint_steps,
        "save_total_limit": 2,
        "logging_steps": training.log_steps,
        "include_num_input_tokens_seen": "non_padding",
        "report_to": "none",
        "dataloader_pin_memory": False,
    }


def batches(lengths: Sequence[int], most_tokens: int, seed: int) -> list[list[int]]:
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
        if grouped[-1] and lengths[row] * (len(grouped[-1]) + 1) > most_tokens:
            grouped.append([])
        grouped[-1].append(row)
    return grouped


def batched(rows: Dataset, tokens_per_batch: int, collate: "Collator", seed: int) -> Dataset:
    """The rows by the batch: one item is one forward pass, padded when it is read."""

    def read(items: dict[str, list[list[int]]]) -> dict[str, list[torch.Tensor]]:
        padded = [collate([rows[row] for row in batch]) for batch in items["rows"]]
        return {name: [batch[name] for batch in padded] for name in padded[0]}

    groups = batches(rows["length"], tokens_per_batch, seed)
    return Dataset.from_dict({"rows": groups}).with_transform(read)


def _only(items: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Items are batches already."""
    (item,) = items
    return item


class Collator:
    """Pads rows on the right to the longest of their batch.

    There is no attention mask: attention is causal, so that no token sees the padding after it,
    and padding is not learnt. On a CPU attention with a mask is slower.
    """

    def __init__(self, pad: int) -> None:
        self.pad = pad

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Make one batch."""
        ids = [torch.tensor(row["input_ids"]) for row in rows]
        labels = [torch.tensor(row["labels"]) for row in rows]
        padded = pad_sequence(ids, batch_first=True, padding_value=self.pad)
        return {
            "input_ids": padded,
            "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORED),
            # The same for every row. SFTTrainer wants these or a mask.
            "position_ids": torch.arange(padded.shape[1])[None],
        }


class Checkpoints(TrainerCallback):
    """Marks checkpoints as whole, with the seconds of training that went into them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        last = last_whole(folder)
        self.seconds = float(read_json(last / _WHOLE)["seconds"]) if last else 0.0
        self._since = time.monotonic()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Start the clock."""
        self._since = time.monotonic()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Mark the checkpoint that was just written."""
        self._count()
        write_json(
            self.folder / f"checkpoint-{state.global_step}" / _WHOLE,
            {"seconds": round(self.seconds, 1), "step": state.global_step},
        )

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Stop the clock."""
        self._count()

    def _count(self) -> None:
        now = time.monotonic()
        self.seconds += now - self._since
        self._since = now


def last_whole(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{_WHOLE}")]
    return max(whole, key=lambda path: int(path.name.partition("-")[2]), default=None)
