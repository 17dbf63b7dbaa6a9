"""The report's figures, as SVG that is the same for the same numbers."""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams |= {
    "svg.hashsalt": "nexify",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "figure.facecolor": "white",
}

import matplotlib.pyplot as plt  # noqa: E402  (the settings above come first)
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter  # noqa: E402

from pareto import Point, front  # noqa: E402

OURS = {"nexify": ("#b3123f", "-"), "nexify-avx2": ("#b3123f", "--"), "nexify-2": ("#e58aa5", "-.")}
PEERS = ["#1f4e79", "#2e8b57", "#c77f00", "#6a4c93", "#0096a0", "#7f7f7f", "#8c564b", "#4a7c10", "#3f6fd8", "#c05fb0"]
MARKERS = "osD^vP<>Xd"
RECALL_SHOWN = (0.80, 0.998)
# Between the powers of ten only 2 and 5 are named.
LABELS = FuncFormatter(lambda value, _: f"{value:,g}" if f"{value:e}"[0] in "25" else "")
THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.0f}")


def save(figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def recall_speed(title: str, systems: dict[str, tuple[str, list[Point]]], path: Path) -> None:
    """A curve for each system's Pareto front; speed is logarithmic."""
    figure, axes = plt.subplots(figsize=(8, 5))
    peers = iter(zip(PEERS, MARKERS, strict=True))
    for system, (name, points) in systems.items():
        if system == "nexify-2":
            continue
        shown = [point for point in front(points) if point.recall <= RECALL_SHOWN[1]]
        below = [point for point in shown if point.recall < RECALL_SHOWN[0]]
        shown = below[-1:] + [point for point in shown if point.recall >= RECALL_SHOWN[0]]
        color, line = OURS.get(system, (None, "-"))
        marker = "o"
        if color is None:
            color, marker = next(peers)
        axes.plot(
            [point.recall for point in shown],
            [point.qps for point in shown],
            line,
            color=color,
            label=name,
            marker=marker,
            markersize=3.5,
            linewidth=2.2 if system in OURS else 1.1,
            zorder=3 if system in OURS else 2,
        )
    axes.set_yscale("log")
    # By what is missed: from 0.98 to 0.99 is as far as from 0.90 to 0.95.
    axes.set_xscale(
        "function", functions=(lambda recall: -np.log(1.0001 - recall), lambda place: 1.0001 - np.exp(-place))
    )
    axes.set_xlim(*RECALL_SHOWN)
    axes.xaxis.set_major_locator(FixedLocator([0.80, 0.85, 0.90, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_formatter(THOUSANDS)
    axes.yaxis.set_minor_formatter(LABELS)
    axes.set_xlabel("recall@10")
    axes.set_ylabel("queries a second, one thread")
    axes.set_title(title, loc="left", fontsize=10)
    axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
    save(figure, path)


def cost_against_count(curves: dict[str, dict[float, list[tuple[int, float]]]], copies_from: int, path: Path) -> None:
    """Microseconds a query against n, for each kind of kernel and each recall; both axes logarithmic."""
    figure, axes = plt.subplots(figsize=(8, 5))
    colors = ["#2e8b57", "#c77f00", "#b3123f"]
    for (name, by_recall), line in zip(curves.items(), ["-", "--"], strict=False):
        for (recall, points), color in zip(by_recall.items(), colors, strict=False):
            axes.plot(
                [count for count, _ in points],
                [1e6 / qps for _, qps in points],
                line,
                color=color,
                marker="o",
                markersize=3.5,
                label=f"{name}, recall {recall:.2f}",
            )
    axes.axvline(copies_from, color="#999999", linewidth=0.8, linestyle=":")
    axes.annotate(
        "beyond: noisy copies",
        (copies_from, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, -10),
        textcoords="offset points",
        fontsize=7,
        color="#666666",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(LABELS)
    axes.set_xlabel("vectors")
    axes.set_ylabel("microseconds a query, one thread")
    axes.legend(fontsize=7, frameon=False)
    save(figure, path)


def cost_against_selectivity(
    panels: dict[str, dict[str, tuple[str, list[tuple[float, float, bool]]]]], path: Path
) -> None:
    """A panel for each kind of filter: microseconds a query against the percent that match; both axes logarithmic.
    Points at which the recall was not reached are hollow."""
    size = (4.2 * len(panels) + 2.6, 4.4)
    figure, row = plt.subplots(1, len(panels), figsize=size, sharex=True, sharey=True, squeeze=False)
    for axes, (kind, systems) in zip(row[0], panels.items(), strict=True):
        peers = iter(zip(PEERS, MARKERS, strict=True))
        for system, (name, points) in systems.items():
            color, marker = (OURS[system][0], "o") if system in OURS else next(peers)
            percents = [percent for percent, _, _ in points]
            costs = [cost for _, cost, _ in points]
            width = 2.2 if system in OURS else 1.1
            axes.plot(percents, costs, "-", color=color, linewidth=width, label=name, marker=marker, markersize=4)
            missed = [(percent, cost) for percent, cost, reached in points if not reached]
            if missed:
                hollow = {"marker": marker, "markersize": 4, "color": color, "markerfacecolor": "white"}
                axes.plot(*zip(*missed, strict=True), linestyle="none", zorder=4, **hollow)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(THOUSANDS)
        axes.set_xlabel("rows that match")
        axes.set_title(kind, loc="left", fontsize=10)
    row[0][0].invert_xaxis()
    row[0][0].set_ylabel("microseconds a query, one thread")
    row[0][-1].legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
    save(figure, path)
