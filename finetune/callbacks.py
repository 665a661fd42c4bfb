"""What happens beside a training loop: checkpoints are marked as whole, progress is shown."""

import sys
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune import ranks
from finetune.files import read_json, write_json

_WHOLE = "whole.json"
"""Written into a checkpoint after everything else; one without it was cut off and is not used."""


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
        """Mark the checkpoint that was just written, by every process its part."""
        self._count()
        ranks.wait()
        if ranks.first():
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


class Progress(TrainerCallback):
    """One bar: steps, time left, tokens a second since the start, losses and learning rate."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._bar: tqdm | None = None
        self._figures: dict[str, str] = {}
        self._since, self._tokens = 0.0, 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Draw the bar, at the step that training goes on from."""
        self._since, self._tokens = time.monotonic(), int(state.num_input_tokens_seen)
        if state.is_world_process_zero:
            self._bar = tqdm(
                desc=self.label,
                total=state.max_steps,
                initial=state.global_step,
                unit="step",
                mininterval=0.5 if sys.stderr.isatty() else 30,
            )

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Move the bar and show the newest figures."""
        if self._bar is None or not logs:
            return
        read = int(state.num_input_tokens_seen) - self._tokens
        self._figures["tokens/s"] = f"{read / (time.monotonic() - self._since):,.0f}"
        names = {"loss": "loss", "eval_loss": "validation", "learning_rate": "rate"}
        self._figures |= {name: f"{logs[key]:.4g}" for key, name in names.items() if key in logs}
        self._bar.set_postfix(self._figures, refresh=False)
        self._bar.update(state.global_step - self._bar.n)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)
            self._bar.close()
