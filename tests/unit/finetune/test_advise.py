"""The advice fits what others measured, and says no where nothing fits."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finetune.advise import GPUS, choose, memory_of, needs, parse_size, shape_of, show
from finetune.cli import main
from finetune.errors import RecipeError

SIZES = st.floats(1e8, 1e11)


def total(parameters: float, method: str, **settings: object) -> float:
    return next(n for n in needs(shape_of(parameters), **settings) if n.method == method).total


# Published peaks in GB. litgpt: one row of 512 tokens, weights in 16 bits, so that training every
# weight takes 8 bytes each there and 16 here; torchtune: two rows of 4,096 tokens, loss in chunks.
@pytest.mark.parametrize(
    ("parameters", "method", "settings", "peak"),
    [
        (1.24e9, "lora", {"tokens": 512, "checkpointing": False}, 4.49),
        (3.21e9, "lora", {"tokens": 512, "checkpointing": False}, 9.67),
    ],
)
def test_estimates_are_near_what_was_measured(
    parameters: float, method: str, settings: dict[str, object], peak: float
) -> None:
    assert total(parameters, method, **settings) == pytest.approx(peak, rel=0.35)


@given(SIZES)
def test_each_method_saves_memory(parameters: float) -> None:
    whole, eight_bit, lora, qlora, _ = (need.total for need in needs(shape_of(parameters)))
    assert whole > eight_bit > lora > qlora


@given(SIZES, st.integers(1, 10**6), st.floats(1, 2000))
def test_what_is_chosen_fits_and_more_memory_never_fits_less(
    parameters: float, rows: int, memory: float
) -> None:
    need, why = choose(shape_of(parameters), memory, rows)
    assert why
    if need is not None:
        assert need.total <= memory
        assert choose(shape_of(parameters), memory * 2, rows)[0] is not None


@pytest.mark.parametrize(
    ("parameters", "memory", "rows", "method"),
    [
        (0.27e9, 16, 5000, "full"),
        (1.24e9, 16, 5000, "lora"),
        (1.24e9, 80, 200_000, "full"),
        (8e9, 16, 5000, "qlora"),
        (8e9, 24, 5000, "lora"),
        (70e9, 16, 5000, None),
    ],
)
def test_the_method_to_take(
    parameters: float, memory: float, rows: int, method: str | None
) -> None:
    need, _ = choose(shape_of(parameters), memory, rows)
    assert (need.method if need else None) == method


def test_without_bfloat16_the_advice_says_so() -> None:
    memory, bfloat16 = memory_of("t4", None)
    assert (memory, bfloat16) == GPUS["T4"]
    assert "float16" in choose(shape_of(1.24e9), memory, 5000, bfloat16)[1]


@pytest.mark.parametrize(
    ("text", "size"), [("1B", 1e9), ("270M", 2.7e8), ("3.2b", 3.2e9), ("1000", 1000.0)]
)
def test_sizes(text: str, size: float) -> None:
    assert parse_size(text) == pytest.approx(size)


@pytest.mark.parametrize("text", ["", "big", "1T", "0", "-1B"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="--model-parameters"):
        parse_size(text)


def test_the_table_has_every_method() -> None:
    out = io.StringIO()
    show("1B", 16, 5000, "T4", Console(file=out, width=100))
    for need in needs(shape_of(1e9)):
        assert f" {need.method} " in out.getvalue()
    assert "Take lora" in out.getvalue()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--memory", "16"], 0, "Take lora"),
        (["--gpu", "T4"], 0, "float16"),
        ([], 2, "--memory"),
        (["--gpu", "Z80"], 2, "T4"),
    ],
)
def test_the_command(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", "--model-parameters", "1B", "--rows", "5000", *words]) == code
    captured = capsys.readouterr()
    assert said in " ".join((captured.err if code else captured.out).split())
