"""The command line of training. Importing it is cheap: PyTorch is loaded by the stages."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from finetune import config, ranks
from finetune.errors import FinetuneError
from finetune.stages import STAGES, run_stages, stages_of

ROOT = Path(__file__).parent.parent

# Which stages a command runs.
COMMANDS: dict[str, tuple[str, ...]] = {
    "data": ("data",),
    "train": ("tokenizer", "tokens", "base", *config.METHODS),
    "merge": ("merge",),
    "export": ("export",),
    "evaluate": ("evaluate",),
    "run": tuple(STAGES),
}

_HELP = {
    "data": "draw requests and write the rows to learn from",
    "inspect": "show rows as the model sees them, with what is learnt in colour",
    "train": "tokenizer, base, and the recipe's method on it; goes on where it was cut off",
    "merge": "fold the adapters into the base and check that nothing changed",
    "export": "write base and tuned model as GGUF",
    "search": "try other settings of the recipe, ending early what falls behind",
    "evaluate": "compare base and tuned on requests held out of training",
    "run": "all of these, then install the model into models/",
    "publish": "upload weights, card and figures to the hub, if the model reaches its bar",
}
_ADVISE = "which method fits a model, a memory and a data set, and why"
_COMPARE = "one report of several runs: curves, figures, plans side by side"

_EXAMPLES = """examples:
  python -m finetune run --recipe nano
  python -m finetune data --recipe nano data.train_requests=500
  python -m finetune inspect --recipe nano
  python -m finetune train --recipe nano --run-dir runs/wide base.architecture.hidden_size=320
  python -m finetune search --recipe nano --trials 30
  python -m finetune search --recipe nano --search rank lora.training.steps=400
  python -m finetune evaluate --recipe nano evaluate.requests=50 --redo
  python -m finetune compare runs/nano runs/wide --out docs/comparison
  python -m finetune publish --recipe nano --repo owner/name --dry-run

A command that was interrupted goes on when it is given again; one more search is one more worker.
Settings are in finetune/recipes/ and finetune/searches/.
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
        if name == "publish":
            command.add_argument(
                "--repo", metavar="OWNER/NAME", help="where to (default: runplan-<recipe>, yours)"
            )
            command.add_argument("--force", action="store_true", help="also below the bar")
            command.add_argument(
                "--dry-run", action="store_true", help="only list what would be uploaded"
            )
        elif name == "search":
            command.add_argument(
                "--search",
                default="tuning",
                metavar="NAME",
                help="a name from finetune/searches/, or a YAML file (default: tuning)",
            )
            command.add_argument(
                "--trials", type=int, metavar="N", help="how many in all (default: as in the file)"
            )
        elif name != "inspect":
            command.add_argument(
                "--redo", action="store_true", help="make anew what was made with other settings"
            )
    compare = commands.add_parser(
        "compare",
        help=_COMPARE,
        description=_COMPARE,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run, or models/NAME")
    compare.add_argument(
        "--out", type=Path, required=True, help="folder for report.html and report.md"
    )
    advise = commands.add_parser(
        "advise", help=_ADVISE, description=_ADVISE, usage="python -m finetune advise [options]"
    )
    advise.add_argument("--model-parameters", required=True, help="1B, 270M or a number")
    advise.add_argument("--memory", type=float, help="in GB: of the GPU, or of the machine")
    advise.add_argument("--gpu", help="T4, A100, ...: instead of the memory")
    advise.add_argument("--rows", type=int, required=True, help="rows to learn from")
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
        if options.command == "compare":
            if overrides:
                arguments.error(f"compare takes no settings: {overrides[0]}")
            from finetune.report import compare

            print(f"written: {compare(options.runs, options.out)}")
            return 0
        if options.command == "advise":
            if overrides:
                arguments.error(f"advise takes no settings: {overrides[0]}")
            from finetune.advise import show

            show(options.model_parameters, options.memory, options.rows, options.gpu)
            return 0
        recipe = config.load(options.recipe, overrides)
        run_dir = options.run_dir or ROOT / "runs" / recipe.name
        if options.command == "inspect":
            from finetune import inspect

            inspect.show(recipe, run_dir)
            return 0
        if options.command == "search":
            from finetune import search, search_space

            study = search_space.load(options.search, options.trials)
            print(f"written: {search.run(study, options.recipe, overrides, run_dir)}")
            return 0
        if options.command == "publish":
            from finetune.publish import publish

            publish(
                recipe, run_dir, repo=options.repo, force=options.force, dry_run=options.dry_run
            )
            return 0
        names = stages_of(recipe, COMMANDS[options.command])
        run_stages(names, recipe, run_dir, redo=options.redo)
        if options.command == "run" and ranks.first():
            from finetune.card import install

            print(f"installed: {install(recipe, run_dir, ROOT / 'models' / recipe.name)}")
    except FinetuneError as error:
        print(f"python -m finetune: {error}", file=sys.stderr)
        return 2
    return 0
