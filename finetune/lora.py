"""The tuned model: low-rank adapters on the base learn what the assistant writes."""

from pathlib import Path

import torch
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

from finetune.config import Recipe
from finetune.files import replacing
from finetune.models import load_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_rows, tokenise
from finetune.training import Checkpoints, Collator, arguments, last_whole


def train_lora(recipe: Recipe, run_dir: Path) -> dict[str, float]:
    """Train adapters on `base/` and write them to `adapter/`; goes on from a checkpoint.

    Returns:
        seconds of training, tokens read, and the last loss in nats per learnt token.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    rows = tokenise(read_rows(run_dir / "data" / "train.parquet"), tokenizer)
    folder = run_dir / "adapter-checkpoints"
    checkpoints = Checkpoints(folder)
    settings = arguments(recipe.lora.training, recipe.seed, folder)
    torch.manual_seed(recipe.seed)
    trainer = SFTTrainer(
        model=load_model(run_dir / "base"),
        args=SFTConfig(**settings, max_length=None, dataset_num_proc=None),
        train_dataset=rows,
        data_collator=Collator(tokenizer.pad_token_id, learn_all=False),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=recipe.lora.rank,
            lora_alpha=recipe.lora.alpha,
            lora_dropout=recipe.lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
        callbacks=[checkpoints],
    )
    resumed = last_whole(folder)
    result = trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    with replacing(run_dir / "adapter") as part:
        trainer.model.save_pretrained(str(part))
    return {
        "seconds": round(checkpoints.seconds, 1),
        "tokens": int(trainer.state.num_input_tokens_seen),
        "loss": round(result.training_loss, 4),
    }
