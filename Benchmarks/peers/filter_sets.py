"""Filters of every selectivity, the queries they go with, and the exact answers: made once, kept in a directory.

A cell is a kind and a selectivity. Its directory holds filter.npy (one mask over all rows for each of ANCHORS filters,
u8) and truth.npy (the 10 nearest rows that match, for each query); query i goes with filter i % ANCHORS. queries.npy is
the same for all.

Kinds:
random          which rows match has nothing to do with the query
correlated      the rows of the clusters nearest to the query match, as when one asks within one's own subject
anticorrelated  the rows of the clusters farthest from it match, as when one asks within another subject
"""

import json
from pathlib import Path

import numpy as np

from vectors import SEED, K, nearest

KINDS = ["random", "correlated", "anticorrelated"]
SELECTIVITIES = [0.8, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001]
ANCHORS, QUERIES_EACH = 20, 10
CLUSTERS, CLUSTER_ROUNDS = 128, 15


def cell_name(kind: str, selectivity: float) -> str:
    return f"{kind}-{selectivity * 100:g}"


def clusters(base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres and each row's cluster, by spherical k-means."""
    import faiss

    means = faiss.Kmeans(base.shape[1], CLUSTERS, niter=CLUSTER_ROUNDS, seed=SEED % 2**31, spherical=True)
    means.train(base)
    return means.centroids, means.index.search(base, 1)[1][:, 0]


def anchored_queries(queries: np.ndarray, centres: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Clusters to which enough queries belong, and these queries: number i belongs to anchor i % ANCHORS."""
    own = np.argmax(queries @ centres.T, axis=1)
    random = np.random.default_rng(SEED)
    enough = [cluster for cluster in range(len(centres)) if np.count_nonzero(own == cluster) >= QUERIES_EACH]
    if len(enough) < ANCHORS:
        raise SystemExit(f"only {len(enough)} clusters have {QUERIES_EACH} queries: there are too few queries.")
    anchors = sorted(random.choice(enough, ANCHORS, replace=False).tolist())
    chosen = np.stack([random.choice(np.flatnonzero(own == anchor), QUERIES_EACH, replace=False) for anchor in anchors])
    return anchors, queries[chosen.T.reshape(-1)]


def order_of_rows(
    kind: str, anchor: int, centres: np.ndarray, own: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """All rows; the first so many of them are the filter of any selectivity. Inside a cluster their order is random."""
    order = random.permutation(len(own))
    if kind == "random":
        return order
    similarity = centres @ centres[anchor]
    rank = np.argsort(np.argsort(-similarity if kind == "correlated" else similarity))
    return order[np.argsort(rank[own[order]], kind="stable")]


def truth(base: np.ndarray, queries: np.ndarray, similarity: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Candidates by f32 BLAS, their order by f64."""
    rows = []
    for number, query in enumerate(queries):
        ids = np.flatnonzero(masks[number % len(masks)])
        found = similarity[number, ids]
        best = np.argpartition(-found, 4 * K)[: 4 * K] if len(ids) > 4 * K else np.arange(len(ids))
        rows.append(nearest(base, query, ids[best], K))
    return np.stack(rows)


def check_similarity(base: np.ndarray, queries: np.ndarray, similarity: np.ndarray) -> None:
    """Old OpenBLAS builds compute wrongly on new processors: a few products are done again without BLAS."""
    for row in range(0, len(queries), max(1, len(queries) // 3)):
        plain = np.einsum("ij,j->i", base, queries[row], dtype=np.float64, optimize=False)
        if not np.allclose(plain, similarity[row], atol=1e-5):
            raise SystemExit("numpy's matrix product is wrong on this machine: there is no truth to compare with.")


def filter_sets(data: Path, target: Path, kinds: list[str], selectivities: list[float]) -> None:
    """Makes the cells that are not there yet."""
    made_of = {
        "sha256": json.loads((data / "set.json").read_text())["sha256"],
        "anchors": ANCHORS,
        "queriesEach": QUERIES_EACH,
        "clusters": CLUSTERS,
    }
    record = target / "set.json"
    if not record.exists() or json.loads(record.read_text()) != made_of:
        target.mkdir(parents=True, exist_ok=True)
        for old in target.glob("*/truth.npy"):
            old.unlink()
        base, queries = np.load(data / "base.npy"), np.load(data / "queries.npy")
        centres, own = clusters(base)
        anchors, queries = anchored_queries(queries, centres)
        for name, array in (("centres", centres), ("own", own), ("anchors", anchors), ("queries", queries)):
            np.save(target / f"{name}.npy", array)
        record.write_text(json.dumps(made_of))
    missing = [
        (kind, selectivity)
        for kind in kinds
        for selectivity in selectivities
        if not (target / cell_name(kind, selectivity) / "truth.npy").exists()
    ]
    if not missing:
        return
    base = np.load(data / "base.npy")
    names = ("centres", "own", "anchors", "queries")
    centres, own, anchors, queries = (np.load(target / f"{name}.npy") for name in names)
    similarity = queries @ base.T
    check_similarity(base, queries, similarity)
    for kind in kinds:
        random = np.random.default_rng([SEED, KINDS.index(kind)])
        orders = [order_of_rows(kind, anchor, centres, own, random) for anchor in anchors]
        for selectivity in (one for of, one in missing if of == kind):
            masks = np.zeros((ANCHORS, len(base)), dtype=np.uint8)
            for mask, order in zip(masks, orders, strict=True):
                mask[order[: round(selectivity * len(base))]] = 1
            cell = target / cell_name(kind, selectivity)
            cell.mkdir(exist_ok=True)
            np.save(cell / "filter.npy", masks)
            np.save(cell / "truth.npy", truth(base, queries, similarity, masks))
