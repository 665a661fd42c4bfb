"""Weights in fewer bits, in the formats of llama.cpp. Knows nothing of files or models.

The gguf package writes F16, Q8_0 and Q4_0, but K-quants it only reads. These are written by the engine
that the app runs on: its library holds llama.cpp's own quantiser. Which matrix gets which type is as in
llama.cpp (src/llama-quant.cpp), so that the files are those of its `llama-quantize`.
"""

import ctypes
import importlib.util
import re
from collections.abc import Callable
from functools import cache

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

from finetune.config import Quantisation
from finetune.errors import StageError

K_ROW = 256
"""K-quants have blocks of so many weights of a row."""

_TYPES = {
    "F16": GGMLQuantizationType.F16,
    "Q8_0": GGMLQuantizationType.Q8_0,
    "Q4_0": GGMLQuantizationType.Q4_0,
    "Q4_K_M": GGMLQuantizationType.Q4_K,
    "Q5_K_M": GGMLQuantizationType.Q5_K,
    "Q6_K": GGMLQuantizationType.Q6_K,
}
# What takes the place of a K-quant where rows are not of whole blocks.
_SMALLER_BLOCKS = {
    GGMLQuantizationType.Q4_K: GGMLQuantizationType.Q5_0,
    GGMLQuantizationType.Q5_K: GGMLQuantizationType.Q5_1,
    GGMLQuantizationType.Q6_K: GGMLQuantizationType.Q8_0,
}
# Matrices that get more bits in some of the layers, and the layer's number.
_SENSITIVE = re.compile(r"blk\.(\d+)\.(?:attn_v|attn_qkv|ffn_down)\.weight")


def tensor_type(
    name: str, shape: tuple[int, ...], quantisation: Quantisation, *, layers: int, tied: bool
) -> GGMLQuantizationType:
    """The type of one tensor: norms, biases and positions stay float32.

    Args:
        name: as in a GGUF file.
        shape: rows and columns.
        quantisation: of the file.
        layers: of the model.
        tied: the output is the embeddings' matrix.
    """
    if len(shape) == 1 or name == "position_embd.weight":
        return GGMLQuantizationType.F32
    kind = _TYPES[quantisation]
    if kind not in _SMALLER_BLOCKS:
        return kind
    sensitive = _SENSITIVE.fullmatch(name)
    if name == ("token_embd.weight" if tied else "output.weight") or (
        sensitive and _more_bits(int(sensitive[1]), layers)
    ):
        kind = GGMLQuantizationType.Q6_K
    return _SMALLER_BLOCKS[kind] if shape[-1] % K_ROW else kind


def _more_bits(layer: int, layers: int) -> bool:
    """The first and last eighth of the layers, and every third between them."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def quantise(weights: np.ndarray, kind: GGMLQuantizationType) -> np.ndarray:
    """Float32 weights as `kind` stores them.

    Raises:
        StageError: a K-quant, and the engine of this machine lacks the quantiser.
    """
    if kind not in _SMALLER_BLOCKS:
        return quants.quantize(weights, kind)
    weights = np.ascontiguousarray(weights, dtype=np.float32)
    rows, columns = weights.shape
    block, size = GGML_QUANT_SIZES[kind]
    packed = np.empty((rows, columns // block * size), dtype=np.uint8)
    _quantiser()(kind, weights.ctypes.data, packed.ctypes.data, 0, rows, columns, None)
    return packed


@cache
def _quantiser() -> Callable[..., int]:
    """`ggml_quantize_chunk(type, from, to, first weight, rows, columns, importance)`, from ggml.h."""
    try:
        spec = importlib.util.find_spec("xllamacpp.xllamacpp")
        function = ctypes.CDLL(spec.origin).ggml_quantize_chunk
    # Not installed, cannot be loaded, or built without exporting its functions, as on Windows.
    except (ImportError, OSError, AttributeError) as error:
        raise StageError(
            "export.quantisation: K-quants need the quantiser in the engine xllamacpp, which this "
            f"machine lacks ({error}); take Q8_0 or Q4_0"
        ) from error
    function.restype = ctypes.c_size_t
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        *[ctypes.c_int64] * 3,
        ctypes.c_void_p,
    ]
    return function
