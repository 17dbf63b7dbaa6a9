"""Writes docs/BENCHMARKS.md and its figures from the results, without measuring anything."""

from pathlib import Path
from statistics import median

import figures
import plots
from figures import MIB, OURS
from pareto import Speed

TITLES = {
    "texts": "Texts: glosses and package descriptions",
    "glosses": "WordNet glosses",
    "packages": "Package descriptions",
    "glove": "GloVe",
}
MEANING = Path(__file__).with_name("meaning.md")


def write(results: dict, directory: Path, notes: Path) -> None:
    images = directory / "benchmarks"
    images.mkdir(parents=True, exist_ok=True)
    data = {name: results["data"][name] for name in TITLES if name in results["data"]}
    recalls = results["recalls"]
    parts = [head(results, data), machine(results, data)]
    if data:
        parts.append(goals(data, recalls))
    for name, one in data.items():
        curves = {
            key: (system["title"], figures.medians(system.get("points", {}))) for key, system in one["systems"].items()
        }
        curves = {key: curve for key, curve in curves.items() if curve[1] and not one["systems"][key].get("error")}
        title = f"{TITLES[name]}: {one['rows']:,} × {one['dimensions']}, cosine, k = {results['k']}"
        plots.recall_speed(title, curves, images / f"{name}.svg")
        parts.append(data_set(name, one, recalls, results))
    parts.append(losses(data, recalls))
    if curve := results.get("curve"):
        parts.append(cost(curve, recalls, images))
    parts.append(detail(data, recalls))
    if notes.exists():
        parts.append("## Where the time goes\n\n" + notes.read_text("utf-8").strip())
    parts.append(MEANING.read_text("utf-8").strip())
    (directory / "BENCHMARKS.md").write_text("\n\n".join(part for part in parts if part) + "\n", "utf-8")
    print(f"Written: {directory / 'BENCHMARKS.md'}")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---" if number == 0 else "---:" for number in range(len(head))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(speed: Speed | None, spread: float | None = None) -> str:
    if speed is None:
        return "never"
    text = f"{'> ' if speed.at_least else ''}{speed.qps:,.0f}"
    return f"{text} ±{spread * 100:.0f} %" if spread is not None else text


def times(value: float | None) -> str:
    return f"{value:.2f}" if value else "—"


def mebibytes(value: float | None) -> str:
    return f"{value / MIB:,.0f}" if value is not None else "—"


def milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    return f"{seconds * 1e3:,.2f} ms" if seconds < 0.01 else f"{seconds * 1e3:,.0f} ms"


def head(results: dict, data: dict) -> str:
    lines = ["# Nexify beside its peers", "Written by `make bench-peers` from what it measured; not edited by hand. \"Where the time goes\" is from `Benchmarks/peers/notes.md`, measured by hand at the time it says."]
    if results["quick"]:
        lines.append("**This is a smoke test on small subsets (`--quick`): its figures mean nothing.**")
    summary = []
    for name, one in data.items():
        ours, symphony = one["systems"][OURS], one["systems"].get("symphonyqg")
        row = [f"{TITLES[name]}, {one['rows']:,} × {one['dimensions']}"]
        row += [shown(figures.speed(ours, recall)) for recall in results["recalls"]]
        row.append(
            " / ".join(times(figures.ratio(ours, symphony, recall)) for recall in results["recalls"])
            if symphony
            else "—"
        )
        summary.append(row)
    columns = ["Data set", *(f"QPS at {recall:.2f}" for recall in results["recalls"]), "over SymphonyQG"]
    lines.append(f"Queries a second at recall@{results['k']}, one thread, one query at a time:")
    lines.append(table(columns, summary))
    return "\n\n".join(lines)


def machine(results: dict, data: dict) -> str:
    found = results["machine"]
    versions = {system["package"]: system["version"] for one in data.values() for system in figures.peers(one).values()}
    simd = {one["systems"][OURS].get("simd", "?") for one in data.values()}
    lines = [
        "## The machine",
        f"- {found['cpu']} ({found['family']}), {found['cores']} cores, {found['caches']}, {found['memoryGiB']} GiB of memory",
        f"- Instruction sets that matter: {', '.join(found['instructions'])}; Nexify's kernels: {', '.join(sorted(simd))}",
        f"- Linux {found['kernel']}, hypervisor: {found['hypervisor']}, transparent huge pages: {found['hugePages']}",
        f"- Python {found['python']}; "
        + ", ".join(f"{package} {version}" for package, version in sorted(versions.items())),
    ]
    for name, one in data.items():
        lines.append(
            f"- {TITLES[name]}: measured {one['at']}, Nexify at {one['commit']}, {one['rounds']} rounds, load average "
            f"{one['loadBefore']} before and {one['loadAfter']} after; {one['source']}"
        )
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def goals(data: dict, recalls: list[float]) -> str:
    mark = {True: "✓", False: "✗", None: "—"}
    parts = ["## The goals"]
    for name, one in data.items():
        rows = [[goal.what, goal.measured, goal.wanted, mark[goal.reached]] for goal in figures.goals(one, recalls)]
        parts.append(f"**{TITLES[name]}**\n\n" + table(["Goal", "Measured", "Wanted", ""], rows))
    return "\n\n".join(parts)


def data_set(name: str, one: dict, recalls: list[float], results: dict) -> str:
    columns = [
        "System",
        *(f"QPS at {recall:.2f}" for recall in recalls),
        "ours ÷ its",
        f"build, s ({results['buildThreads']} threads)",
        "file, MiB",
        "bytes a vector",
        "open → first answer",
        "search memory, MiB",
        "build memory, MiB",
    ]
    ours, rows, failed, busy = one["systems"][OURS], [], [], []
    fastest = sorted(one["systems"].items(), key=lambda item: -(getattr(figures.speed(item[1], recalls[1]), "qps", 0)))
    for key, system in fastest:
        label = f"**{system['title']}**" if key.startswith(OURS) else f"{system['title']}"
        if system.get("error"):
            failed.append(f"- {system['title']} {system['version']} gave no figures: `{system['error']}`")
            continue
        build = system["build"]
        same_file = key.startswith(OURS) and key != OURS
        row = [label]
        row += [
            shown(figures.speed(system, recall), figures.spread(system, recall, one["rounds"])) for recall in recalls
        ]
        ratios = " / ".join(times(figures.ratio(ours, system, recall)) for recall in recalls)
        row.append("" if key == OURS else ratios)
        if same_file:
            row += [""] * 6
        else:
            row += [
                f"{figures.build_seconds(system):.1f}",
                mebibytes(build["fileBytes"]),
                f"{build['fileBytes'] / one['rows']:,.0f}",
                milliseconds(figures.first_answer_seconds(key, system)),
                mebibytes(system.get("memoryBytes")),
                mebibytes(build["peakBytes"]),
            ]
        rows.append(row)
        if (got := build.get("cores", results["buildThreads"])) < 0.85 * results["buildThreads"] and not same_file:
            busy.append(
                f"- The build of {system['title']} got {got:.1f} cores of {results['buildThreads']}: its time is in part "
                "that of what ran beside it (or the library's own waiting)."
            )
        cores = max((point.get("cores", 1) for point in system["points"].values()), default=1)
        if cores > 1.1 and not key.startswith(OURS):
            busy.append(f"- {system['title']} used {cores:.1f} cores in a search that was asked to use one thread.")
    parameters = "; ".join(
        f"{system['title']} ({system['package']} {system['version']}): {system['parameters']}"
        for system in figures.peers(one).values()
    )
    parts = [
        f"## {TITLES[name]}",
        f"{one['rows']:,} vectors of {one['dimensions']} dimensions, {one['queries']:,} queries that were held back and tuned nothing. "
        f"{one['source']}.",
        table(columns, rows),
        "\n".join([*failed, *busy]),
        f"![Recall and speed, {TITLES[name]}](benchmarks/{name}.svg)",
        f"Parameters: {parameters}.",
    ]
    return "\n\n".join(part for part in parts if part)


def losses(data: dict, recalls: list[float]) -> str:
    parts = ["## Where Nexify loses"]
    for name, one in data.items():
        listed = [f"- {loss}" for loss in figures.losses(one, recalls)]
        listed += [
            f"- Goal missed: {goal.what}: {goal.measured}, wanted {goal.wanted}."
            for goal in figures.goals(one, recalls)
            if goal.reached is False
        ]
        parts.append(f"**{TITLES[name]}**\n\n" + ("\n".join(listed) or "- In none of the table's figures."))
    return "\n\n".join(parts)


def cost(curve: dict, recalls: list[float], images: Path) -> str:
    names = {"nexify": "native", "nexify-avx2": "AVX2 only"}
    names = {variant: name for variant, name in names.items() if variant in curve["points"][0]["sweeps"]}
    curves: dict = {name: {recall: [] for recall in recalls} for name in names.values()}
    rows = []
    for point in curve["points"]:
        build = point["build"]
        row = [f"{point['n']:,}", f"{point['copies']:,}", f"{build['seconds']:.1f}"]
        for variant, name in names.items():
            for recall in recalls:
                speed = figures.speed({"points": point["sweeps"][variant]}, recall)
                row.append(shown(speed))
                if speed:
                    curves[name][recall].append((point["n"], speed.qps))
        rows.append([*row, mebibytes(build["fileBytes"]), mebibytes(build["peakBytes"])])
    real = max(point["n"] - point["copies"] for point in curve["points"])
    plots.cost_against_count(curves, real, images / "cost.svg")
    columns = [
        "n",
        "of them copies",
        "build, s",
        *(f"{name} {recall:.2f}" for name in names.values() for recall in recalls),
        "file, MiB",
        "build memory, MiB",
    ]
    return "\n\n".join(
        [
            "## Cost against n",
            f"The texts and their queries; Nexify alone, one thread, {curve['rounds']} rounds of native and AVX2 kernels by turns, measured "
            f"{curve['at']} at {curve['commit']} (load average {curve['loadBefore']} before, {curve['loadAfter']} after). There are {real:,} "
            "real vectors; those beyond them are **copies with noise**: a real vector plus a random one of half its length, brought back "
            "to unit length, from a fixed seed. They are no real texts: read the curve beyond the mark as the cost of size, not of language.",
            table(columns, rows),
            "![Cost against n](benchmarks/cost.svg)",
        ]
    )


def detail(data: dict, recalls: list[float]) -> str:
    rows = []
    for name, one in data.items():
        points = one["systems"][OURS]["points"].values()
        for recall in recalls:
            enough = [point for point in points if median(point["recall"]) >= recall]
            if not enough:
                continue
            point = max(enough, key=lambda point: median(point["qps"]))
            rows.append(
                [
                    TITLES[name],
                    f"{point['setting']} {point['value']:g}",
                    f"{median(point['recall']):.4f}",
                    f"{median(point['qps']):,.0f}",
                    f"{median(point['p50']):.1f}",
                    f"{median(point['p99']):.1f}",
                    f"{point['hops']:,.1f}",
                    f"{point['distances']:,.0f}",
                    f"{point['reranked']:,.1f}",
                ]
            )
    columns = ["Data set", "setting", "recall", "QPS", "p50, µs", "p99, µs", "hops", "distances", "re-ranked"]
    return (
        "## Nexify in detail\n\nThe fastest setting that reaches each recall; the last three are means a query.\n\n"
        + table(columns, rows)
    )
