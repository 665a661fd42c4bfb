"""What every training stage shares: the loop and its settings.

A run that was killed goes on from its last whole checkpoint and ends with the same weights as one
that was not. Several processes share the batches of each step and end with the weights that one
alone would. Which weights are trained is the model's business, not this module's.
"""

import importlib.util
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import DataLoader
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from trl import SFTConfig, SFTTrainer

from finetune import ranks
from finetune.attention import quick_attention
from finetune.batching import Collator, Order, batched, batches, only
from finetune.callbacks import Checkpoints, Progress, last_whole
from finetune.config import Runtime, Training
from finetune.errors import StageError
from finetune.nll import assistant_nll

# The rows are tokens with their labels already, and none is cut.
_TOKENISED: dict[str, Any] = {
    "dataset_kwargs": {"skip_prepare_dataset": True},
    "max_length": None,
}


_USUAL = Runtime()


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
    learn_all: bool = False,
    validation: Dataset | None = None,
    runtime: Runtime = _USUAL,
    callbacks: Sequence[TrainerCallback] = (),
) -> Trained:
    """Train `model` in place, going on from the last whole checkpoint in `folder` if there is one.

    Args:
        model: float32 or mixed; frozen weights stay as they are.
        rows: tokenised.
        tokenizer: pads the rows.
        training: the optimiser's settings.
        seed: of the order of the rows and of dropout.
        learn_all: learn every token; else only what the assistant writes, with trl's SFTTrainer.
        folder: `<name>-checkpoints`; the curves go to `curves/<name>.json` beside it.
        validation: tokenised rows, read at each checkpoint for early stopping, which leaves the
            best weights in `model`, or for `callbacks`.
        runtime: how it is watched and what it may use.
        callbacks: told of each validation (`on_evaluate`). What they raise ends training.

    Raises:
        StageError: this machine lacks what the settings ask for, or the processes cannot share it.
    """
    name = folder.name.removesuffix("-checkpoints")
    processes = ranks.processes()
    if training.accumulation % processes:
        raise StageError(
            f"{name}: accumulation is {training.accumulation}, which {processes} processes "
            "cannot share; give a multiple of them"
        )
    whole = model.get_base_model() if isinstance(model, PeftModel) else model
    collate = Collator(tokenizer.pad_token_id, learn_all=learn_all)
    groups = batches(rows["length"], training.tokens_per_batch, seed, training.rows_per_batch)
    steps = training.steps or training.epochs * -(-len(groups) // training.accumulation)
    if training.warmup_steps >= steps:
        raise StageError(f"{name}: warmup_steps is {training.warmup_steps}, of {steps} steps")
    checkpoints = Checkpoints(folder)
    validates = validation is not None and bool(training.patience or callbacks)
    stops_early = validates and training.patience > 0
    kind, arguments, extra = (
        (_BaseTrainer, TrainingArguments, {})
        if learn_all
        else (_TunedTrainer, SFTConfig, _TOKENISED | {"loss_type": _loss(whole)})
    )
    trainer = kind(
        model=model,
        args=arguments(
            **_settings(training, seed, folder, steps, processes),
            **_machine(training, runtime, folder.parent / "tracking", name),
            **(
                {"eval_strategy": "steps", "eval_steps": training.checkpoint_steps}
                if validates
                else {}
            ),
            **(_EARLY_STOPPING if stops_early else {}),
            **extra,
        ),
        train_dataset=batched(rows, groups, collate),
        eval_dataset=validation if validates else None,
        data_collator=only,
        processing_class=tokenizer,
        callbacks=[Progress(name), checkpoints, *callbacks],
    )
    trainer.remove_callback(PrinterCallback)
    if stops_early:
        trainer.add_callback(EarlyStoppingCallback(training.patience))
    if validates:
        trainer.validation = list(
            validation.select(range(min(len(validation), training.validation_rows)))
        )
    resumed = ranks.ask_first(lambda: last_whole(folder))
    if runtime.compile:
        _compile_layers(whole)
    with quick_attention(whole):
        result = trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    if ranks.first():
        curves = folder.parent / "curves" / f"{name}.json"
        curves.parent.mkdir(exist_ok=True)
        trainer.state.save_to_json(str(curves))
    logged = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return Trained(
        round(checkpoints.seconds, 1),
        int(trainer.state.num_input_tokens_seen),
        # Trainer's own mean divides the loss since the last start by the steps of all starts.
        round(fmean(logged or [result.training_loss]), 4),
    )


_EARLY_STOPPING: dict[str, Any] = {
    "load_best_model_at_end": True,
    "metric_for_best_model": "eval_loss",
    "greater_is_better": False,
}


class _OwnBatches:
    """Reads batches in the order and in the shares of `finetune.batching.Order`.

    Validates with the loss per token: Trainer's own averages over batches of unlike size.
    """

    validation: list[dict[str, Any]]

    def get_train_dataloader(self) -> DataLoader:
        batches = self.train_dataset
        order = Order(len(batches) - 1, self.args.data_seed, self.args.world_size)
        return self.accelerator.prepare(
            DataLoader(batches, sampler=order, collate_fn=self.data_collator)
        )

    def evaluate(
        self,
        eval_dataset: Dataset | None = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        # Every process reads all rows: a model that is spread over them can only be read by all at
        # once. One answer counts, so that all stop at the same step.
        loss = assistant_nll(self.model, self.validation).mean
        metrics = {f"{metric_key_prefix}_loss": ranks.ask_first(lambda: loss)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics


class _BaseTrainer(_OwnBatches, Trainer):
    """Learns every token: SFTTrainer's extra figures would only cost time."""


class _TunedTrainer(_OwnBatches, SFTTrainer):
    """Learns what the assistant writes."""


def _loss(model: PreTrainedModel) -> str:
    """The loss of trl: for the learnt tokens alone, where nothing is wrapped around the output layer.

    That loss reads the layer's weights itself, and would miss what adapters add to them.
    """
    plain = type(model.get_output_embeddings()) is torch.nn.Linear
    return "chunked_nll" if plain else "nll"


def _compile_layers(model: PreTrainedModel) -> None:
    """Have each layer compiled when it is first used; layers that are alike share the code.

    Raises:
        StageError: there is no compiler.
    """
    compiler = os.environ.get("CXX", "g++")
    if not torch.cuda.is_available() and shutil.which(compiler) is None:
        raise StageError(f"runtime.compile: there is no C++ compiler {compiler} here; install one")
    for module in model.modules():
        if type(module).__name__ in model._no_split_modules:
            module.compile(dynamic=True)


def _settings(
    training: Training, seed: int, folder: Path, steps: int, processes: int
) -> dict[str, Any]:
    """What decides the weights."""
    schedules: dict[str, dict[str, Any]] = {
        "cosine": {
            "lr_scheduler_type": "cosine_with_min_lr",
            "lr_scheduler_kwargs": {"min_lr_rate": training.final_rate_share},
        },
        "linear": {"lr_scheduler_type": "linear"},
    }
    return {
        **schedules[training.schedule],
        "output_dir": str(folder),
        "seed": seed,
        "data_seed": seed,
        "max_steps": steps,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": training.accumulation // processes,
        # The loss of a step is per token of all its batches, whoever reads them.
        "average_tokens_across_devices": True,
        "remove_unused_columns": False,
        "learning_rate": training.learning_rate,
        "warmup_steps": training.warmup_steps,
        "weight_decay": training.weight_decay,
        "adam_beta2": 0.95,
        "max_grad_norm": training.max_grad_norm,
        "bf16": training.precision == "bfloat16",
        "fp16": training.precision == "float16",
        "save_strategy": "steps",
        "save_steps": training.checkpoint_steps,
        "save_total_limit": 2,
        "logging_steps": training.log_steps,
        "include_num_input_tokens_seen": "non_padding",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def _machine(training: Training, runtime: Runtime, tracking: Path, name: str) -> dict[str, Any]:
    """What depends on the machine, and what is only watched."""
    gpu = torch.cuda.is_available()
    if ranks.processes() == 1 and torch.cuda.device_count() > 1:
        raise StageError(
            f"{torch.cuda.device_count()} GPUs are in sight: start with accelerate launch to use them, "
            "or choose one with CUDA_VISIBLE_DEVICES"
        )
    if training.precision == "float16" and not gpu:
        raise StageError("training.precision: float16 needs a GPU; a CPU has bfloat16 and float32")
    if gpu and runtime.memory_fraction < 1:
        torch.cuda.set_per_process_memory_fraction(runtime.memory_fraction)
    eight_bit = training.optimizer == "adamw_8bit"
    if eight_bit and not (gpu and importlib.util.find_spec("bitsandbytes")):
        if ranks.first():
            print("adamw_8bit needs a GPU and bitsandbytes: plain AdamW takes its place")
        eight_bit = False
    if runtime.tracker != "none":
        if importlib.util.find_spec(runtime.tracker) is None:
            raise StageError(f"runtime.tracker: {runtime.tracker} is not installed")
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(tracking / name)
        os.environ["WANDB_DIR"] = str(tracking)
        os.environ.setdefault("WANDB_MODE", "offline")
        tracking.mkdir(exist_ok=True)
    return {
        "optim": "adamw_8bit" if eight_bit else "adamw_torch_fused",
        "use_cpu": not gpu,
        # Every weight that is trained is used in every pass.
        "ddp_find_unused_parameters": False,
        "gradient_checkpointing": runtime.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "report_to": runtime.tracker,
    }
