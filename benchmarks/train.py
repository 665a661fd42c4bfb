"""Useful tokens learnt a second and peak memory: LoRA as this project trains, against the original notebook.

Useful are the tokens that the assistant writes: only they teach the task. Same rows by the coach, same
random Llama, rank 16 on every linear layer, same precision and optimiser, in one run. Ours: batches of
rows of like length, filled up to `--tokens`, learning the assistant's tokens. The peer, as in the
notebook: `messages` rendered to text (so that they begin twice), every token learnt, two rows padded to
the longer one, four of these a step, trl's SFTTrainer. It is spared gradient checkpointing, which the
notebook had on and which costs a third of the speed. Ours has `runtime.compile` on (`--no-compile`
turns it off): a minute before the windows, which pays after four minutes of training.

Each side has a process of its own. What it does before the windows, loading included, warms it up; a
window is so many steps from the start of a forward pass to that of another, optimiser and all.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._report import report, spread

# PyTorch is loaded by the sides alone: what it takes belongs to them.
if TYPE_CHECKING:
    from datasets import Dataset
    from peft import PeftModel
    from transformers import PreTrainedTokenizerFast

GOAL = 2.5
SEED = 3407
RANK = ALPHA = 16
VOCABULARY, CONTEXT = 2560, 2048
ROWS_PER_PASS, PASSES_PER_STEP = 2, 4
"""Of the peer."""
WARM_UP = 4
"""Steps before the windows; the first of ours compile."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a Llama; `vocab` is the number of rows of its embeddings."""

    hidden_size: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward_size: int
    vocab: int = VOCABULARY


SHAPES = {
    "tiny": Shape(32, 1, 2, 1, 64),
    "nano": Shape(256, 6, 4, 2, 704),
    "llama-3.2-1b": Shape(2048, 16, 32, 8, 8192, vocab=128256),
}


@dataclass(frozen=True)
class Task:
    """What both sides are given."""

    shape: Shape
    precision: str
    requests: int
    steps: int
    windows: int
    tokens: int
    compile: bool

    @property
    def all_steps(self) -> int:
        """Warm-up, windows, and the one whose start ends the last window."""
        return WARM_UP + self.steps * self.windows + 1


def main(options: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks train", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="nano", help="of the random model")
    parser.add_argument(
        "--precision", choices=("bfloat16", "float32", "float16"), default="bfloat16"
    )
    parser.add_argument("--requests", type=int, default=60, help="plans whose rows are learnt")
    parser.add_argument("--steps", type=int, default=2, help="optimiser steps in a window")
    parser.add_argument("--windows", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=4096, help="in one forward pass of ours")
    parser.add_argument(
        "--compile", action=argparse.BooleanOptionalAction, default=True, help="the layers of ours"
    )
    given = parser.parse_args(options)
    task = Task(
        SHAPES[given.shape],
        given.precision,
        given.requests,
        given.steps,
        given.windows,
        given.tokens,
        given.compile,
    )
    found = {side.__name__.strip("_"): _apart(side, task) for side in (_ours, _peer)}
    speed = [found[side]["useful_tokens_per_s"]["median"] for side in ("ours", "peer")]
    memory = [found[side]["peak_memory_mb"] for side in ("ours", "peer")]
    report(
        "train",
        found["ours"],
        found["peer"],
        speed[0] / speed[1],
        goal=GOAL,
        memory_ratio=round(memory[1] / memory[0], 3),
        shape=given.shape,
        precision=given.precision,
        compiled=given.compile,
    )


def _apart(side: Callable[[Task], dict[str, Any]], task: Task) -> dict[str, Any]:
    """Run one side in a new process, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(side, task).result()


def _ours(task: Task) -> dict[str, Any]:
    from finetune.config import Runtime, Training
    from finetune.tokens import tokenise
    from finetune.training import fit

    rows, tokenizer = _rows(task)
    tokens = tokenise(rows, tokenizer)
    model = _model(task, tokenizer)
    meter = Meter(model, tokens)
    training = Training(
        steps=task.all_steps,
        tokens_per_batch=task.tokens,
        accumulation=1,
        learning_rate=2e-4,
        schedule="linear",
        final_rate_share=0.0,
        warmup_steps=2,
        weight_decay=0.01,
        max_grad_norm=1.0,
        precision=task.precision,
        checkpoint_steps=task.all_steps,
        log_steps=1,
    )
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        fit(
            model,
            tokens,
            tokenizer,
            training,
            seed=SEED,
            folder=Path(folder) / "checkpoints",
            runtime=Runtime(compile=task.compile),
        )
    return meter.figures(task, 1)


def _peer(task: Task) -> dict[str, Any]:
    import torch
    from trl import SFTConfig, SFTTrainer

    from finetune.tokens import tokenise

    rows, tokenizer = _rows(task)
    meter_rows = tokenise(rows, tokenizer)
    texts = rows.map(
        lambda row: {"text": tokenizer.apply_chat_template(row["messages"], tokenize=False)},
        remove_columns=rows.column_names,
    )
    model = _model(task, tokenizer)
    meter = Meter(model, meter_rows)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=texts,
            args=SFTConfig(
                output_dir=folder,
                dataset_text_field="text",
                max_length=CONTEXT,
                packing=False,
                loss_type="nll",
                per_device_train_batch_size=ROWS_PER_PASS,
                gradient_accumulation_steps=PASSES_PER_STEP,
                max_steps=task.all_steps,
                learning_rate=2e-4,
                warmup_steps=2,
                weight_decay=0.01,
                lr_scheduler_type="linear",
                optim="adamw_torch_fused",
                bf16=task.precision == "bfloat16",
                fp16=task.precision == "float16",
                use_cpu=not torch.cuda.is_available(),
                gradient_checkpointing=False,
                logging_steps=1,
                report_to="none",
                save_strategy="no",
                seed=SEED,
            ),
        ).train()
    return meter.figures(task, PASSES_PER_STEP)


def _rows(task: Task) -> tuple["Dataset", "PreTrainedTokenizerFast"]:
    """Rows by the coach, the same for both sides, and a tokenizer made from them."""
    from datasets import Dataset

    from finetune.dataset import rows_of
    from finetune.details import sample_details
    from finetune.requests import sample_request
    from finetune.tokenizer import train_tokenizer

    rng = random.Random(SEED)
    rows = [
        {"messages": row["messages"]}
        for seed in range(task.requests)
        for row in rows_of(sample_request(rng, sample_details), seed, Counter())
    ]
    texts: Iterator[str] = (turn["content"] for row in rows for turn in row["messages"])
    return Dataset.from_list(rows), train_tokenizer(texts, VOCABULARY, CONTEXT)


def _model(task: Task, tokenizer: "PreTrainedTokenizerFast") -> "PeftModel":
    """A random Llama with adapters, the same for both sides."""
    from peft import LoraConfig, get_peft_model

    from finetune.config import Architecture
    from finetune.models import new_model

    shape = task.shape
    model = new_model(
        Architecture(
            hidden_size=shape.hidden_size,
            layers=shape.layers,
            heads=shape.heads,
            kv_heads=shape.kv_heads,
            feed_forward_size=shape.feed_forward_size,
            context_length=CONTEXT,
            rope_theta=500000.0,
        ),
        tokenizer,
        SEED,
    )
    model.resize_token_embeddings(shape.vocab, mean_resizing=False)
    return get_peft_model(
        model,
        LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"),
    )


class Meter:
    """Notes at the start of every forward pass when it was, and how many tokens it reads."""

    def __init__(self, model: "PeftModel", rows: "Dataset") -> None:
        # A row is known by its tokens, however it is padded and however often it begins.
        self._useful = {
            tuple(ids[1:]): sum(label >= 0 for label in labels)
            for ids, labels in zip(rows["input_ids"], rows["labels"], strict=True)
        }
        self._begin = rows[0]["input_ids"][0]
        self._pad = model.config.pad_token_id
        self.passes: list[tuple[float, int, int]] = []
        model.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, _model: Any, _args: Any, given: dict[str, Any]) -> None:
        ids = given["input_ids"]
        useful = sum(
            self._useful[tuple(token for token in row if token not in (self._begin, self._pad))]
            for row in ids.tolist()
        )
        self.passes.append((time.perf_counter(), useful, ids.numel()))

    def figures(self, task: Task, passes_per_step: int) -> dict[str, Any]:
        """Useful tokens a second in the windows, their share of what is read, and the memory."""
        from finetune.memory import peak_mb

        length = task.steps * passes_per_step
        first = WARM_UP * passes_per_step
        rates, useful, read = [], 0, 0
        for start in range(first, len(self.passes) - length, length):
            window = self.passes[start : start + length]
            seconds = self.passes[start + length][0] - window[0][0]
            rates.append(sum(tokens for _, tokens, _ in window) / seconds)
            useful += sum(tokens for _, tokens, _ in window)
            read += sum(tokens for *_, tokens in window)
        return {
            "useful_tokens_per_s": spread(rates),
            "useful_share": round(useful / read, 3),
            "rows": len(self._useful),
            "peak_memory_mb": peak_mb(),
        }
