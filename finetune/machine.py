"""What a run was trained on, in words."""

import os
import platform
from collections import Counter
from pathlib import Path

from finetune import ranks

_PROC = Path("/proc")


def machine(proc: Path = _PROC) -> str:
    """The hardware this runs on, e.g. `2 × NVIDIA H100, 16 cores of AMD EPYC, 128 GiB`.

    With several processes, of which there may be others elsewhere, their number comes first. Without
    Linux's `proc` neither GPUs nor the make of the processor are known.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    several = [f"{ranks.processes()} processes"] if ranks.processes() > 1 else []
    cores = f"{os.cpu_count()} cores of {_processor(proc)}"
    return ", ".join([*several, *_gpus(proc), cores, f"{memory:.0f} GiB"])


def _gpus(proc: Path) -> list[str]:
    """NVIDIA's GPUs, as their driver lists them."""
    files = sorted(proc.glob("driver/nvidia/gpus/*/information"))
    names = Counter(_value(file, "Model") for file in files)
    return [f"{number} × {name}" for name, number in names.items()]


def _processor(proc: Path) -> str:
    return _value(proc / "cpuinfo", "model name") or platform.processor() or platform.machine()


def _value(file: Path, key: str) -> str:
    """The first value of `key`, in a file with lines like `key : value`."""
    if file.exists():
        for line in file.read_text("utf-8").splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return ""
