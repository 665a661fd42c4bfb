import itertools
import subprocess
import sys

import pytest

# Compiled packages that the app has in one process, in whatever order its visitors cause.
COMPILED = ("xllamacpp", "uharfbuzz", "pyarrow")


@pytest.mark.parametrize("order", list(itertools.permutations(COMPILED, 2)), ids="-".join)
def test_compiled_packages_load_after_each_other(order: tuple[str, str]) -> None:
    code = "; ".join(f"import {name}" for name in order)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
