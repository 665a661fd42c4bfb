"""Write a random-weight Llama GGUF: an engine test needs a real file, not a trained one.

The tokenizer is byte-level BPE with Llama 3's special tokens, trained on a few lines of plan notation, so that a
grammar, the chat template and tokenization behave as with the shipped model. What such a model writes is noise.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

BOS, EOT = "<|begin_of_text|>", "<|eot_id|>"
SPECIALS = (BOS, "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", EOT)

CHAT_TEMPLATE = (
    "{{- bos_token }}{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim"
    " + '<|eot_id|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)

# The pattern behind `tokenizer.ggml.pre = llama-bpe`.
LLAMA_BPE = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)

TEXT = """You are a running coach. Write week 3 of 12 for Alex, intermediate, half marathon, 4 days in km.
Tue easy 5.5 strides 4
Thu hills 6.5: 8x45s
Sat recovery 6
Sun long 11
Note Short steps uphill, and walk down: the legs will thank you. Keep it easy enough to talk.
1 base 24 long 8 hills
2 build 26.5 long 9 fartlek
Mon tempo 8: 20min
Wed intervals 9: 5x1000m
Fri strength
"""


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; the defaults load and decode in milliseconds."""

    width: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 128
    vocab: int = 512
    context: int = 4096


def train_tokenizer(text: str = TEXT) -> Tokenizer:
    """A byte-level BPE tokenizer whose first ids are Llama 3's special tokens."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA_BPE), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        special_tokens=[AddedToken(token, special=True) for token in SPECIALS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
    return tokenizer


def write_tiny_gguf(
    path: Path,
    shape: Shape = Shape(),
    *,
    template: str = CHAT_TEMPLATE,
    seed: int = 0,
    quantization: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F16,
) -> Tokenizer:
    """Write a random Llama to `path` and return its tokenizer, the reference for prompt ids."""
    tokenizer = train_tokenizer()
    writer = gguf.GGUFWriter(str(path), "llama")
    head = shape.width // shape.heads
    writer.add_name("tiny random llama")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(shape.vocab)
    _add_tokenizer(writer, tokenizer, shape.vocab, template)
    rng = np.random.default_rng(seed)

    def add(name: str, rows: int, columns: int) -> None:
        weights = rng.standard_normal((rows, columns), dtype=np.float32) / np.sqrt(columns)
        writer.add_tensor(name, gguf.quants.quantize(weights, quantization), raw_dtype=quantization)

    kv = head * shape.kv_heads
    add("token_embd.weight", shape.vocab, shape.width)
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        add(f"{block}.attn_q.weight", shape.width, shape.width)
        add(f"{block}.attn_k.weight", kv, shape.width)
        add(f"{block}.attn_v.weight", kv, shape.width)
        add(f"{block}.attn_output.weight", shape.width, shape.width)
        add(f"{block}.ffn_gate.weight", shape.feed_forward, shape.width)
        add(f"{block}.ffn_up.weight", shape.feed_forward, shape.width)
        add(f"{block}.ffn_down.weight", shape.width, shape.feed_forward)
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{block}.{norm}.weight", np.ones(shape.width, dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(shape.width, dtype=np.float32))
    add("output.weight", shape.vocab, shape.width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tokenizer


def _add_tokenizer(
    writer: gguf.GGUFWriter, tokenizer: Tokenizer, vocab: int, template: str
) -> None:
    known = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = [token for token, _ in known][:vocab]
    if len(tokens) < len(known):
        raise ValueError(f"vocab {vocab} is smaller than the tokenizer's {len(known)}")
    types = [
        gguf.TokenType.CONTROL if token in SPECIALS else gguf.TokenType.NORMAL for token in tokens
    ]
    unused = vocab - len(tokens)
    tokens += [f"[PAD{n}]" for n in range(unused)]
    types += [gguf.TokenType.UNUSED] * unused
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(_merges(tokenizer))
    writer.add_bos_token_id(tokenizer.token_to_id(BOS))
    writer.add_eos_token_id(tokenizer.token_to_id(EOT))
    writer.add_eot_token_id(tokenizer.token_to_id(EOT))
    writer.add_add_bos_token(True)
    writer.add_chat_template(template)


def _merges(tokenizer: Tokenizer) -> Sequence[str]:
    return [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
