"""A recipe and rows with which every stage of training takes a second."""

from pathlib import Path

from datasets import Dataset
from safetensors.torch import load_file

# 19 batches of one row, 4 in a step: the last step of an epoch has 3. A second epoch is begun.
ROWS, ACCUMULATION, STEPS = 19, 4, 7

_TRAINING = (
    f"steps={STEPS}",
    "tokens_per_batch=2048",
    "rows_per_batch=1",
    "learning_rate=0.005",
    "warmup_steps=1",
    "precision=float32",
    "checkpoint_steps=4",
    "log_steps=1",
)


def settings(accumulation: int = ACCUMULATION, seed: int = 1) -> list[str]:
    """Overrides of the recipe `nano`."""
    return [
        f"seed={seed}",
        "tokenizer.vocab_size=300",
        "base.architecture.hidden_size=32",
        "base.architecture.layers=1",
        "base.architecture.feed_forward_size=64",
        "lora.rank=16",
        "lora.alpha=32",
        *(
            f"{section}.training.{setting}"
            for section in ("base", "lora")
            for setting in (*_TRAINING, f"accumulation={accumulation}")
        ),
    ]


def write_rows(folder: Path) -> Path:
    """What the data stage would leave; the answers are of unlike length."""
    (folder / "data").mkdir(parents=True)
    for split, count in (("train", ROWS), ("validation", 4), ("test", 1)):
        rows = [
            {
                "messages": [
                    {"role": "user", "content": f"Week {number}"},
                    {"role": "assistant", "content": "Tue easy 5\n" * (number % 7) + "Sun long 9"},
                ]
            }
            for number in range(count)
        ]
        Dataset.from_list(rows).to_parquet(folder / "data" / f"{split}.parquet")
    return folder


def difference(one: Path, other: Path) -> float:
    """The largest difference of a weight between two files of the same weights."""
    expected, found = load_file(one), load_file(other)
    assert expected.keys() == found.keys()
    return max((expected[name] - found[name]).abs().max().item() for name in expected)
