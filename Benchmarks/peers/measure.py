"""Measures Nexify beside its peers and writes docs/BENCHMARKS.md. Run it by `make bench-peers`.

Indexes are built once and kept with the figures of their building, so an interrupted run goes on where it was; what a
run measured is kept too, so that the document can be written again (--report-only).
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import machine
from curve import measure_curve, prepare
from nexify import TITLES, VARIANTS, IndexTool, ToolFailed, add_points
from peer_process import PeerFailed, PeerProcess, ask_once
from progress import Progress
from systems import SYSTEMS
from vectors import SOURCES, K, data_set

RECALLS = [0.90, 0.95, 0.99]
REPOSITORY = Path(__file__).resolve().parents[2]
# Guesses for the time left: seconds to build 100,000 vectors with 2 threads (384 dimensions; 50 take about 0.4 of it).
BUILD_GUESSES = {
    "nexify": 25,
    "symphonyqg": 23,
    "symphonyqg-random": 55,
    "svs": 50,
    "rabitq-hnsw": 38,
    "faiss-flat": 28,
    "faiss-refined": 22,
    "hnswlib": 25,
    "vsag": 41,
    "usearch-bf16": 24,
    "usearch-i8": 20,
}
ROUND_GUESS = 4.0


def read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def write(path: Path, value: dict) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(value, indent=1))
    unfinished.replace(path)


def apart(function: Callable, *arguments):
    """Calls in a process of its own: the peak memory of a process that we start begins with our own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

# index-tool's defaults.
PARAMETERS = (
    "R 32, efConstruction 160, two passes, free slots filled from passed-over candidates; recall measured and "
    "verification in full as part of the build"
)


class Run:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.tool = IndexTool(options.tool)
        self.indexes = options.work / ("indexes-quick" if options.quick else "indexes")
        self.results_path = options.work / ("peers-quick.json" if options.quick else "peers.json")
        self.results = read(self.results_path)
        self.results.setdefault("data", {})
        self.progress = Progress()
        # AVX2 is forced where there is something better to compare it with.
        has_avx2 = "avx2" in machine.describe()["instructions"]
        self.variants = [variant for variant in VARIANTS if has_avx2 or variant != "nexify-avx2"]

    def measure(self) -> None:
        sets = {}
        for name in self.options.data:
            sets[name] = self._vectors(name)
        self._plan(sets)
        for name, data in sets.items():
            self._data_set(name, data)
        if not self.options.skip_curve:
            texts = self._vectors("texts")
            load = machine.load_average()
            with self.progress.step("cost against n"):
                counts = apart(prepare, texts, self.indexes / "curve", self.options.curve_max)
                points = measure_curve(
                    self.tool,
                    self.indexes / "curve",
                    counts,
                    [one for one in self.variants if one != "nexify-2"],
                    rounds=self.options.curve_rounds,
                    threads=self.options.build_threads,
                )
            self.results["curve"] = {
                "points": points,
                "loadBefore": load,
                "loadAfter": machine.load_average(),
                "rounds": self.options.curve_rounds,
                "at": now(),
                "tool": self.tool.sha256,
                "commit": commit(),
            }
            self._save()

    def _vectors(self, name: str) -> Path:
        return apart(data_set, name, self.options.work / "vectors", self.tool.path, self.options.quick)

    def _plan(self, sets: dict[str, Path]) -> None:
        for name, data in sets.items():
            description = read(data / "set.json")
            size = description["rows"] / 100_000 * (1 if description["dimensions"] >= 128 else 0.4)
            for system in ["nexify", *self.options.peers]:
                if not self._built(name, system, data):
                    self.progress.plan(
                        f"{name}: build {system}", BUILD_GUESSES[system] * size * 2 / self.options.build_threads
                    )
            self.progress.plan(f"{name}: open and calibrate", 12 * len(self.options.peers) * min(1, size))
            for number in range(self.options.rounds):
                seconds = ROUND_GUESS * (len(self.options.peers) + len(self.variants)) * min(1, size)
                self.progress.plan(f"{name}: round {number + 1}", seconds)
        if not self.options.skip_curve:
            self.progress.plan("cost against n", 600 * self.options.curve_max / 1_000_000)

    def _data_set(self, name: str, data: Path) -> None:
        result = {
            **read(data / "set.json"),
            "at": now(),
            "rounds": self.options.rounds,
            "tool": self.tool.sha256,
            "commit": commit(),
            "loadBefore": machine.load_average(),
            "systems": {},
        }
        systems = result["systems"]
        for system in ["nexify", *self.options.peers]:
            systems[system] = self._build(name, system, data)
        for variant in self.variants:
            systems[variant] = {**systems["nexify"], "title": TITLES[variant], "points": {}}

        processes: dict[str, PeerProcess] = {}
        widths: dict[str, list[int]] = {}
        try:
            with self.progress.step(f"{name}: open and calibrate"):
                for system in self.options.peers:
                    self._open(name, system, data, systems[system], processes, widths)
            for number in range(self.options.rounds):
                with self.progress.step(f"{name}: round {number + 1}"):
                    order = [*self.variants, *processes]
                    # Who follows whom changes from round to round.
                    for system in order[number % len(order) :] + order[: number % len(order)]:
                        if system in self.variants:
                            self._measure_ours(name, system, data, systems[system])
                        elif system in processes:
                            self._measure_peer(system, systems[system], processes, widths)
        finally:
            for system, process in processes.items():
                systems[system]["memoryBytes"] = process.peak_bytes - process.opened["residentBeforeBytes"]
                process.close()
        result["loadAfter"] = machine.load_average()
        self.results["data"][name] = result
        self._save()

    def _index(self, name: str, system: str) -> Path:
        return self.indexes / name / f"{system}.index"

    def _key(self, name: str, system: str, data: Path) -> str:
        """What an index depends on: one built of anything else is not used."""
        made_by = self.tool.sha256 if system == "nexify" else f"{SYSTEMS[system].version} {SYSTEMS[system].parameters}"
        return f"{read(data / 'set.json')['sha256']} {made_by} {self.options.build_threads} threads"

    def _built(self, name: str, system: str, data: Path) -> dict | None:
        index = self._index(name, system)
        record = read(index.with_suffix(".json"))
        reusable = index.exists() and not self.options.rebuild and record.get("key") == self._key(name, system, data)
        return record if reusable else None

    def _build(self, name: str, system: str, data: Path) -> dict:
        if system == "nexify":
            described = {"title": TITLES["nexify"], "package": "nexify", "version": commit(), "parameters": PARAMETERS}
        else:
            peer = SYSTEMS[system]
            described = {
                "title": peer.title,
                "package": peer.package,
                "version": peer.version,
                "parameters": peer.parameters,
            }
        index = self._index(name, system)
        record = self._built(name, system, data)
        if record is None:
            index.parent.mkdir(parents=True, exist_ok=True)
            remove(index)
            index.with_suffix(".json").unlink(missing_ok=True)
            with self.progress.step(f"{name}: build {system}"):
                threads = self.options.build_threads
                load = machine.load_average()
                try:
                    if system == "nexify":
                        record = self.tool.build(data / "base.npy", index, threads)
                        remove(Path(f"{index}.previous"))
                    else:
                        record = ask_once("build", system, data, index, threads)
                except PeerFailed as failure:
                    print(f"  {system}: {failure}", file=sys.stderr)
                    return {**described, "error": str(failure)}
                record |= {"key": self._key(name, system, data), "loadBefore": load}
                write(index.with_suffix(".json"), record)
        return {**described, "build": record}

    def _open(self, name: str, system: str, data: Path, result: dict, processes: dict, widths: dict) -> None:
        if "error" in result:
            return
        peer, index = SYSTEMS[system], self._index(name, system)
        try:
            process = PeerProcess(system, data, index)
            processes[system] = process
            widths[system] = process.calibrate(peer.widths, RECALLS)
            result["opens"] = [process.opened, ask_once("open", system, data, index, 1)]
            if peer.view is not None:
                result["opens"].append(ask_once("view", system, data, index, 1))
        except PeerFailed as failure:
            self._drop(system, result, processes, failure)
        result["points"] = {}

    def _drop(self, system: str, result: dict, processes: dict, failure: PeerFailed) -> None:
        print(f"  {system}: {failure}", file=sys.stderr)
        result["error"] = str(failure)
        if process := processes.pop(system, None):
            process.close()

    def _measure_peer(self, system: str, result: dict, processes: dict, widths: dict) -> None:
        try:
            # The others have emptied the caches: the first sweep of the narrowest width fills them again.
            processes[system].search(widths[system][0])
            for width in widths[system]:
                answer = processes[system].search(width)
                point = result["points"].setdefault(
                    f"{width}", {"setting": "ef", "value": width, "recall": [], "qps": []}
                )
                point["recall"].append(answer["recall"])
                point["qps"].append(answer["qps"])
                point["cores"] = max(point.get("cores", 0), answer["cores"])
        except PeerFailed as failure:
            self._drop(system, result, processes, failure)

    def _measure_ours(self, name: str, variant: str, data: Path, result: dict) -> None:
        found = self.tool.bench(data, self._index(name, "nexify"), variant, K)
        result["index"] = found["index"]
        result["simd"] = found["simd"]
        result["memoryBytes"] = max(result.get("memoryBytes", 0), found["peakResidentBytes"])
        result.setdefault("opens", []).append(found["open"])
        add_points(result["points"], found["points"])

    def _save(self) -> None:
        self.results |= {
            "machine": machine.describe(),
            "k": K,
            "recalls": RECALLS,
            "quick": self.options.quick,
            "buildThreads": self.options.build_threads,
            "sources": SOURCES,
        }
        self.results_path.parent.mkdir(parents=True, exist_ok=True)
        write(self.results_path, self.results)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def commit() -> str:
    result = subprocess.run(
        ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True
    )
    return result.stdout.strip() or "unknown"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(SOURCES)
    parser.add_argument("--data", default="texts,packages,glove", help=f"data sets, of {names} (default: %(default)s)")
    parser.add_argument("--peers", default=",".join(SYSTEMS), help="peers to measure (default: all: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of every sweep (default: 5)")
    parser.add_argument("--build-threads", type=int, default=2, help="threads of every build (default: 2)")
    parser.add_argument("--skip-curve", action="store_true", help="do not measure the cost against n")
    parser.add_argument("--curve-rounds", type=int, default=3, help="rounds of the cost against n (default: 3)")
    parser.add_argument("--curve-max", type=int, default=1_000_000, help="its largest n (default: 1000000)")
    parser.add_argument("--rebuild", action="store_true", help="build every index anew")
    parser.add_argument(
        "--quick", action="store_true", help="small subsets, to see that everything works; figures mean nothing"
    )
    parser.add_argument(
        "--report-only", action="store_true", help="only write the document, from what was measured last"
    )
    parser.add_argument(
        "--tool", type=Path, default=REPOSITORY / ".build/release/index-tool", help="the index-tool to measure"
    )
    parser.add_argument(
        "--work", type=Path, default=REPOSITORY / ".nexify/benchmarks", help="where vectors, indexes and results are"
    )
    parser.add_argument(
        "--output", type=Path, help="directory of BENCHMARKS.md (default: docs; with --quick, the work directory)"
    )
    options = parser.parse_args()
    options.data = [name for name in options.data.split(",") if name]
    options.peers = [name for name in options.peers.split(",") if name]
    for name in options.data:
        if name not in SOURCES:
            parser.error(f"there is no data set '{name}'; there are {names}")
    for name in options.peers:
        if name not in SYSTEMS:
            parser.error(f"there is no peer '{name}'; there are {', '.join(SYSTEMS)}")
    if options.quick:
        options.curve_max = min(options.curve_max, 30_000)
    if options.output is None:
        options.output = options.work / "quick" if options.quick else REPOSITORY / "docs"
    return options


def main() -> None:
    options = parse()
    results = options.work / ("peers-quick.json" if options.quick else "peers.json")
    if not options.report_only:
        try:
            Run(options).measure()
        except ToolFailed as failure:
            raise SystemExit(str(failure)) from None
    if not results.exists():
        raise SystemExit(f"Nothing was measured yet: {results} is missing.")
    import report  # With matplotlib it is large, and the programs measured above would begin with its size.

    report.write(json.loads(results.read_text()), options.output, Path(__file__).with_name("notes.md"))


if __name__ == "__main__":
    main()
