"""The command line of training. Importing it is cheap: PyTorch is loaded by the stages."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from finetune import config
from finetune.errors import FinetuneError
from finetune.stages import STAGES, run_stages

ROOT = Path(__file__).parent.parent

# Which stages a command runs.
COMMANDS: dict[str, tuple[str, ...]] = {
    "data": ("data",),
    "train": ("tokenizer", "tokens", "base", "lora"),
    "merge": ("merge",),
    "export": ("export",),
    "evaluate": ("evaluate",),
    "run": tuple(STAGES),
}

_HELP = {
    "data": "draw requests and write the rows to learn from",
    "inspect": "show rows as the model sees them, with what is learnt in colour",
    "train": "tokenizer, base from scratch, LoRA; goes on where it was cut off",
    "merge": "fold the adapters into the base and check that nothing changed",
    "export": "write base and tuned model as GGUF",
    "evaluate": "compare base and tuned on requests held out of training",
    "run": "all of these, then install the model into models/",
}

_EXAMPLES = """examples:
  python -m finetune run --recipe nano
  python -m finetune data --recipe nano data.train_requests=500
  python -m finetune inspect --recipe nano
  python -m finetune train --recipe nano --run-dir runs/wide base.architecture.hidden_size=320
  python -m finetune evaluate --recipe nano evaluate.requests=50 --redo

A command that was interrupted goes on when it is given again. Settings are in finetune/recipes/.
"""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="python -m finetune",
        description="Train, export and compare the models that write plans.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in _HELP.items():
        command = commands.add_parser(
            name,
            usage=f"python -m finetune {name} --recipe NAME [options] [section.key=value ...]",
            help=text,
            description=text,
            epilog=_EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--recipe", required=True, help="a name from finetune/recipes/, or a YAML file"
        )
        command.add_argument(
            "--run-dir", type=Path, help="where results go (default: runs/<recipe name>)"
        )
        if name != "inspect":
            command.add_argument(
                "--redo", action="store_true", help="make anew what was made with other settings"
            )
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when done, 2 with one line when the settings or the stage are wrong."""
    # Threads that wait sleep instead of spinning: where the cores are shared, training would
    # otherwise be several times slower. Read when PyTorch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    arguments = parser()
    options, overrides = arguments.parse_known_args(argv)
    if unknown := [text for text in overrides if text.startswith("-")]:
        arguments.error(f"unknown option {unknown[0]}")
    try:
        recipe = config.load(options.recipe, overrides)
        run_dir = options.run_dir or ROOT / "runs" / recipe.name
        if options.command == "inspect":
            from finetune import inspect

            inspect.show(recipe, run_dir)
            return 0
        run_stages(COMMANDS[options.command], recipe, run_dir, redo=options.redo)
        if options.command == "run":
            from finetune.card import install

            print(f"installed: {install(recipe, run_dir, ROOT / 'models' / recipe.name)}")
    except FinetuneError as error:
        print(f"python -m finetune: {error}", file=sys.stderr)
        return 2
    return 0
