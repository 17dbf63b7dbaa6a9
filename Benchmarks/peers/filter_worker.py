"""A process for one peer's filtered searches, so that its threads and crashes are its own.

filter_worker.py build SYSTEM --data DIR --index PATH --threads N   builds and saves; prints one JSON object
filter_worker.py serve SYSTEM --queries FILE --index PATH          opens; then answers each line of standard input:
    {"cell": DIRECTORY, "width": 64} -> {"recall": 0.97, "qps": 5000, "cores": 1.0}
The cell's directory holds filter.npy and truth.npy; see filter_sets.py. Standard output carries the answers
alone.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from filter_systems import FILTERED, FilteredSystem
from worker import K, build, own_output, recall


class Cell:
    """The filters of one cell in the library's own form, and the truth."""

    def __init__(self, system: FilteredSystem, directory: Path):
        masks = np.load(directory / "filter.npy")
        self.filters = [system.prepare(np.packbits(mask, bitorder="little")) for mask in masks]
        self.truth = np.load(directory / "truth.npy").astype(np.int64)


def answer_all(system: FilteredSystem, index, queries: np.ndarray, cell: Cell, width: int) -> dict:
    """One call for the queries that share a filter, so that Python's share of the time is small."""
    filters = len(cell.filters)
    groups = [np.ascontiguousarray(queries[number::filters]) for number in range(filters)]
    found = np.empty((len(queries), K), dtype=np.int64)
    cpu, began = time.process_time(), time.perf_counter()
    for number, (group, one) in enumerate(zip(groups, cell.filters, strict=True)):
        found[number::filters] = system.search(index, group, one, K, width)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"recall": recall(found, cell.truth), "qps": len(queries) / seconds, "cores": cpu / seconds}


def serve(system: FilteredSystem, queries: np.ndarray, path: Path, answer) -> None:
    index = system.open(path, queries.shape[1])
    answer({})
    directory, cell = None, None
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["cell"] != directory:
            directory, cell = asked["cell"], Cell(system, Path(asked["cell"]))
        answer(answer_all(system, index, queries, cell, asked["width"]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["build", "serve"])
    parser.add_argument("system", choices=FILTERED)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    system = FILTERED[options.system]

    answer = own_output()
    if options.command == "build":
        answer(build(system.base, options.data, options.index, options.threads))
    else:
        serve(system, np.load(options.queries), options.index, answer)


if __name__ == "__main__":
    main()
