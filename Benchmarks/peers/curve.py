"""How our search's cost grows with the number of vectors: the same queries against 1,000 to 1,000,000 rows."""

import shutil
from pathlib import Path

import numpy as np

from nexify import IndexTool, add_points
from vectors import SEED, K, exact_in_prefixes

COUNTS = [1_000, 3_000, 10_000, 30_000, 100_000, 400_000, 1_000_000]
# The noise of a copy, relative to the vector's length.
NOISE = 0.5
COPY_BLOCK = 50_000


def rows(base: np.ndarray, count: int) -> np.ndarray:
    """`count` vectors: the real ones in a seeded order, then noisy copies of them, of unit length."""
    random = np.random.default_rng(SEED)
    real = base[random.permutation(len(base))]
    if count <= len(real):
        return real[:count]
    grown = np.empty((count, base.shape[1]), dtype=np.float32)
    grown[: len(real)] = real
    for start in range(len(real), count, COPY_BLOCK):
        end = min(count, start + COPY_BLOCK)
        noise = random.standard_normal((end - start, base.shape[1]), dtype=np.float32)
        noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        copies = real[random.integers(len(real), size=end - start)] + noise
        grown[start:end] = copies / np.linalg.norm(copies, axis=1, keepdims=True)
    return grown


def prepare(texts: Path, directory: Path, largest: int) -> dict[int, int]:
    """Writes the vectors and the truth for each n to a directory of its own; returns how many of each n are copies."""
    base, queries = np.load(texts / "base.npy"), np.load(texts / "queries.npy")
    counts = sorted({count for count in [*COUNTS, len(base)] if count <= largest})
    grown = rows(base, counts[-1])
    for count, truth in exact_in_prefixes(grown, queries, counts).items():
        target = directory / str(count)
        target.mkdir(parents=True, exist_ok=True)
        for file, array in (("base", grown[:count]), ("queries", queries), ("truth", truth)):
            np.save(target / f"{file}.npy", array)
    return {count: max(0, count - len(base)) for count in counts}


def measure_curve(
    tool: IndexTool, directory: Path, counts: dict[int, int], variants: list[str], rounds: int, threads: int
) -> list[dict]:
    """One entry for each n: the build, and each variant's sweeps, by turns. What was prepared is removed."""
    points = []
    for count, copies in counts.items():
        print(f"  n = {count:,}", flush=True)
        data = directory / str(count)
        index = data / "nexify.index"
        build = tool.build(data / "base.npy", index, threads)
        sweeps: dict[str, dict] = {variant: {} for variant in variants}
        for _ in range(rounds):
            for variant, sweep in sweeps.items():
                add_points(sweep, tool.bench(data, index, variant, K)["points"])
        points.append({"n": count, "copies": copies, "build": build, "sweeps": sweeps})
        shutil.rmtree(data)
    return points
