"""Writes docs/BENCHMARKS-FILTERS.md and its figure from the results, without measuring anything."""

from pathlib import Path

import plots
from figures import OURS, medians
from filter_sets import KINDS, cell_name
from pareto import speed_at
from report import table

KIND_TITLES = {
    "random": "Random: what matches has nothing to do with the query",
    "correlated": "Correlated: the clusters nearest to the query match",
    "anticorrelated": "Anti-correlated: the clusters farthest from the query match",
}
MEANING = Path(__file__).with_name("filter_meaning.md")


def cost(points: dict, recall: float) -> float | None:
    """Microseconds a query at the recall; nothing where it is never reached."""
    speed = speed_at(medians(points), recall)
    return 1e6 / speed.qps if speed else None


def best(points: dict) -> tuple[float, float]:
    """The highest recall and its microseconds a query."""
    point = max(medians(points), key=lambda point: (point.recall, point.qps))
    return point.recall, 1e6 / point.qps


def shown(points: dict, recall: float) -> str:
    found = cost(points, recall)
    if found is not None:
        return f"{found:,.1f}" if found < 100 else f"{found:,.0f}"
    highest, microseconds = best(points)
    return f"never ({highest:.2f} at {microseconds:,.0f})"


def write(results: dict, directory: Path) -> None:
    images = directory / "benchmarks"
    images.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in KINDS if any(cell["kind"] == kind for cell in results["cells"])]
    parts = [head(results)]
    for kind in kinds:
        cells = [cell for cell in results["cells"] if cell["kind"] == kind]
        parts += [f"## {KIND_TITLES[kind]}", by_selectivity(results, cells)]
    plots.cost_against_selectivity(panels(results, kinds), images / "filters.svg")
    parts.append(
        "## The curves\n\n![Cost against selectivity](benchmarks/filters.svg)\n\n"
        "Hollow: the recall was never reached; the mark stands at the cost of the highest recall that was."
    )
    parts += [parameters(results), MEANING.read_text("utf-8").strip()]
    path = directory / "BENCHMARKS-FILTERS.md"
    path.write_text("\n\n".join(parts) + "\n", "utf-8")
    print(f"Written: {path}")


def head(results: dict) -> str:
    machine = results["machine"]
    lines = [
        "# Filtered search beside faiss and hnswlib",
        "Written by `make bench-filters` from what it measured; not edited by hand.",
        f"Microseconds a query at recall@{results['k']} {results['recall']:.2f} among the rows that match, one thread: "
        f"{results['rows']:,} × {results['dimensions']} ({results['source']}), {results['queries']} queries.",
        f"Measured {results['at']} at {results['commit']}, {results['rounds']} rounds, {machine['cpu']} "
        f"({machine['family']}), {machine['cores']} cores, load average {results['loadBefore']} before and "
        f"{results['loadAfter']} after.",
    ]
    if OURS not in results["systems"]:
        lines.append("**The peers alone: Nexify was not measured in this run.**")
    else:
        lines.append(verdict(results))
    return "\n\n".join(lines)


def verdict(results: dict) -> str:
    """In how many cells we are faster than every peer, and which are lost."""
    lost = []
    for cell in results["cells"]:
        costs = {name: cost(one["points"], results["recall"]) for name, one in cell["systems"].items()}
        mine = costs.pop(OURS)
        peers = [value for value in costs.values() if value is not None]
        if mine is None or (peers and min(peers) <= mine):
            lost.append(cell_name(cell["kind"], cell["selectivity"]))
    count = len(results["cells"])
    text = f"Nexify is faster than every peer in {count - len(lost)} of {count} cells."
    return f"{text} Not in: {', '.join(lost)}." if lost else text


def by_selectivity(results: dict, cells: list[dict]) -> str:
    systems, recall = results["systems"], results["recall"]
    columns = ["matching", "rows", *(system["title"] for system in systems.values())]
    if OURS in systems:
        columns.append("fastest peer ÷ ours")
    rows = []
    for cell in cells:
        row = [f"{cell['selectivity'] * 100:g} %", f"{cell['matches']:,}"]
        row += [shown(cell["systems"][name]["points"], recall) for name in systems]
        if OURS in systems:
            row.append(ratio(cell, recall))
        rows.append(row)
    return table(columns, rows)


def ratio(cell: dict, recall: float) -> str:
    costs = {name: cost(one["points"], recall) for name, one in cell["systems"].items()}
    mine = costs.pop(OURS)
    peers = [value for value in costs.values() if value is not None]
    return f"{min(peers) / mine:.2f}" if mine and peers else "—"


def panels(results: dict, kinds: list[str]) -> dict:
    """For the figure: by kind and system, (percent, microseconds, whether the recall was reached)."""
    found: dict = {}
    for kind in kinds:
        found[kind] = {}
        for name, system in results["systems"].items():
            points = []
            for cell in (cell for cell in results["cells"] if cell["kind"] == kind):
                measured = cell["systems"][name]["points"]
                reached = cost(measured, results["recall"])
                points.append((cell["selectivity"] * 100, reached or best(measured)[1], reached is not None))
            found[kind][name] = (system["title"], points)
    return found


def parameters(results: dict) -> str:
    peers = [
        f"- {system['title']}: {system['package']} {system['version']}, {system['parameters']}"
        for name, system in results["systems"].items()
        if name != OURS
    ]
    busy = sorted(
        {
            results["systems"][name]["title"]
            for cell in results["cells"]
            for name, one in cell["systems"].items()
            if any(point.get("cores", 1) > 1.1 for point in one["points"].values())
        }
        - {"Nexify"}
    )
    lines = ["## Parameters", "\n".join(peers)]
    lines += [f"{title} used more than one core in a search that was asked to use one thread." for title in busy]
    return "\n\n".join(lines)
