"""Which method of tuning fits a model, a memory and a data set, and why.

Everything is estimated from the size of the model; nothing is loaded and no machine is asked. The
estimates are for rows of one length in batches of one, with attention that keeps no matrix of
scores (PyTorch's SDPA).
"""

import math
import re
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from finetune.errors import RecipeError

GIB = 2**30

# GPUs: memory in GB as sold, and whether they compute in bfloat16.
GPUS = {
    "T4": (16, False),
    "L4": (24, True),
    "A10G": (24, True),
    "RTX4090": (24, True),
    "A100": (40, True),
    "H100": (80, True),
    "H200": (141, True),
}


@dataclass(frozen=True)
class Shape:
    """What decides memory: parameters, layers, width, inner width of the MLP, vocabulary."""

    parameters: float
    layers: int
    width: int
    inner: int
    vocabulary: int


# GPT-2, Gemma 3 270M, Llama 3.2 1B and 3B, Llama 3.1 8B and 70B, from their config.json.
SHAPES = (
    Shape(0.124e9, 12, 768, 3072, 50257),
    Shape(0.268e9, 18, 640, 2048, 262144),
    Shape(1.236e9, 16, 2048, 8192, 128256),
    Shape(3.213e9, 28, 3072, 8192, 128256),
    Shape(8.03e9, 32, 4096, 14336, 128256),
    Shape(70.6e9, 80, 8192, 28672, 128256),
)


@dataclass(frozen=True)
class Need:
    """Memory in GiB that a method takes, by parts."""

    method: str
    weights: float
    gradients: float
    optimiser: float
    activations: float

    @property
    def total(self) -> float:
        """All parts, with a tenth more for buffers and fragments."""
        return 1.1 * (self.weights + self.gradients + self.optimiser + self.activations)


def shape_of(parameters: float) -> Shape:
    """The known shape nearest in size, with that many parameters and its layers scaled to fit."""
    near = min(SHAPES, key=lambda shape: abs(math.log(shape.parameters / parameters)))
    layers = max(1, round(near.layers * parameters / near.parameters))
    return Shape(parameters, layers, near.width, near.inner, near.vocabulary)


def needs(
    shape: Shape, rank: int = 16, tokens: int = 1024, checkpointing: bool = True
) -> list[Need]:
    """Memory by method, the best results first.

    Bytes a parameter: a weight that is trained is 4, with 4 for its gradient and 8 for AdamW's two
    moments (2 in 8 bits); a frozen one is 2, and about 0.55 in NF4 with its scales, embeddings
    staying 2. Adapters of rank r on all linear layers have about r · layers · (8 · width + 3 ·
    (width + inner)) weights. Activations of a layer are 34 bytes a token and unit of width (16-bit,
    no matrix of scores); with checkpointing 2 are kept, and one layer is computed again. The loss
    holds two float32 numbers a token and entry of the vocabulary.

    Sources: Rajbhandari et al. 2020, ZeRO, https://arxiv.org/abs/1910.02054 (states of the
    optimiser); Korthikanti et al. 2022, https://arxiv.org/abs/2205.05198, equations 1 and 2
    (activations); Dettmers et al. 2023, QLoRA, https://arxiv.org/abs/2305.14314.

    Args:
        shape: of the model.
        rank: of the adapters.
        tokens: in one forward pass.
        checkpointing: activations are computed twice instead of kept.
    """
    whole, embeddings = shape.parameters, shape.vocabulary * shape.width
    adapters = rank * shape.layers * (8 * shape.width + 3 * (shape.width + shape.inner))
    kept = 2 * shape.layers + 34 if checkpointing else 34 * shape.layers
    activations = tokens * (kept * shape.width + 8 * shape.vocabulary)
    in_4_bits = 0.55 * max(0.0, whole - embeddings) + 2 * embeddings
    rows = (
        ("full", 4 * whole, 4 * whole, 8 * whole),
        ("full, adamw_8bit", 4 * whole, 4 * whole, 2 * whole),
        ("lora", 2 * whole + 4 * adapters, 4 * adapters, 8 * adapters),
        ("qlora", in_4_bits + 4 * adapters, 4 * adapters, 2 * adapters),
        ("prompt", 2 * whole, 0, 0),
    )
    return [Need(name, *(part / GIB for part in parts), activations / GIB) for name, *parts in rows]


def choose(
    shape: Shape, memory: float, rows: int, bfloat16: bool = True
) -> tuple[Need | None, str]:
    """The method to take, and why; none where nothing fits into `memory` (GiB).

    Where there is room, every weight is trained if the model is small or the rows are many; adapters
    learn as much from few rows, and forget less. Sources: Schulman et al. 2025, LoRA Without Regret,
    https://thinkingmachines.ai/blog/lora; Biderman et al. 2024, LoRA Learns Less and Forgets Less,
    https://arxiv.org/abs/2405.09673; Lester et al. 2021, https://arxiv.org/abs/2104.08691 (a tuned
    prompt keeps up from about 10 billion parameters on).
    """
    fitting = {need.method: need for need in needs(shape) if need.total <= memory}
    if not fitting:
        return None, "nothing fits: take a smaller model or more memory"
    small, many = shape.parameters < 0.5e9, rows >= 50_000
    for method in ("full", "full, adamw_8bit"):
        if method in fitting and (small or many):
            why = (
                "so small a model is cheap to train whole"
                if small
                else "so many rows fill adapters"
            )
            return fitting[method], why
    if "lora" in fitting:
        why = "adapters learn as much from so many rows as training every weight, and forget less"
        if rows < 500:
            why = "so few rows are soon known by heart: a low rank (8), few epochs, and patience=2"
        if not bfloat16:
            why += "; without bfloat16, set base.dtype and precision to float16"
        return fitting["lora"], why
    if "qlora" in fitting:
        return fitting["qlora"], "the weights fit only in 4 bits; slower than lora, a little worse"
    method, need = next(iter(fitting.items()))
    return need, f"only {method} fits"


def parse_size(text: str) -> float:
    """Parameters from `1B`, `270M` or a number.

    Raises:
        RecipeError: it is none of these.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([MB]?)", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise RecipeError(f"--model-parameters: {text!r} is not a size like 1B or 270M")
    return float(found[1]) * {"": 1.0, "M": 1e6, "B": 1e9}[found[2].upper()]


def memory_of(gpu: str | None, memory: float | None) -> tuple[float, bool]:
    """GiB of memory, and whether there is bfloat16.

    Raises:
        RecipeError: an unknown GPU, or neither it nor a memory is given.
    """
    if gpu is not None and gpu.upper() not in GPUS:
        raise RecipeError(f"--gpu: {gpu!r} is not one of {', '.join(GPUS)}; give --memory instead")
    known = GPUS[gpu.upper()] if gpu else None
    if memory is None and known is None:
        raise RecipeError("--memory: give the memory in GB, or a --gpu")
    if memory is not None and memory <= 0:
        raise RecipeError("--memory: must be more than 0")
    return float(memory or known[0]), known[1] if known else True


def show(
    parameters: str,
    memory: float | None,
    rows: int,
    gpu: str | None,
    console: Console | None = None,
) -> None:
    """Print what each method needs, and which one to take."""
    console = console or Console()
    shape = shape_of(parse_size(parameters))
    there, bfloat16 = memory_of(gpu, memory)
    table = Table("method", "weights", "gradients", "optimiser", "activations", "in all", "fits")
    for need in needs(shape):
        parts = (need.weights, need.gradients, need.optimiser, need.activations, need.total)
        fits = "yes" if need.total <= there else "no"
        table.add_row(need.method, *(f"{part:.1f}" for part in parts), fits)
    console.print(table)
    console.print(
        f"GiB, estimated for {parameters} parameters, rank 16, 1,024 tokens in a forward pass and "
        f"gradient checkpointing; {there:g} GB are there.",
    )
    need, why = choose(shape, there, rows, bfloat16)
    console.print(f"Take {need.method}: {why}." if need else f"{why.capitalize()}.")
