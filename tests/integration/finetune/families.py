"""Tiny pretrained models of the real architectures, with their own tokenizers and chat templates."""

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import trl
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from tokenizers.trainers import BpeTrainer
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from finetune.tokenizer import train_tokenizer

CONTEXT = 512
VOCABULARY = 500
# The templates as the makers of the models ship them.
TEMPLATES = Path(trl.__file__).parent / "chat_templates"


def stock_template(name: str) -> str:
    return (TEMPLATES / f"{name}.jinja").read_text("utf-8")


def llama(folder: Path, texts: Iterable[str]) -> None:
    """Llama 3.2: grouped queries, stretched rotary frequencies, shared embeddings, bfloat16."""
    tokenizer = train_tokenizer(texts, VOCABULARY, CONTEXT)
    tokenizer.chat_template = stock_template("llama3_2")
    tokenizer.pad_token = None
    config = LlamaConfig(
        # More rows than tokens, as in models whose matrices were padded.
        vocab_size=len(tokenizer) + 4,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=128,
        max_position_embeddings=CONTEXT,
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": 500000.0,
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
    )
    _save(LlamaForCausalLM(config), tokenizer, folder)


def gemma(folder: Path, texts: Iterable[str]) -> None:
    """Gemma 3: sliding and full attention by turns, shared embeddings, `<eos>` that never comes."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_byte_level(
            texts, ("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>")
        ),
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        chat_template=stock_template("gemma3"),
    )
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        intermediate_size=128,
        max_position_embeddings=CONTEXT,
        sliding_window=64,
        layer_types=["sliding_attention", "full_attention"],
        query_pre_attn_scalar=32,
    )
    _save(Gemma3ForCausalLM(config), tokenizer, folder)


def gpt2(folder: Path, texts: Iterable[str]) -> None:
    """GPT-2: learnt positions, no chat template, one special token."""
    end = "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_byte_level(texts, (end,)), bos_token=end, eos_token=end, unk_token=end
    )
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=64, n_layer=2, n_head=2, n_positions=CONTEXT
    )
    _save(GPT2LMHeadModel(config), tokenizer, folder)


FAMILIES: dict[str, Callable[[Path, Iterable[str]], None]] = {
    "llama": llama,
    "gemma": gemma,
    "gpt2": gpt2,
}


def _byte_level(texts: Iterable[str], special: Iterable[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        BpeTrainer(
            vocab_size=VOCABULARY,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return tokenizer


def _save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Weights as large as in a trained model of this width, so that attention matters."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.ndim == 2:
                weights.normal_(0, 0.02 if "emb" in name or "wte" in name else 0.1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
