"""What every measurement prints at its end."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most of some seconds or bytes, to four digits."""
    return {
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
        "n": len(values),
    }


def machine() -> str:
    """The processor, its usable cores and the system, in words."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{cores} cores of {name}, {platform.system()}, Python {platform.python_version()}"


def report(
    name: str, ours: Mapping[str, Any], peer: Mapping[str, Any], ratio: float, **more: Any
) -> None:
    """Print the result as one JSON line; `ratio` above 1 means that ours is better."""
    found = {"name": name, "ours": ours, "peer": peer, "ratio": round(ratio, 3), **more}
    print(json.dumps({**found, "machine": machine()}))
