"""A trained Llama as one GGUF file, which llama.cpp reads: weights, tokenizer, chat template.

Works for any `LlamaForCausalLM` with a byte-level BPE tokenizer that splits as Llama 3 does.
"""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType, TokenType, quants
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.errors import ParityError
from finetune.files import replacing
from finetune.tokenizer import END_OF_TURN, serving_template

Quantisation = Literal["F16", "Q8_0", "Q4_0"]

_FILE_TYPES = {
    "F16": LlamaFileType.MOSTLY_F16,
    "Q8_0": LlamaFileType.MOSTLY_Q8_0,
    "Q4_0": LlamaFileType.MOSTLY_Q4_0,
}

_LAYER_TENSORS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def export_gguf(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    path: Path,
    *,
    quantisation: Quantisation,
    name: str,
) -> None:
    """Write model and tokenizer to `path`, and check the metadata that decides how text is read.

    Raises:
        ParityError: the file's metadata is not the tokenizer's.
    """
    with replacing(path) as part:
        writer = GGUFWriter(part, "llama")
        writer.add_type("model")
        writer.add_name(name)
        writer.add_file_type(_FILE_TYPES[quantisation])
        writer.add_quantization_version(2)
        _add_shape(writer, model.config)
        _add_tokenizer(writer, tokenizer)
        for tensor, weights in _tensors(model):
            kind = GGMLQuantizationType.F32 if weights.ndim == 1 else _matrix_type(quantisation)
            writer.add_tensor(tensor, quants.quantize(weights, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        check_metadata(part, tokenizer, model.config.max_position_embeddings)


def _matrix_type(quantisation: Quantisation) -> GGMLQuantizationType:
    return GGMLQuantizationType[quantisation]


def _add_shape(writer: GGUFWriter, config: LlamaConfig) -> None:
    head_size = config.head_dim or config.hidden_size // config.num_attention_heads
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])


def _add_tokenizer(writer: GGUFWriter, tokenizer: PreTrainedTokenizerFast) -> None:
    inner = tokenizer.backend_tokenizer
    special = {token.content for token in inner.get_added_tokens_decoder().values()}
    tokens = [inner.id_to_token(index) for index in range(len(tokenizer))]
    merges = json.loads(inner.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [TokenType.CONTROL if token in special else TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_eot_token_id(tokenizer.convert_tokens_to_ids(END_OF_TURN))
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(True)
    writer.add_chat_template(serving_template())


def _tensors(model: LlamaForCausalLM) -> list[tuple[str, np.ndarray]]:
    """GGUF name and float32 weights of every tensor, in llama.cpp's order of dimensions."""
    config = model.config
    weights = {
        name: tensor.detach().to(torch.float32).numpy()
        for name, tensor in model.state_dict().items()
    }
    named = [("token_embd.weight", weights["model.embed_tokens.weight"])]
    for layer in range(config.num_hidden_layers):
        for ours, theirs in _LAYER_TENSORS.items():
            matrix = weights[f"model.layers.{layer}.{ours}.weight"]
            if theirs == "attn_q":
                matrix = interleave_rotary(matrix, config.num_attention_heads)
            elif theirs == "attn_k":
                matrix = interleave_rotary(matrix, config.num_key_value_heads)
            named.append((f"blk.{layer}.{theirs}.weight", matrix))
    named.append(("output_norm.weight", weights["model.norm.weight"]))
    if not config.tie_word_embeddings:
        named.append(("output.weight", weights["lm_head.weight"]))
    return named


def interleave_rotary(matrix: np.ndarray, heads: int) -> np.ndarray:
    """Reorder the rows of a query or key projection for llama.cpp's rotary embedding.

    Transformers rotates row i of a head with row i + half; llama.cpp rotates neighbours.
    """
    rows, columns = matrix.shape
    return (
        matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
    )


def check_metadata(path: Path, tokenizer: PreTrainedTokenizerFast, context_length: int) -> None:
    """Compare what the file says with the tokenizer it was made from.

    Raises:
        ParityError: naming the fields that differ.
    """
    fields = GGUFReader(path).fields
    expected = {
        "llama.context_length": context_length,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "llama-bpe",
        "tokenizer.ggml.bos_token_id": tokenizer.bos_token_id,
        "tokenizer.ggml.eos_token_id": tokenizer.eos_token_id,
        "tokenizer.ggml.eot_token_id": tokenizer.convert_tokens_to_ids(END_OF_TURN),
        "tokenizer.ggml.padding_token_id": tokenizer.pad_token_id,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": serving_template(),
        "tokenizer.ggml.tokens": [
            tokenizer.backend_tokenizer.id_to_token(i) for i in range(len(tokenizer))
        ],
    }
    wrong = [
        key
        for key, value in expected.items()
        if key not in fields or fields[key].contents() != value
    ]
    if wrong:
        raise ParityError(f"{path.name}: metadata differs from the tokenizer in {', '.join(wrong)}")
