"""The base model: a Llama with random weights learns every token of the rows."""

from pathlib import Path

from transformers import Trainer, TrainingArguments

from finetune.config import Recipe
from finetune.files import replacing
from finetune.models import new_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_rows, tokenise
from finetune.training import Checkpoints, Collator, arguments, last_whole


def train_base(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Train the base and write it to `base/`; goes on from a checkpoint where there is one.

    Returns:
        seconds of training, tokens read, and the last loss in nats per token.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = tokenise(read_rows(run_dir / "data" / "train.parquet"), tokenizer)
    folder = run_dir / "base-checkpoints"
    checkpoints = Checkpoints(folder)
    trainer = Trainer(
        model=new_model(recipe.base.architecture, tokenizer, recipe.seed),
        args=TrainingArguments(**arguments(recipe.base.training, recipe.seed, folder)),
        train_dataset=rows,
        data_collator=Collator(tokenizer.pad_token_id, learn_all=True),
        processing_class=tokenizer,
        callbacks=[checkpoints],
    )
    resumed = last_whole(folder)
    result = trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    with replacing(run_dir / "base") as part:
        trainer.save_model(str(part))
    return {
        "seconds": round(checkpoints.seconds, 1),
        "tokens": int(trainer.state.num_input_tokens_seen),
        "loss": round(result.training_loss, 4),
    }
