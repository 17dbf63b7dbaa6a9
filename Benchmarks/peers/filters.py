"""Measures filtered search beside faiss and hnswlib, writes docs/BENCHMARKS-FILTERS.md. Run it by `make bench-filters`.

For every kind of filter and every selectivity: the cost of a query at recall 0.95, one thread, in rounds by turns.
Indexes that `make bench-peers` has built are used; what is missing is built.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import machine
from filter_sets import ANCHORS, KINDS, QUERIES_EACH, SELECTIVITIES, cell_name, filter_sets
from filter_systems import FILTERED
from measure import REPOSITORY, apart, commit, now, read, remove, write
from nexify import IndexTool, ToolFailed, add_points
from pareto import bracket
from peer_process import PeerFailed, Worker, environment, reason
from vectors import K, data_set

OURS = "nexify"
RECALL = 0.95
# Wider searches are given up where a query takes more processor time: twice what it takes to compare all rows with it.
MICROSECONDS_MAX = 20_000
# What takes so long is measured in the first round only: its spread is nothing beside its cost.
PASS_SECONDS_MAX = 2
WORKER = Path(__file__).with_name("filter_worker.py")


class Peer:
    """One peer's process, and where it stands in its widths: the next cell is looked for from there."""

    def __init__(self, name: str, index: Path, queries: Path):
        self.system = FILTERED[name]
        arguments = [sys.executable, str(WORKER), "serve", name, "--index", str(index), "--queries", str(queries)]
        self.worker = Worker(arguments)
        self.start = 0

    def ask(self, cell: Path, width: int) -> dict:
        return self.worker.ask({"cell": str(cell), "width": width})

    def widths(self, cell: Path) -> list[int]:
        """Those around the recall, by searches that do not count."""
        found: dict[int, dict] = {}

        def recall_at(place: int) -> float:
            if place not in found:
                found[place] = self.ask(cell, self.system.widths[place])
            return found[place]["recall"]

        def is_too_slow(place: int) -> bool:
            # Of the processor: whatever else the machine does must not end a sweep.
            return 1e6 / found[place]["qps"] * found[place]["cores"] > MICROSECONDS_MAX

        places = bracket(recall_at, len(self.system.widths), self.start, RECALL, is_too_slow)
        self.start = places[-1]
        return [self.system.widths[place] for place in places]


class Run:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.tool = IndexTool(options.tool)
        self.data = apart(data_set, options.data, options.work / "vectors", self.tool.path)
        self.sets = options.output / "filters" / options.data
        self.queries = self.sets / "queries.npy"
        self.results = {
            **read(self.data / "set.json"),
            "queries": ANCHORS * QUERIES_EACH,
            "k": K,
            "recall": RECALL,
            "at": now(),
            "commit": commit(),
            "rounds": options.rounds,
            "machine": machine.describe(),
            "loadBefore": machine.load_average(),
            "systems": {name: self._described(name) for name in options.systems},
            "cells": [],
        }

    def measure(self) -> dict:
        options = self.options
        print("Filters and their exact answers.", flush=True)
        apart(filter_sets, self.data, self.sets, options.kinds, options.selectivities)
        indexes = {name: self._index(name) for name in options.systems}
        peers: dict[str, Peer] = {}
        try:
            for name in options.systems:
                if name != OURS:
                    peers[name] = Peer(name, indexes[name], self.queries)
            for kind in options.kinds:
                for peer in peers.values():
                    peer.start = 0
                for selectivity in options.selectivities:
                    self.results["cells"].append(self._cell(kind, selectivity, peers, indexes))
                    self.results["loadAfter"] = machine.load_average()
                    write(options.output / "filters.json", self.results)
        finally:
            for peer in peers.values():
                peer.worker.close()
        return self.results

    def _cell(self, kind: str, selectivity: float, peers: dict[str, Peer], indexes: dict[str, Path]) -> dict:
        print(f"{now()}  {kind}, {selectivity * 100:g} %", flush=True)
        cell = self.sets / cell_name(kind, selectivity)
        matches = round(selectivity * self.results["rows"])
        result = {"kind": kind, "selectivity": selectivity, "matches": matches, "systems": {}}
        widths = {name: peer.widths(cell) for name, peer in peers.items()}
        order = list(self.options.systems)
        for number in range(self.options.rounds):
            # Who follows whom changes from round to round.
            turn = number % len(order)
            for name in order[turn:] + order[:turn]:
                points = result["systems"].setdefault(name, {"points": {}})["points"]
                if name == OURS:
                    add_points(points, self.tool.bench_filtered(self.queries, cell, indexes[name], K)["points"])
                    continue
                for width in widths[name]:
                    if number > 0 and self.results["queries"] / points[f"{width}"]["qps"][0] > PASS_SECONDS_MAX:
                        continue
                    answer = peers[name].ask(cell, width)
                    point = points.setdefault(f"{width}", {"setting": "width", "value": width, "recall": [], "qps": []})
                    point["recall"].append(answer["recall"])
                    point["qps"].append(answer["qps"])
                    point["cores"] = max(point.get("cores", 0), answer["cores"])
        return result

    def _described(self, name: str) -> dict:
        if name == OURS:
            return {"title": "Nexify"}
        system = FILTERED[name]
        base = system.base
        return {"title": system.title, "package": base.package, "version": base.version, "parameters": base.parameters}

    def _index(self, name: str) -> Path:
        """The index that peers.sh built of the same vectors with the same library, or one that is built now."""
        if name == OURS:
            made_by = self.tool.sha256
        else:
            made_by = f"{FILTERED[name].base.version} {FILTERED[name].base.parameters}"
        key = f"{read(self.data / 'set.json')['sha256']} {made_by} {self.options.build_threads} threads"
        file = OURS if name == OURS else FILTERED[name].index
        places = [self.options.work / "indexes" / self.options.data, self.sets]
        for place in places:
            index = place / f"{file}.index"
            if index.exists() and read(index.with_suffix(".json")).get("key") == key:
                return index
        print(f"Building {name}.", flush=True)
        index = self.sets / f"{file}.index"
        remove(index)
        index.with_suffix(".json").unlink(missing_ok=True)
        if name == OURS:
            record = self.tool.build(self.data / "base.npy", index, self.options.build_threads)
            remove(Path(f"{index}.previous"))
        else:
            record = self._build(name, index)
        write(index.with_suffix(".json"), record | {"key": key})
        return index

    def _build(self, name: str, index: Path) -> dict:
        threads = self.options.build_threads
        command = [sys.executable, str(WORKER), "build", name, "--data", str(self.data), "--index", str(index)]
        result = subprocess.run(
            [*command, "--threads", str(threads)], env=environment(threads), capture_output=True, text=True
        )
        if result.returncode != 0:
            raise PeerFailed(reason("build", result.returncode, result.stderr))
        return json.loads(result.stdout)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    systems = [OURS, *FILTERED]
    work = REPOSITORY / ".nexify/benchmarks"
    percents = ",".join(f"{one * 100:g}" for one in SELECTIVITIES)
    parser.add_argument("--data", default="texts", help="data set of `make bench-peers` (default: texts)")
    parser.add_argument("--systems", default=",".join(systems), help="whom to measure (default: all: %(default)s)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of filters (default: all: %(default)s)")
    parser.add_argument("--percent", default=percents, help="selectivities, falling (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of every cell (default: 5)")
    parser.add_argument("--build-threads", type=int, default=2, help="threads of every build (default: 2)")
    parser.add_argument("--work", type=Path, default=work, help="where `make bench-peers` keeps vectors and indexes")
    parser.add_argument("--output", type=Path, default=work, help="where filters and results go (default: the same)")
    parser.add_argument("--document", type=Path, default=REPOSITORY / "docs", help="directory of BENCHMARKS-FILTERS.md")
    parser.add_argument("--tool", type=Path, default=REPOSITORY / ".build/release/index-tool", help="our index-tool")
    parser.add_argument("--report-only", action="store_true", help="only write the document from the last results")
    options = parser.parse_args()
    for name, allowed in (("systems", systems), ("kinds", KINDS)):
        chosen = [one for one in getattr(options, name).split(",") if one]
        setattr(options, name, chosen)
        for one in chosen:
            if one not in allowed:
                parser.error(f"there is no '{one}'; there are {', '.join(allowed)}")
    options.selectivities = [float(one) / 100 for one in options.percent.split(",")]
    return options


def main() -> None:
    options = parse()
    results = options.output / "filters.json"
    if not options.report_only:
        options.output.mkdir(parents=True, exist_ok=True)
        try:
            Run(options).measure()
        except (ToolFailed, PeerFailed) as failure:
            raise SystemExit(str(failure)) from None
    if not results.exists():
        raise SystemExit(f"Nothing was measured yet: {results} is missing.")
    import filter_report  # With matplotlib it is large.

    filter_report.write(json.loads(results.read_text()), options.document)


if __name__ == "__main__":
    main()
