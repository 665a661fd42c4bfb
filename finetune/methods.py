"""The tuned model: what of the base is trained, by method.

Adapters (`lora`, `qlora`) and a tuned prompt are written beside the base, to `adapter/`. `full` and
`qat` train every weight: what they write, to `merged/`, needs no merging.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, PromptTuningConfig, TaskType, get_peft_model
from peft.utils import prepare_model_for_kbit_training
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    PreTrainedModel,
    TrainerCallback,
)

from finetune import ranks
from finetune.config import Full, Lora, Prompt, Qat, Qlora, Recipe
from finetune.errors import StageError, first_line
from finetune.files import replacing
from finetune.models import load_model
from finetune.tokenizer import load_tokenizer
from finetune.tokens import read_tokens
from finetune.training import fit

# Names of dropout in the configurations of the families.
_DROPOUT = ("attention_dropout", "attn_pdrop", "resid_pdrop", "embd_pdrop")
_BLOCK = 32
"""Weights with one scale, in training with quantisation as in llama.cpp's Q4_0 and Q8_0."""


def tune(
    recipe: Recipe,
    run_dir: Path,
    callbacks: Sequence[TrainerCallback] = (),
    prepare: Callable[[Recipe, Path], PeftModel] | None = None,
) -> dict[str, float]:
    """Train by the recipe's method on `base/`; goes on from a checkpoint.

    `callbacks` are told the validation loss at each checkpoint; what they raise ends training.
    `prepare` makes the base with adapters in another way than is usual.

    Returns:
        `finetune.training.Trained`, and the number of weights that were trained as `parameters`.

    Raises:
        StageError: the method does not suit the model or this machine.
    """
    tokenizer = load_tokenizer(run_dir / "tokenizer")
    method = recipe.method
    torch.manual_seed(recipe.seed)
    model = (prepare or _prepared)(recipe, run_dir)
    whole = isinstance(method, Full | Qat)
    trained = fit(
        model,
        read_tokens(run_dir, "train"),
        tokenizer,
        method.training,
        seed=recipe.seed,
        folder=run_dir / ("tuned-checkpoints" if whole else "adapter-checkpoints"),
        validation=read_tokens(run_dir, "validation"),
        runtime=recipe.runtime,
        callbacks=callbacks,
    )
    parameters = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    weights = ranks.gathered(model)
    if isinstance(method, Qat):
        _fake_quantised(model, method, "convert")
    if ranks.first():
        with replacing(run_dir / ("merged" if whole else "adapter")) as part:
            model.save_pretrained(str(part), state_dict=weights)
            if whole:
                tokenizer.save_pretrained(str(part))
    return {**asdict(trained), "parameters": parameters}


def _prepared(recipe: Recipe, run_dir: Path) -> PreTrainedModel | PeftModel:
    """The base with what the method trains on it."""
    folder, method = run_dir / "base", recipe.method
    match method:
        case Qlora():
            return get_peft_model(
                prepare_model_for_kbit_training(
                    load_nf4(folder, method, recipe.base_dtype),
                    use_gradient_checkpointing=recipe.runtime.gradient_checkpointing,
                    gradient_checkpointing_kwargs={"use_reentrant": False},
                ),
                lora_config(method, folder),
            )
        case Lora():
            # Adapters are float32 whatever the base is.
            return get_peft_model(
                load_model(folder, recipe.base_dtype), lora_config(method, folder)
            )
        case Prompt():
            start = {"prompt_tuning_init": "TEXT", "prompt_tuning_init_text": method.text}
            config = PromptTuningConfig(
                num_virtual_tokens=method.tokens,
                task_type=TaskType.CAUSAL_LM,
                tokenizer_name_or_path=str(run_dir / "tokenizer"),
                **(start if method.text else {}),
            )
            return get_peft_model(load_model(folder, recipe.base_dtype), config)
        case Full():
            model = load_model(folder, recipe.base_dtype)
            for name in _DROPOUT:
                if hasattr(model.config, name):
                    setattr(model.config, name, method.dropout)
            # Dropout layers are made from the configuration.
            return AutoModelForCausalLM.from_pretrained(
                folder, config=model.config, dtype=model.dtype
            )
        case Qat():
            model = load_model(folder, recipe.base_dtype)
            _fake_quantised(model, method, "prepare")
            return model


def lora_config(method: Lora, folder: Path) -> LoraConfig:
    """Which layers of the model in `folder` get which adapters.

    Raises:
        StageError: a layer shares its weights with another.
    """
    config = load_config(folder)
    shared = {"embed_tokens", "lm_head", "wte"}
    if config.tie_word_embeddings and (wrong := shared & set(method.targets)):
        raise StageError(
            f"targets: {', '.join(sorted(wrong))}: the embeddings are shared with the output, so that "
            "adapters there would part them; leave them out"
        )
    targets = method.targets if isinstance(method.targets, str) else list(method.targets)
    return LoraConfig(
        r=method.rank,
        lora_alpha=method.alpha,
        lora_dropout=method.dropout,
        use_rslora=method.rslora,
        use_dora=method.dora,
        target_modules=targets,
        # Special tokens that the base does not know are learnt as well.
        trainable_token_indices=getattr(config, "new_token_ids", None) or None,
        fan_in_fan_out=config.model_type == "gpt2",
        task_type="CAUSAL_LM",
    )


def load_config(folder: Path) -> Any:
    """The configuration of a saved model."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder)


def load_nf4(folder: Path, method: Qlora, dtype: str) -> PreTrainedModel:
    """Read a saved model with the weights of its linear layers in 4 bits (NF4).

    Source: Dettmers et al. 2023, QLoRA, https://arxiv.org/abs/2305.14314.

    Raises:
        StageError: bitsandbytes is missing or does not work on this machine.
    """
    problem = _nf4_problem()
    if problem:
        raise StageError(
            f"qlora: {problem}; it needs bitsandbytes, best with a GPU. lora needs neither"
        )
    return AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=method.double_quantisation,
            bnb_4bit_compute_dtype=dtype,
        ),
    )


def _nf4_problem() -> str | None:
    """Why 4-bit layers cannot be trained here: one is tried."""
    if importlib.util.find_spec("bitsandbytes") is None:
        return "bitsandbytes is not installed"
    from bitsandbytes.nn import Linear4bit

    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        layer = Linear4bit(64, 64, bias=False, quant_type="nf4").to(device)
        inputs = torch.ones(1, 64, device=device, requires_grad=True)
        layer(inputs).sum().backward()
    except (RuntimeError, NotImplementedError) as error:
        return f"4-bit layers do not work on this {device} ({first_line(error)})"
    return None


def _fake_quantised(model: PreTrainedModel, method: Qat, step: str) -> None:
    """Have linear layers read their weights as rounded (`prepare`), or as they are (`convert`).

    Raises:
        StageError: torchao is missing, or the model has no linear layers to round.
    """
    if importlib.util.find_spec("torchao") is None:
        raise StageError("qat: torchao is not installed")
    if model.config.model_type == "gpt2":
        raise StageError("qat: GPT-2's layers are Conv1D, which torchao does not round; use full")
    from torchao.quantization import quantize_
    from torchao.quantization.qat import IntxFakeQuantizeConfig, QATConfig

    weights = IntxFakeQuantizeConfig(
        torch.int4 if method.bits == 4 else torch.int8, group_size=_BLOCK, is_symmetric=True
    )
    quantize_(
        model,
        QATConfig(weight_config=weights, step="prepare")
        if step == "prepare"
        else QATConfig(step="convert"),
        # The output shares its weights with the embeddings.
        filter_fn=lambda module, name: isinstance(module, torch.nn.Linear) and name != "lm_head",
    )
