"""What one of two connected processes does in the tests of `finetune.ranks`."""

import os
from pathlib import Path

import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from finetune import ranks

PROCESSES = 2


def meet_and_shard(rank: int, folder: Path) -> None:
    """Write what this process sees to `folder/<rank>.pt`."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(PROCESSES)}
    meeting = f"file://{folder / 'meeting'}"
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=PROCESSES)
    answer = ranks.ask_first(lambda: f"from {rank}")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Linear(6, 3))
    whole = {name: weights.clone() for name, weights in model.state_dict().items()}
    fully_shard(model, mesh=init_device_mesh("cpu", (PROCESSES,)))
    here = sum(weights.to_local().numel() for weights in model.parameters())
    seen = {"answer": answer, "whole": whole, "here": here, "gathered": ranks.gathered(model)}
    torch.save(seen, folder / f"{rank}.pt")
    ranks.wait()
    distributed.destroy_process_group()
