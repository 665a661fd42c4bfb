"""`python -m benchmarks NAME [options]`."""

import importlib
import pkgutil
import sys

import benchmarks


def main(argv: list[str]) -> int:
    """Run one measurement; 2 with one line when there is none of that name."""
    names = sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if not module.name.startswith("_")
    )
    if not argv or argv[0] not in names:
        print(
            f"usage: python -m benchmarks NAME [options]   (NAME: {', '.join(names)})",
            file=sys.stderr,
        )
        return 0 if argv in (["-h"], ["--help"]) else 2
    importlib.import_module(f"benchmarks.{argv[0]}").main(argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
