"""Which of the processes of `accelerate launch` this is, and how they keep together.

The first does what is done once, and the others wait for it; a process by itself is the first and
waits for nobody. PyTorch is loaded only where there are several. What they train is not known here.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

Said = TypeVar("Said")

_PATIENCE = timedelta(days=7)
"""How long to wait for another process, which may make data for hours. It need not be short: where
one fails, `accelerate launch` ends the others."""


def processes() -> int:
    """How many there are, on all machines together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first() -> bool:
    """Whether this is the one that writes files and speaks."""
    return os.environ.get("RANK", "0") == "0"


def meet() -> None:
    """Connect the processes, by NCCL where there is a GPU and by gloo elsewhere."""
    if processes() > 1:
        import torch
        from accelerate import PartialState

        cpu = not torch.cuda.is_available()
        if cpu:
            # Else accelerate says "cpu:0", where PyTorch cannot load a checkpoint to.
            os.environ["ACCELERATE_TORCH_DEVICE"] = "cpu"
        PartialState(cpu=cpu, timeout=_PATIENCE)


def ask_first(question: Callable[[], Said]) -> Said:
    """Ask only the first process; all wait for its answer."""
    if processes() == 1:
        return question()
    from torch import distributed

    answer = [question() if first() else None]
    distributed.broadcast_object_list(answer)
    return answer[0]


def wait() -> None:
    """Go on when every process has come here."""
    if processes() > 1:
        from torch import distributed

        distributed.barrier()


def gathered(model: "torch.nn.Module") -> "dict[str, torch.Tensor] | None":
    """All weights of a model that is spread over the processes (FSDP), in the first; else None.

    Every process has to call it.
    """
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
    from torch.distributed.tensor import DTensor

    if not any(isinstance(weights, DTensor) for weights in model.parameters()):
        return None
    return get_model_state_dict(
        model, options=StateDictOptions(full_state_dict=True, cpu_offload=True)
    )
