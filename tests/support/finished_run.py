"""The folder of a finished run, with made-up figures and random weights: nothing is trained."""

from pathlib import Path
from typing import Any

from finetune.files import write_json
from finetune.stages import marker
from tests.support.tiny_gguf import write_tiny_gguf

MACHINE = "2 cores of a test, 4 GiB"
FIGURES = {
    "outline_valid_free": 0.5,
    "week_valid_free": 0.625,
    "outline_valid_grammar": 1.0,
    "week_valid_grammar": 0.75,
    "nll": 1.25,
    "nll_tokens": 4000,
    "perplexity": 3.49,
    "samples_per_s": 12.5,
    "outline_problems_free": {"has weeks [1, 2,": 6, "has weeks [1, 3,": 4},
    "week_problems_free": {"adds up to 13": 3, "adds up to 14.5": 2},
    "outline_problems_grammar": {},
    "week_problems_grammar": {"runs on Tue, Thu,": 1},
    "details": {"n_texts": 240, "precision": 0.96, "recall": 0.875, "texts_right": 0.8},
    "plain_details": {"n_texts": 220, "precision": 0.98, "recall": 0.9, "texts_right": 0.85},
}


def write_finished_run(folder: Path, **tuned: Any) -> Path:
    """Write the run of recipe nano to `folder`; `tuned` are figures of its tuned model."""
    training = {"loss": 0.5, "seconds": 1800.0, "tokens": 3_600_000}
    for stage, facts in {
        "data": {"seconds": 5.0},
        "tokens": {"seconds": 1.0, "rows": 900, "tokens": 90_000, "learnt_tokens": 30_000},
        "base": {**training, "parameters": 5_000_000},
        "lora": {**training, "parameters": 400_000},
        "export": {"seconds": 1.0},
        "evaluate": {"seconds": 9.0},
    }.items():
        write_json(
            marker(folder, stage),
            {
                "fingerprint": f"print of {stage}",
                "settings": {"seed": 7, "name": "nano"},
                "inputs": {},
                "machine": MACHINE,
                "facts": facts,
            },
        )
    metrics = {"n_requests": 20, "base": FIGURES, "tuned": {**FIGURES, **tuned}}
    write_json(folder / "metrics.json", metrics)
    for stage, height in (("base", 8.0), ("adapter", 2.0)):
        write_json(folder / "curves" / f"{stage}.json", {"log_history": log(height)})
    (folder / "gguf").mkdir()
    for seed, model in enumerate(("base", "tuned")):
        write_tiny_gguf(folder / "gguf" / f"{model}.gguf", seed=seed)
    (folder / "merged").mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / "merged" / name).write_text(f"merged {name}")
    return folder


def log(height: float, entries: int = 60) -> list[dict[str, float]]:
    """What a trainer logs: a loss that falls from `height`, and the summary without a loss."""
    steps = [
        {
            "step": step,
            "loss": height / step,
            "learning_rate": 0.001 * (1 - step / entries),
            "num_input_tokens_seen": step * 2000,
        }
        for step in range(1, entries + 1)
    ]
    return [*steps, {"step": entries, "train_loss": 1.0}]
