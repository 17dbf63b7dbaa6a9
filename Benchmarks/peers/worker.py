"""A process for one peer, so that its threads, memory and crashes are its own.

worker.py build SYSTEM --data DIR --index PATH --threads N  builds and saves; prints one JSON object
worker.py open SYSTEM --data DIR --index PATH               opens and asks once; prints the times as one object
worker.py view SYSTEM --data DIR --index PATH               the same, opening without reading the file
worker.py serve SYSTEM --data DIR --index PATH              opens; then answers each line of standard input:
    {"width": 64} -> {"recall": 0.97, "qps": 5000, "cores": 1.0, "peakBytes": 123456789}
The data directory holds base.npy, queries.npy and truth.npy. Standard output carries nothing but the answers.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Callable

import numpy as np

from systems import SYSTEMS, System

K = 10


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def peak_bytes() -> int:
    """Of this program: `ru_maxrss` would begin with what the process that started it had."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """The share of the true neighbours that was found; an id found twice counts once."""
    hits = sum(len(np.intersect1d(row, true)) for row, true in zip(found.astype(np.int64), truth, strict=True))
    return hits / truth.size


def imported(system: System, dimensions: int) -> None:
    """Loads the library and its code by a tiny index, so that what is timed and measured later is the index alone."""
    vectors = np.random.default_rng(1).standard_normal((1_000, dimensions), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = system.build(vectors, 1)
    system.search(index, vectors[:4], K, 32)


def build(system: System, data: Path, path: Path, threads: int) -> dict:
    base = np.load(data / "base.npy")
    cpu, began = time.process_time(), time.perf_counter()
    index = system.build(base, threads)
    cpu, built = time.process_time() - cpu, time.perf_counter()
    system.save(index, path)
    saved = time.perf_counter()
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return {
        "seconds": built - began,
        "saveSeconds": saved - built,
        "threads": threads,
        "cores": cpu / (built - began),
        "peakBytes": peak_bytes(),
        "fileBytes": sum(file.stat().st_size for file in files),
    }


def first_answer(system: System, opener, path: Path, queries: np.ndarray) -> tuple[object, dict]:
    imported(system, queries.shape[1])
    before = resident_bytes()
    began = time.perf_counter()
    index = opener(path, queries.shape[1])
    opened = time.perf_counter()
    system.search(index, queries[:1], K, 64)
    answered = time.perf_counter()
    return index, {
        "openSeconds": opened - began,
        "firstAnswerSeconds": answered - began,
        "residentBeforeBytes": before,
        "peakBytes": peak_bytes(),
    }


def serve(system: System, data: Path, path: Path, answer) -> None:
    queries = np.load(data / "queries.npy")
    truth = np.load(data / "truth.npy").astype(np.int64)
    index, opened = first_answer(system, system.open, path, queries)
    answer(opened)
    for line in sys.stdin:
        width = json.loads(line)["width"]
        cpu, began = time.process_time(), time.perf_counter()
        found = system.search(index, queries, K, width)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        answer(
            {
                "recall": recall(np.asarray(found), truth),
                "qps": len(queries) / seconds,
                "cores": cpu / seconds,
                "peakBytes": peak_bytes(),
            }
        )


def own_output() -> Callable[[dict], None]:
    """What writes answers, a line of JSON each. Libraries write to standard output as they please: the answers get a
    descriptor of their own, and everything else goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value: dict) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    return answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["build", "open", "view", "serve"])
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    system = SYSTEMS[options.system]

    answer = own_output()
    if options.command == "build":
        answer(build(system, options.data, options.index, options.threads))
    elif options.command in ("open", "view"):
        opener = system.open if options.command == "open" else system.view
        answer(first_answer(system, opener, options.index, np.load(options.data / "queries.npy"))[1])
    else:
        serve(system, options.data, options.index, answer)


if __name__ == "__main__":
    main()
