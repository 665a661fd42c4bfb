"""The most memory that this process held at once: of the GPU where there is one, else resident.

Uses PyTorch where it is loaded already, and never loads it.
"""

import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Count from now on. Resident memory can only where Linux lets it; else from the process's start."""
    if gpu := _gpu():
        gpu.reset_peak_memory_stats()
    else:
        with suppress(OSError):
            _RESET.write_text("5")


def peak_mb() -> float:
    """The peak in MB (10⁶ bytes)."""
    if gpu := _gpu():
        return round(gpu.max_memory_allocated() / 1e6, 1)
    if _STATUS.exists():
        # getrusage would count the process that started this one, too.
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) * 1024 / 1e6, 1)
    if sys.platform == "win32":
        import psutil

        return round(psutil.Process().memory_info().peak_wset / 1e6, 1)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def _gpu() -> ModuleType | None:
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_available() else None
