"""The plots of comparisons and searches, as SVG texts. Knows series of numbers, nothing of runs or files."""

import io
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from finetune.card import percent
from finetune.runs import Log

_COLOURS = ("#0f766e", "#d97706", "#4f46e5", "#be123c", "#0284c7", "#65a30d", "#7c3aed", "#475569")
_STYLE = {
    "svg.fonttype": "none",  # letters stay letters: smaller, and they can be searched
    "svg.hashsalt": "runplan",  # the same plot gives the same file
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#94a3b8",
    "axes.labelcolor": "#334155",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=_COLOURS),
    "grid.color": "#e2e8f0",
    "xtick.color": "#475569",
    "ytick.color": "#475569",
    "legend.frameon": False,
}
# The bold line is the mean over this share of a curve.
_SMOOTHING = 1 / 40
# What the trainer calls the tokens read so far.
_READ = "num_input_tokens_seen"


def curves(logs: Mapping[str, Log]) -> str:
    """Loss above and learning rate below, over the tokens read, one line for each log."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 4.6), layout="constrained")
        loss, rate = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        tops = []
        for number, (label, log) in enumerate(logs.items()):
            colour = _COLOURS[number % len(_COLOURS)]
            tops.append(_loss(loss, log, label, colour))
            _line(rate, log, "learning_rate", color=colour)
        loss.set_ylim(0, max(tops, default=1))
        loss.set(ylabel="loss (nats a token)")
        loss.legend()
        rate.set(ylabel="learning rate", xlabel="tokens read (millions)", ylim=(0, None))
        rate.ticklabel_format(axis="y", scilimits=(-2, 2))
        return _svg(figure)


def _loss(axes: Axes, log: Log, label: str, colour: str) -> float:
    """Draw one log; the height that its later part needs."""
    tokens, losses = _series(log, "loss")
    axes.plot(tokens, losses, color=colour, alpha=0.25, linewidth=0.8)
    window = max(1, round(len(losses) * _SMOOTHING))
    mean = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    axes.plot(tokens[window - 1 :], mean, color=colour, linewidth=1.8, label=label)
    _line(
        axes, log, "eval_loss", color=colour, marker="o", linestyle="--", label=f"{label}, held out"
    )
    # The first steps, where the loss falls from its start, would flatten the rest.
    return 1.1 * max(losses[len(losses) // 20 :], default=1.0)


def _line(axes: Axes, log: Log, key: str, **style: object) -> None:
    tokens, values = _series(log, key)
    if values:
        axes.plot(tokens, values, **style)


def _series(log: Log, key: str) -> tuple[list[float], list[float]]:
    """Millions of tokens read, and the values, of the entries that have one."""
    entries = [entry for entry in log if {key, _READ} <= entry.keys()]
    return (
        [float(entry[_READ]) / 1e6 for entry in entries],
        [float(entry[key]) for entry in entries],
    )


def shares(groups: Mapping[str, Sequence[float]], labels: Sequence[str], bar: float | None) -> str:
    """Bars of shares: `groups` by title, in each one value for each of `labels`.

    `bar` is drawn across the first two groups as the share that is asked for.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        axes = figure.subplots()
        width = 0.8 / len(labels)
        for number, label in enumerate(labels):
            places = [
                place + (number - (len(labels) - 1) / 2) * width for place in range(len(groups))
            ]
            values = [group[number] for group in groups.values()]
            colour = "#94a3b8" if number == 0 else _COLOURS[(number - 1) % len(_COLOURS)]
            drawn = axes.bar(places, values, width * 0.92, label=label, color=colour)
            if len(labels) <= 6:
                axes.bar_label(drawn, list(map(percent, values)), padding=2, fontsize=8)
        if bar is not None:
            # It is asked of what is written freely: the first two groups.
            label = f"asked for: {percent(bar)}"
            axes.hlines(bar, -0.5, 1.5, colors="#be123c", linestyles=":", label=label)
        axes.set_xticks(range(len(groups)), groups)
        axes.set_ylim(0, 1.08)
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        axes.grid(visible=False, axis="x")
        figure.legend(loc="outside upper center", ncols=min(5, len(labels) + 1))
        return _svg(figure)


class Course(NamedTuple):
    """How the loss of a trial went."""

    label: str
    steps: Sequence[int]
    losses: Sequence[float]
    state: str
    """`best` stands out, `complete` is a line, and any other ends in a cross."""


def courses(trials: Sequence[Course], unit: str) -> str:
    """The validation loss of every trial over its steps."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        axes = figure.subplots()
        for label, steps, losses, state in trials:
            if state == "best":
                axes.plot(steps, losses, color=_COLOURS[0], linewidth=2.4, label=label, zorder=3)
            elif state == "complete":
                axes.plot(steps, losses, color=_COLOURS[2], linewidth=1, alpha=0.6)
            else:
                axes.plot(steps, losses, color="#94a3b8", linewidth=0.8)
                axes.plot(steps[-1:], losses[-1:], "x", color=_COLOURS[3], markersize=5)
        axes.set(xlabel="steps", ylabel=f"validation loss ({unit})", xlim=(0, None))
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
        return _svg(figure)


def effects(
    settings: Mapping[str, Sequence[bool | int | float | str]],
    losses: Sequence[float],
    whole: Sequence[bool],
    log: Collection[str],
    unit: str,
) -> str:
    """The last loss of every trial over each of its settings; hollow where it was cut short.

    Settings named in `log` have a logarithmic axis.
    """
    columns = min(3, len(settings))
    rows = -(-len(settings) // columns)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(3.2 * columns + 1, 2.8 * rows), layout="constrained")
        places = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for axes, (name, values) in zip(places, settings.items()):
            colours = [_COLOURS[0] if done else "none" for done in whole]
            axes.scatter(values, losses, c=colours, edgecolors=_COLOURS[0], s=28)
            axes.set(xlabel=name)
            if name in log:
                axes.set_xscale("log")
        for axes in places[len(settings) :]:
            axes.set_visible(False)
        figure.supylabel(f"last validation loss ({unit})", fontsize=9)
        return _svg(figure)


def _svg(figure: Figure) -> str:
    """The figure as an `<svg>` element: no XML header, no date."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :]
