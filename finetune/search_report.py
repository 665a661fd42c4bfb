"""What a search found: `search.md`, `search.json` and two plots. Reads trials, starts none."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from finetune import config
from finetune.files import replacing, write_json
from finetune.plots import Course, courses, effects
from finetune.search_space import Range, Scalar, Search, Values
from finetune.stages import stages_of

# What the workers note of a trial, beside what Optuna does.
PROBLEM, PLANNED, REPEATS = "problem", "planned_steps", "repeats"


@dataclass(frozen=True)
class Tried:
    """One trial."""

    number: int
    values: Values
    state: str
    """running, complete, pruned or fail."""
    steps: int
    planned_steps: int
    """Its steps without pruning."""
    loss: float | None
    """Of a whole trial."""
    losses: dict[int, float] = field(default_factory=dict)
    """By step."""
    problem: str | None = None
    """Why it failed."""


def spelled(values: Mapping[str, Scalar]) -> str:
    """The values of a trial in a line."""
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items())


def write(
    folder: Path,
    search: Search,
    recipe: str,
    overrides: Sequence[str],
    trials: Sequence[FrozenTrial],
) -> Path:
    """Write the report of a study, finished or not, to its folder; the page's path.

    Args:
        folder: of the study.
        search: what was to be tried.
        recipe: as on the command line.
        overrides: as on the command line.
        trials: all of the study.
    """
    tried = [
        _tried(trial)
        for trial in trials
        if trial.state != TrialState.WAITING and REPEATS not in trial.user_attrs
    ]
    whole = [trial for trial in tried if trial.loss is not None]
    best = min(whole, key=lambda trial: trial.loss, default=None)
    ended = [trial for trial in tried if trial.state in {"complete", "pruned"}]
    summary = {
        "name": search.name,
        "recipe": recipe,
        "overrides": list(overrides),
        "search": search.model_dump(mode="json"),
        "unit": f"nats per {search.loss}",
        "best": best and asdict(best),
        "trials": [asdict(trial) for trial in tried],
        "counts": {
            state: sum(trial.state == state for trial in tried)
            for state in ("complete", "pruned", "fail", "running")
        },
        "waiting": sum(trial.state == TrialState.WAITING for trial in trials),
        "steps": sum(trial.steps for trial in ended),
        "steps_without_pruning": sum(trial.planned_steps for trial in ended),
    }
    pictures = _pictures(search, [trial for trial in tried if trial.losses], best)
    for name, picture in pictures.items():
        with replacing(folder / name) as part:
            part.write_text(picture, encoding="utf-8")
    write_json(folder / "search.json", summary)
    page = folder / "search.md"
    commands = _commands(folder, search, recipe, overrides, best)
    with replacing(page) as part:
        part.write_text(_page(summary, search, tried, best, commands, list(pictures)), "utf-8")
    return page


def _tried(trial: FrozenTrial) -> Tried:
    return Tried(
        number=trial.number,
        values=trial.params,
        state=trial.state.name.lower(),
        steps=trial.last_step or 0,
        planned_steps=trial.user_attrs.get(PLANNED, 0),
        loss=trial.value if trial.state == TrialState.COMPLETE else None,
        losses=trial.intermediate_values,
        problem=trial.user_attrs.get(PROBLEM),
    )


def _commands(
    folder: Path, search: Search, recipe: str, overrides: Sequence[str], best: Tried | None
) -> list[str]:
    """What makes a model of the best trial, whose folder is a run with a tuned model in it."""
    if best is None:
        return []
    name, words = search.words(best.values, recipe, overrides)
    rest = stages_of(config.load(name, words), ("merge", "export", "evaluate"))
    own = folder.resolve() / f"trial-{best.number}"
    if own.is_relative_to(Path.cwd()):
        own = own.relative_to(Path.cwd())
    return [
        shlex.join(
            ["python", "-m", "finetune", stage, "--recipe", name, "--run-dir", str(own), *words]
        )
        for stage in rest
    ]


def _pictures(search: Search, tried: Sequence[Tried], best: Tried | None) -> dict[str, str]:
    """The plots by the names of their files; none before something was measured."""
    if not tried:
        return {}
    unit = f"nats per {search.loss}"
    lines = [
        Course(
            f"trial {trial.number}: {spelled(trial.values)}",
            tuple(trial.losses),
            tuple(trial.losses.values()),
            "best" if trial == best else trial.state,
        )
        for trial in tried
    ]
    columns = {
        name: [trial.values[name] for trial in tried]
        if isinstance(parameter, Range)
        else [str(trial.values[name]) for trial in tried]
        for name, parameter in search.space.items()
    }
    last = [list(trial.losses.values())[-1] for trial in tried]
    whole = [trial.state == "complete" for trial in tried]
    log = {
        name for name, values in search.space.items() if isinstance(values, Range) and values.log
    }
    return {
        "losses.svg": courses(lines, unit),
        "settings.svg": effects(columns, last, whole, log, unit),
    }


def _page(
    summary: Mapping[str, object],
    search: Search,
    tried: Sequence[Tried],
    best: Tried | None,
    commands: Sequence[str],
    pictures: Sequence[str],
) -> str:
    done, planned = summary["steps"], summary["steps_without_pruning"]
    counts = ", ".join(f"{count} {state}" for state, count in summary["counts"].items() if count)
    waiting = f", {summary['waiting']} waiting" if summary["waiting"] else ""
    lines = [f"# Search: {search.name}", ""]
    if best is not None:
        lines += [f"Best: trial {best.number}, {best.loss:.4f} {summary['unit']}.", ""]
    lines += [f"{len(tried)} trials: {counts}{waiting}." if tried else "No trial yet.", ""]
    if planned:
        lines += [
            f"{done:,} steps of training instead of {planned:,} without pruning: "
            f"{1 - done / planned:.0%} saved.",
            "",
        ]
    head = ["trial", *search.space, "steps", "state", f"loss ({summary['unit']})"]
    lines += [_row(head), "|" + " --- |" * len(head)]
    lines += [_row(_cells(trial, search, best)) for trial in tried]
    lines += [""]
    for name in pictures:
        lines += [f"![{name.partition('.')[0]}]({name})", ""]
    if commands:
        lines += ["The best trial as a model:", "", "```sh", *commands, "```", ""]
    return "\n".join(lines)


def _cells(trial: Tried, search: Search, best: Tried | None) -> list[str]:
    """A whole trial has a loss; of others the last is shown, in brackets."""
    last = list(trial.losses.values())[-1:]
    loss = f"{trial.loss:.4f}" if trial.loss is not None else "".join(f"({x:.4f})" for x in last)
    return [
        str(trial.number),
        *(_number(trial.values[name]) if name in trial.values else "" for name in search.space),
        f"{trial.steps:,} of {trial.planned_steps:,}",
        f"{trial.state}: {trial.problem}" if trial.problem else trial.state,
        f"**{loss}**" if trial == best else loss,
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _number(value: Scalar) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
