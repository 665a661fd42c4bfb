import importlib.util
from collections.abc import Iterator

import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants
from hypothesis import given
from hypothesis import strategies as st

from finetune import quantise as module
from finetune.errors import StageError
from finetune.quantise import _quantiser, quantise, tensor_type

K_QUANTS = {"Q4_K": 4.5, "Q5_K": 5.5, "Q6_K": 6.5625}
"""Bits of a weight, scales included."""


def matrix(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, columns), dtype=np.float32)


def error(weights: np.ndarray, kind: str) -> float:
    packed = quantise(weights, GGMLQuantizationType[kind])
    found = quants.dequantize(packed, GGMLQuantizationType[kind])
    return float(np.sqrt(np.mean((found - weights) ** 2)))


@pytest.mark.parametrize(("kind", "bits"), K_QUANTS.items())
def test_k_quants_are_read_back_by_another_library(kind: str, bits: float) -> None:
    weights = matrix(6, 512)
    packed = quantise(weights, GGMLQuantizationType[kind])
    assert packed.nbytes * 8 == bits * weights.size
    # A uniform grid of so many levels over four standard deviations either way would be off by more.
    assert error(weights, kind) < 8 / 2 ** int(bits) / np.sqrt(12)


def test_more_bits_are_closer() -> None:
    weights = matrix(8, 256)
    errors = [error(weights, kind) for kind in ("Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "F16")]
    assert errors == sorted(errors, reverse=True)


@given(scale=st.floats(0.01, 100), seed=st.integers(0, 99))
def test_k_quants_scale_with_the_weights(scale: float, seed: int) -> None:
    weights = matrix(1, 256, seed)
    for kind in K_QUANTS:
        assert error(weights * np.float32(scale), kind) < 0.12 * scale


def test_weights_that_are_not_in_one_piece() -> None:
    whole = matrix(256, 4)
    kind = GGMLQuantizationType.Q4_K
    assert (quantise(whole.T, kind) == quantise(np.ascontiguousarray(whole.T), kind)).all()


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    _quantiser.cache_clear()
    yield
    _quantiser.cache_clear()


# Not installed, not a library, and a library without the function.
@pytest.mark.parametrize("engine", [None, "json", "numpy.linalg._umath_linalg"])
def test_without_the_quantiser_k_quants_are_refused(
    engine: str | None, nothing_kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = engine and importlib.util.find_spec(engine)

    def find(name: str) -> object:
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return spec

    monkeypatch.setattr(module.importlib.util, "find_spec", find)
    with pytest.raises(StageError, match="take Q8_0 or Q4_0"):
        quantise(matrix(1, 256), GGMLQuantizationType.Q4_K)
    # The others do without.
    assert quantise(matrix(1, 32), GGMLQuantizationType.Q4_0).size


def kinds(quantisation: str, columns: int, *, tied: bool = True) -> dict[str, str]:
    """Types of the tensors of a model of 16 layers, by name."""
    names = [
        "token_embd.weight",
        "output.weight",
        *(
            f"blk.{layer}.{part}.weight"
            for layer in range(16)
            for part in ("attn_q", "attn_v", "ffn_down")
        ),
    ]
    return {
        name: tensor_type(name, (8, columns), quantisation, layers=16, tied=tied).name
        for name in names
    }


def test_q4_k_m_gives_more_bits_where_it_matters() -> None:
    found = kinds("Q4_K_M", 512)
    assert found["token_embd.weight"] == "Q6_K"  # it is the output as well
    more = {name for name, kind in found.items() if kind == "Q6_K" and name.startswith("blk")}
    layers = (0, 1, 4, 7, 10, 13, 14, 15)
    assert more == {f"blk.{n}.{part}.weight" for n in layers for part in ("attn_v", "ffn_down")}
    assert found["blk.0.attn_q.weight"] == "Q4_K"


def test_where_the_output_is_a_matrix_of_its_own() -> None:
    found = kinds("Q5_K_M", 512, tied=False)
    assert (found["token_embd.weight"], found["output.weight"]) == ("Q5_K", "Q6_K")


def test_rows_that_are_no_multiple_of_256_have_smaller_blocks() -> None:
    assert set(kinds("Q4_K_M", 704).values()) == {"Q5_0", "Q8_0"}
    assert set(kinds("Q5_K_M", 704).values()) == {"Q5_1", "Q8_0"}
    assert set(kinds("Q6_K", 704).values()) == {"Q8_0"}


@pytest.mark.parametrize("quantisation", ["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"])
def test_norms_biases_and_positions_stay_whole(quantisation: str) -> None:
    for name, shape in (("output_norm.weight", (512,)), ("position_embd.weight", (64, 512))):
        assert tensor_type(name, shape, quantisation, layers=2, tied=True).name == "F32"
