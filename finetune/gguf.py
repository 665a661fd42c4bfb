"""A trained model as one GGUF file, which llama.cpp reads: weights, tokenizer, chat template.

Works for Llama with a byte-level BPE tokenizer that splits as Llama 3 does, and for GPT-2.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gguf import (
    MODEL_ARCH,
    GGUFReader,
    GGUFWriter,
    LlamaFileType,
    TokenType,
    get_tensor_name_map,
)
from transformers import GPT2Config, LlamaConfig, PreTrainedModel, PreTrainedTokenizerFast

from finetune.config import Quantisation
from finetune.errors import ParityError, StageError
from finetune.files import replacing
from finetune.quantise import K_ROW, quantise, tensor_type
from finetune.tokenizer import END_OF_TURN, serving_template


@dataclass(frozen=True)
class _Family:
    """What llama.cpp calls an architecture, and how it splits text before it looks up tokens."""

    arch: MODEL_ARCH
    name: str
    pre_tokenizer: str


_FAMILIES = {
    "llama": _Family(MODEL_ARCH.LLAMA, "llama", "llama-bpe"),
    "gpt2": _Family(MODEL_ARCH.GPT2, "gpt2", "gpt-2"),
}


def export_gguf(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    path: Path,
    *,
    quantisation: Quantisation,
    name: str,
) -> None:
    """Write model and tokenizer to `path`, and check the metadata that decides how text is read.

    Raises:
        StageError: models of this family, or of this width, cannot be written so.
        ParityError: the file's metadata is not the tokenizer's.
    """
    config = model.config
    family = _FAMILIES.get(config.model_type)
    if family is None:
        raise StageError(
            f"export: {config.model_type} is not one of {', '.join(_FAMILIES)}: its tokenizer is "
            "SentencePiece, whose scores tokenizer.json lacks; llama.cpp's convert_hf_to_gguf.py "
            "reads merged/ together with the tokenizer.model of the pretrained model"
        )
    if "K" in quantisation and config.hidden_size % K_ROW:
        raise StageError(
            f"export.quantisation: {quantisation} has blocks of {K_ROW} weights, and the rows of this "
            f"model have {config.hidden_size}; take Q8_0 or Q4_0"
        )
    with replacing(path) as part:
        writer = GGUFWriter(part, family.name)
        writer.add_type("model")
        writer.add_name(name)
        writer.add_file_type(LlamaFileType[f"MOSTLY_{quantisation}"])
        writer.add_quantization_version(2)
        if isinstance(config, GPT2Config):
            _add_gpt2_shape(writer, config)
        else:
            _add_llama_shape(writer, config)
        _add_tokenizer(writer, tokenizer, family, config.vocab_size)
        for tensor, weights in _tensors(model, family):
            kind = tensor_type(
                tensor,
                weights.shape,
                quantisation,
                layers=config.num_hidden_layers,
                tied=config.tie_word_embeddings,
            )
            writer.add_tensor(tensor, quantise(weights, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        check_metadata(part, tokenizer, config.max_position_embeddings)


def _add_llama_shape(writer: GGUFWriter, config: LlamaConfig) -> None:
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


def _add_gpt2_shape(writer: GGUFWriter, config: GPT2Config) -> None:
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.n_positions)
    writer.add_embedding_length(config.n_embd)
    writer.add_block_count(config.n_layer)
    writer.add_feed_forward_length(config.n_inner or 4 * config.n_embd)
    writer.add_head_count(config.n_head)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)


def _add_tokenizer(
    writer: GGUFWriter, tokenizer: PreTrainedTokenizerFast, family: _Family, rows: int
) -> None:
    """Write the vocabulary; `rows` of embeddings may be more than there are tokens."""
    inner = tokenizer.backend_tokenizer
    special = {token.content for token in inner.get_added_tokens_decoder().values()}
    tokens = _tokens(tokenizer)
    unused = [f"<|unused_{index}|>" for index in range(len(tokens), rows)]
    merges = json.loads(inner.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(family.pre_tokenizer)
    writer.add_token_list([*tokens, *unused])
    writer.add_token_types(
        [TokenType.CONTROL if token in special else TokenType.NORMAL for token in tokens]
        + [TokenType.UNUSED] * len(unused)
    )
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_eot_token_id(tokenizer.convert_tokens_to_ids(END_OF_TURN))
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(True)
    writer.add_chat_template(serving_template(tokenizer.chat_template))


def _tokens(tokenizer: PreTrainedTokenizerFast) -> list[str]:
    inner = tokenizer.backend_tokenizer
    return [inner.id_to_token(index) for index in range(len(tokenizer))]


def _tensors(model: PreTrainedModel, family: _Family) -> Iterator[tuple[str, np.ndarray]]:
    """GGUF name and float32 weights of every tensor, in llama.cpp's order of dimensions."""
    config = model.config
    names = get_tensor_name_map(family.arch, config.num_hidden_layers)
    for key, tensor in model.state_dict().items():
        module, _, kind = key.rpartition(".")
        if module == "lm_head" and config.tie_word_embeddings:
            continue
        name = names.get_name(module)
        if name is None:
            raise StageError(f"export: llama.cpp's {family.name} has no place for {key}")
        weights = tensor.detach().to(torch.float32).numpy()
        if isinstance(config, GPT2Config) and ".c_" in module and weights.ndim == 2:
            weights = np.ascontiguousarray(weights.T)  # Conv1D holds its matrix the other way round
        elif module.endswith("q_proj"):
            weights = interleave_rotary(weights, config.num_attention_heads)
        elif module.endswith("k_proj"):
            weights = interleave_rotary(weights, config.num_key_value_heads)
        yield f"{name}.{kind}", weights
    if isinstance(config, LlamaConfig) and config.rope_parameters["rope_type"] != "default":
        yield "rope_freqs.weight", _frequency_factors(model)


def _frequency_factors(model: PreTrainedModel) -> np.ndarray:
    """By what llama.cpp is to divide the rotary frequencies, where long contexts stretch them."""
    used = model.model.rotary_emb.inv_freq.to(torch.float32).numpy()
    exponents = np.arange(len(used), dtype=np.float32) / len(used)
    return model.config.rope_parameters["rope_theta"] ** -exponents / used


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
    family = fields["general.architecture"].contents()
    expected = {
        f"{family}.context_length": context_length,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": _FAMILIES[family].pre_tokenizer,
        "tokenizer.ggml.bos_token_id": tokenizer.bos_token_id,
        "tokenizer.ggml.eos_token_id": tokenizer.eos_token_id,
        "tokenizer.ggml.eot_token_id": tokenizer.convert_tokens_to_ids(END_OF_TURN),
        "tokenizer.ggml.padding_token_id": tokenizer.pad_token_id,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": serving_template(tokenizer.chat_template),
    }
    wrong = [
        key
        for key, value in expected.items()
        if key not in fields or fields[key].contents() != value
    ]
    tokens = _tokens(tokenizer)
    if fields["tokenizer.ggml.tokens"].contents()[: len(tokens)] != tokens:
        wrong.append("tokenizer.ggml.tokens")
    if wrong:
        raise ParityError(f"{path.name}: metadata differs from the tokenizer in {', '.join(wrong)}")
