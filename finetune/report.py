"""`compare`: one report of one or more runs, as Markdown and as an HTML page of its own.

Shows what the runs left behind (`finetune.runs`) and lets their models write the same plans; it
measures nothing itself. What is missing is left out and named.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from finetune import plots
from finetune.card import percent, shortfall
from finetune.config import Publish
from finetune.runs import MODELS, Log, Run, read_runs
from finetune.side_by_side import samples
from runplan.exports.markdown import escape

_TEMPLATES = Path(__file__).parent
_MODES = (("free", "without the grammar"), ("grammar", "with the grammar"))


class Measure(NamedTuple):
    """A figure of the metrics: where it is, what it is called, and which way is better (+1, -1, or 0)."""

    key: str
    label: str
    better: int
    share: bool = False


MEASURES = (
    Measure("outline_valid_free", "Outlines valid, free", 1, True),
    Measure("week_valid_free", "Weeks valid, free", 1, True),
    Measure("outline_valid_grammar", "Outlines valid, with grammar", 1, True),
    Measure("week_valid_grammar", "Weeks valid, with grammar", 1, True),
    Measure("details.precision", "Wishes in free texts, precision", 1, True),
    Measure("details.recall", "Wishes in free texts, recall", 1, True),
    Measure("plain_details.precision", "Wishes in plain texts, precision", 1, True),
    Measure("plain_details.recall", "Wishes in plain texts, recall", 1, True),
    Measure("nll", "Loss, nats per token of the coach’s text", -1),
    Measure("perplexity", "Perplexity", -1),
    Measure("nll_tokens", "Tokens that these are means of", 0),
    Measure("chat_perplexity", "Perplexity on general chat", -1),
    Measure("file_same_completions", "Greedy completions as before quantisation", 1, True),
    Measure("file_same_tokens", "Greedy tokens as before quantisation", 1, True),
    Measure("file_perplexity", "Perplexity of the file, on fewer rows", -1),
    Measure("file_perplexity_change", "Rise of the perplexity by quantisation", -1, True),
    Measure("samples_per_s", "Texts a second", 0),
)


@dataclass(frozen=True)
class Model:
    """The base or the tuned model of a run."""

    label: str
    run: Run
    which: str

    @property
    def metrics(self) -> dict[str, Any]:
        """Its figures; empty when it was not evaluated."""
        return self.run.metrics.get(self.which, {})

    @property
    def weights(self) -> Path | None:
        """Its GGUF, if it is there."""
        return self.run.weights.get(self.which)


class Cell(NamedTuple):
    """A value in a table; the best of its row stands out."""

    text: str
    best: bool = False


Table = list[tuple[str, list[Cell]]]


def compare(folders: Sequence[Path], out: Path) -> Path:
    """Write `report.html`, `report.md` and the plots of the latter to `out`; return the page.

    Raises:
        StageError: a folder is neither a run nor an installed model.
    """
    runs = read_runs(folders)
    models = _models(runs)
    pictures = _pictures(runs, models)
    content = {
        "runs": runs,
        "models": [model.label for model in models if model.metrics],
        "verdicts": [_verdict(run) for run in runs if run.metrics],
        "measures": _measures(models),
        "about": _by_run(runs, _facts),
        "fingerprints": _by_run(runs, _fingerprints),
        "problems": [(words, _problems(models, mode)) for mode, words in _MODES],
        "samples": samples({model.label: model.weights for model in models if model.weights}),
        "commands": [f"python -m finetune compare {' '.join(map(str, folders))} --out {out}"],
        "pictures": pictures,
    }
    out.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (out / picture.file).write_text(picture.svg, encoding="utf-8")
    (out / "report.md").write_text(_render("report.md.jinja", content), encoding="utf-8")
    page = out / "report.html"
    page.write_text(_render("report.html.jinja", content), encoding="utf-8")
    return page


def _models(runs: Sequence[Run]) -> list[Model]:
    """The models side by side. A base with the same figures as one before it is the same base."""
    found, bases = [], set()
    for run in runs:
        for which in MODELS:
            measured = run.metrics.get(which, {})
            figures = measured.get("nll"), measured.get("week_valid_free")
            if which == "base" and figures in bases:
                continue
            if which == "base" and measured:
                bases.add(figures)
            if measured or which in run.weights:
                found.append(Model(f"{run.label}, {which}", run, which))
    of_base = [model for model in found if model.which == "base"]
    return [
        replace(model, label=model.which) if len(runs) == 1 or of_base == [model] else model
        for model in found
    ]


def _verdict(run: Run) -> str:
    """One sentence: what tuning gained, and whether it would be released."""
    base, tuned = (
        [percent(run.metrics[which][f"{task}_valid_free"]) for task in ("week", "outline")]
        for which in MODELS
    )
    bar = _bar(run)
    reached = "does not reach" if shortfall(run.metrics, bar) else "reaches"
    return (
        f"{run.label}: without the grammar the tuned model writes {tuned[0]} of the weeks and "
        f"{tuned[1]} of the outlines validly (base {base[0]} and {base[1]}). "
        f"It {reached} the bar for release, {percent(bar)} of both."
    )


def _bar(run: Run) -> float:
    return Publish.model_validate(run.setting("publish") or {}).min_valid


def _measures(models: Iterable[Model]) -> Table:
    """Every figure of every model that was evaluated."""
    flat = [dict(_figures(model.metrics)) for model in models if model.metrics]
    known = {measure.key: measure for measure in MEASURES}
    further = sorted({key for figures in flat for key in figures} - known.keys())
    rows = [*MEASURES, *(Measure(key, re.sub(r"[_.]+", " ", key), 0) for key in further)]
    return [
        (measure.label, list(_cells(measure, [figures.get(measure.key) for figures in flat])))
        for measure in rows
        if any(measure.key in figures for figures in flat)
    ]


def _figures(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of one model; of the details only the totals."""
    for key, value in metrics.items():
        if isinstance(value, int | float):
            yield key, value
        elif isinstance(value, Mapping) and "precision" in value:
            yield from ((f"{key}.{name}", value[name]) for name in ("precision", "recall"))


def _cells(measure: Measure, values: Sequence[float | None]) -> Iterator[Cell]:
    there = [value * measure.better for value in values if value is not None]
    for value in values:
        if value is None:
            yield Cell("–")
            continue
        best = measure.better != 0 and len(set(there)) > 1 and value * measure.better == max(there)
        yield Cell(_number(value, measure.share), best)


def _number(value: float, share: bool = False) -> str:
    if share:
        return percent(value, 1)
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def _by_run(runs: Sequence[Run], tell: Callable[[Run], Iterator[tuple[str, str]]]) -> Table:
    """What `tell` says of each run, side by side."""
    columns = [dict(tell(run)) for run in runs]
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [Cell(column.get(name, "–")) for column in columns]) for name in names]


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    metrics = run.metrics
    for name, value in (
        ("Recipe", run.setting("name") or metrics.get("recipe")),
        ("Seed", run.setting("seed")),
        ("Hardware", run.hardware),
    ):
        if value is not None:
            yield name, str(value)
    if run.hours is not None:
        yield "Hours of training", f"{run.hours:.2f}"
    for stage, facts in run.trained.items():
        yield f"{stage}: tokens read", f"{facts['tokens']:,}"
        yield f"{stage}: tokens a second", f"{facts['tokens'] / facts['seconds']:,.0f}"
        yield f"{stage}: mean loss", f"{facts['loss']:.3f}"
    for stage, count in run.trained_parameters.items():
        yield f"{stage}: weights trained", f"{count:,}"
    for stage, peak in run.peak_memory_mb.items():
        yield f"{stage}: peak memory", f"{peak:,.0f} MB"
    if metrics:
        yield "Requests evaluated", str(metrics["n_requests"])
    if "forgetting" in metrics:
        yield "Rise of the perplexity on general chat by tuning", percent(metrics["forgetting"], 1)
    for path in run.weights.values():
        yield f"Size of {path.name}", f"{path.stat().st_size / 1e6:.1f} MB"


def _fingerprints(run: Run) -> Iterator[tuple[str, str]]:
    for stage, marker in run.stages.items():
        yield stage, marker["fingerprint"]
    for part in ("data", "config"):
        if found := run.metrics.get(f"{part}_fingerprint"):
            yield f"{part}, as installed", found


def _problems(models: Iterable[Model], mode: str) -> Table:
    """Reasons for invalid texts with how often each occurred, most common first."""
    counted = [_reasons(model.metrics, mode) for model in models if model.metrics]
    total = sum(counted, Counter[str]())
    return [
        (reason, [Cell(str(reasons[reason]) if reasons[reason] else "–") for reasons in counted])
        for reason, _ in total.most_common()
    ]


def _reasons(metrics: Mapping[str, Any], mode: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for task in ("outline", "week"):
        for reason, count in metrics.get(f"{task}_problems_{mode}", {}).items():
            counts[f"{task}: {general(reason)}"] += count
    return counts


def general(reason: str) -> str:
    """The first words of a reason without what differs from text to text."""
    cut = re.sub(r"\s*(\[|\S+,).*$", "", reason)
    return re.sub(r"\d+(\.\d+)?", "n", cut) + " …"


class Picture(NamedTuple):
    """A plot with its caption, which is also what it says to those who do not see it."""

    file: str
    title: str
    svg: str


def _pictures(runs: Sequence[Run], models: Sequence[Model]) -> list[Picture]:
    found = []
    measured = [model for model in models if model.metrics]
    if measured:
        groups = {
            measure.label.replace(", ", ",\n"): [model.metrics[measure.key] for model in measured]
            for measure in MEASURES[:4]
        }
        bar = max(map(_bar, runs))
        svg = plots.shares(groups, [model.label for model in measured], bar)
        found.append(Picture("valid.svg", "Texts that the app would take as they are", svg))
    for which in MODELS:
        logs: dict[str, Log] = {}
        for run in runs:
            log = run.curves.get(which)
            # Runs on one base have its curve in common.
            if log and log not in logs.values():
                logs[run.label] = log
        if logs:
            title = f"Training of the {which} model: loss and learning rate"
            found.append(Picture(f"curve-{which}.svg", title, plots.curves(logs)))
    return found


def _render(template: str, content: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=template.endswith(".html.jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = escape
    return environment.get_template(template).render(content)
