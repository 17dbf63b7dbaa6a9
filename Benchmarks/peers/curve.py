"""How our search's cost grows with the number of vectors: the same queries against 1,000 to 1,000,000 rows."""

from pathlib import Path

import numpy as np

from nexify import IndexTool, add_points
from progress import Progress
from vectors import K, SEED, exact_in_prefixes

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


def measure_curve(
    tool: IndexTool, texts: Path, work: Path, progress: Progress, rounds: int, threads: int, largest: int
) -> list[dict]:
    """One entry for each n: the build, and the sweeps of native and AVX2 kernels, `rounds` of each by turns."""
    base, queries = np.load(texts / "base.npy"), np.load(texts / "queries.npy")
    counts = sorted({count for count in [*COUNTS, len(base)] if count <= largest})
    directory = work / "curve"
    directory.mkdir(parents=True, exist_ok=True)
    points = []
    with progress.step("cost against n"):
        print("  vectors and truth", flush=True)
        grown = rows(base, counts[-1])
        truths = exact_in_prefixes(grown, queries, counts)
        np.save(directory / "queries.npy", queries)
        for count in counts:
            print(f"  n = {count:,}", flush=True)
            np.save(directory / "base.npy", grown[:count])
            np.save(directory / "truth.npy", truths[count])
            index = directory / "nexify.index"
            build = tool.build(directory / "base.npy", index, threads)
            sweeps: dict[str, dict] = {"nexify": {}, "nexify-avx2": {}}
            for _ in range(rounds):
                for variant, sweep in sweeps.items():
                    add_points(sweep, tool.bench(directory, index, variant, K)["points"])
            points.append({"n": count, "copies": max(0, count - len(base)), "build": build, "sweeps": sweeps})
            for file in (index, directory / "base.npy", Path(f"{index}.previous")):
                file.unlink(missing_ok=True)
    return points
