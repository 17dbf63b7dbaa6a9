"""Ours: `index-tool build` and `index-tool bench`, each a process whose time and memory are its own."""

import hashlib
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

# Variants of one index that are measured by turns with the peers: environment and threads.
VARIANTS = {
    "nexify": ({}, 1),
    "nexify-avx2": ({"NEXIFY_SIMD": "avx2"}, 1),
    "nexify-2": ({}, 2),
}
TITLES = {"nexify": "Nexify", "nexify-avx2": "Nexify, AVX2 only", "nexify-2": "Nexify, two threads"}


class ToolFailed(Exception):
    pass


def add_points(points: dict, found: list[dict]) -> None:
    """Adds one round of index-tool's sweep to the rounds before it."""
    for one in found:
        point = points.setdefault(
            f"{one['setting']} {one['value']}", {**one, "recall": [], "qps": [], "p50": [], "p99": []}
        )
        point["recall"].append(one["recall"])
        point["qps"].append(one["qps"])
        point["p50"].append(one["p50Microseconds"])
        point["p99"].append(one["p99Microseconds"])


class IndexTool:
    def __init__(self, path: Path):
        if not os.access(path, os.X_OK):
            raise SystemExit(f"{path} is missing: run make build, or name another index-tool with --tool.")
        self.path = path
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    def build(self, base: Path, index: Path, threads: int) -> dict:
        """Time and memory of the whole command: reading the vectors, building, verifying and writing the file."""
        command = [
            self.path,
            "build",
            "--input",
            base,
            "--metric",
            "cosine",
            "--output",
            index,
            "--threads",
            str(threads),
        ]
        seconds, cpu, peak, _ = self._run(command, {})
        return {
            "seconds": seconds,
            "saveSeconds": 0.0,
            "threads": threads,
            "cores": cpu / seconds,
            "peakBytes": peak,
            "fileBytes": index.stat().st_size,
        }

    def bench(self, data: Path, index: Path, variant: str, k: int) -> dict:
        """One round over the tool's own sweep: its report."""
        environment, threads = VARIANTS[variant]
        command = [
            self.path,
            "bench",
            "--index",
            index,
            "--queries",
            data / "queries.npy",
            "--truth",
            data / "truth.npy",
            "-k",
            str(k),
            "--threads",
            str(threads),
            "--rounds",
            "1",
            "--json",
        ]
        return json.loads(self._run(command, environment)[-1])

    def bench_filtered(self, queries: Path, cell: Path, index: Path, k: int) -> dict:
        """One round with the filters of a cell, one thread: its report, as `bench` gives it."""
        command = [self.path, "bench", "--index", index, "--queries", queries]
        command += ["--truth", cell / "truth.npy", "--filter", cell / "filter.npy"]
        command += ["-k", str(k), "--threads", "1", "--rounds", "1", "--json"]
        return json.loads(self._run(command, {})[-1])

    def _run(self, command: list, environment: dict) -> tuple[float, float, int, str]:
        """Seconds, processor seconds, peak resident bytes and standard output."""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            began = time.perf_counter()
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=os.environ | environment,
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                raise ToolFailed(
                    f"index-tool {command[1]} ended with {process.returncode}: {errors.read()[-500:].strip()}"
                )
            output.seek(0)
            return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output.read()
