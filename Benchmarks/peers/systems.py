"""The peers: how each library builds, saves, opens and searches, with the parameters that the report prints.

All get unit vectors, so that the inner product and the Euclidean distance order rows as cosine does: each library
measures by the one with which it was faster at equal recall on 20,000 vectors. Every search answers all queries in one
call with one thread, except where the library has no such call.
"""

import importlib.metadata
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Widths of the search, from the narrowest on: a sweep goes up until it has the recall it needs.
WIDTHS = [10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 768, 1024, 1536, 2048]

# From this many dimensions on, some libraries are faster with the inner product, below it with another measure.
LONG = 128


@dataclass(frozen=True)
class System:
    """One library with one set of parameters. An index is whatever the library makes of it."""

    title: str
    package: str
    parameters: str
    build: Callable[[np.ndarray, int], Any]
    """Unit vectors and a number of threads to an index."""
    save: Callable[[Any, Path], None]
    """To a file, or to a directory that does not exist yet."""
    open: Callable[[Path, int], Any]
    """From what `save` wrote, given the dimensions, ready to search with one thread."""
    search: Callable[[Any, np.ndarray, int, int], np.ndarray]
    """Index, queries, k and width to row ids of shape (queries, k)."""
    widths: tuple[int, ...] = tuple(WIDTHS)
    view: Callable[[Path, int], Any] | None = None
    """Opening without reading the whole file, where the library has it."""

    @property
    def version(self) -> str:
        return importlib.metadata.version(self.package)


# hnswlib


def _hnswlib_build(base: np.ndarray, threads: int) -> Any:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=base.shape[1])
    index.init_index(max_elements=len(base), M=16, ef_construction=200, random_seed=100)
    index.add_items(base, np.arange(len(base)), num_threads=threads)
    return index


def _hnswlib_open(path: Path, dimensions: int) -> Any:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=dimensions)
    index.load_index(str(path))
    index.set_num_threads(1)
    return index


def _hnswlib_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    index.set_ef(width)
    return index.knn_query(queries, k=k, num_threads=1)[0]


# faiss


def _faiss(threads: int) -> Any:
    import faiss

    faiss.omp_set_num_threads(threads)
    return faiss


def _faiss_flat_build(base: np.ndarray, threads: int) -> Any:
    faiss = _faiss(threads)
    metric = faiss.METRIC_INNER_PRODUCT if base.shape[1] >= LONG else faiss.METRIC_L2
    index = faiss.IndexHNSWFlat(base.shape[1], 16, metric)
    index.hnsw.efConstruction = 200
    index.add(base)
    return index


def _faiss_refined_build(base: np.ndarray, threads: int) -> Any:
    faiss = _faiss(threads)
    coarse = faiss.IndexHNSWSQ(base.shape[1], faiss.ScalarQuantizer.QT_8bit, 16, faiss.METRIC_INNER_PRODUCT)
    coarse.hnsw.efConstruction = 200
    index = faiss.IndexRefineFlat(coarse)
    index.train(base)
    index.add(base)
    return index


def _faiss_open(path: Path, _: int) -> Any:
    return _faiss(1).read_index(str(path))


def _faiss_view(path: Path, _: int) -> Any:
    faiss = _faiss(1)
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def _faiss_flat_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    index.hnsw.efSearch = width
    return index.search(queries, k)[1]


def _faiss_refined_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    faiss = _faiss(1)
    index.k_factor = 3
    faiss.downcast_index(index.base_index).hnsw.efSearch = width
    return index.search(queries, k)[1]


# usearch


def _usearch_build(scalar: str) -> Callable[[np.ndarray, int], Any]:
    def build(base: np.ndarray, threads: int) -> Any:
        from usearch.index import Index

        metric = "ip" if scalar == "bf16" and base.shape[1] >= LONG else "cos"
        index = Index(ndim=base.shape[1], metric=metric, dtype=scalar, connectivity=16, expansion_add=200)
        index.add(np.arange(len(base), dtype=np.uint64), base, threads=threads)
        return index

    return build


def _usearch_open(path: Path, _: int) -> Any:
    from usearch.index import Index

    return Index.restore(path, view=False)


def _usearch_view(path: Path, _: int) -> Any:
    from usearch.index import Index

    return Index.restore(path, view=True)


def _usearch_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    index.expansion_search = width
    return index.search(queries, k, threads=1).keys


# vsag


def _vsag(dimensions: int, threads: int) -> Any:
    import pyvsag

    pyvsag.set_logger_off()
    description = {
        "dtype": "float32",
        "metric_type": "l2",
        "dim": dimensions,
        "index_param": {
            "base_quantization_type": "sq8_uniform",
            "use_reorder": True,
            "precise_quantization_type": "fp32",
            "max_degree": 32,
            "ef_construction": 200,
            "build_thread_count": threads,
        },
    }
    return pyvsag.Index("hgraph", json.dumps(description))


def _vsag_build(base: np.ndarray, threads: int) -> Any:
    index = _vsag(base.shape[1], threads)
    index.build(base.reshape(-1), np.arange(len(base), dtype=np.int64), len(base), base.shape[1])
    return index


def _vsag_open(path: Path, dimensions: int) -> Any:
    index = _vsag(dimensions, 1)
    index.load(str(path))
    return index


def _vsag_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    parameters = json.dumps({"hgraph": {"ef_search": width}})
    found = np.full((len(queries), k), -1, dtype=np.int64)
    for row, query in enumerate(queries):
        ids = index.knn_search(query, k, parameters)[0]
        found[row, : len(ids)] = ids
    return found


# SVS


def _svs_build(base: np.ndarray, threads: int) -> Any:
    import svs

    parameters = svs.VamanaBuildParameters(alpha=0.95, graph_max_degree=32, window_size=200)
    return svs.Vamana.build(parameters, base, svs.DistanceType.MIP, num_threads=threads)


def _svs_save(index: Any, path: Path) -> None:
    path.mkdir()
    index.save(str(path / "config"), str(path / "graph"), str(path / "data"))


def _svs_open(path: Path, dimensions: int) -> Any:
    import svs

    return svs.Vamana(
        str(path / "config"),
        svs.GraphLoader(str(path / "graph")),
        svs.VectorDataLoader(str(path / "data"), svs.DataType.float32, dims=dimensions),
        svs.DistanceType.MIP,
        num_threads=1,
    )


def _svs_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    index.search_window_size = width
    return index.search(queries, k)[0]


# rabitqlib

# Its rotation needs as many dimensions; zeros at the end change neither products nor distances.
RABITQ_DIMENSIONS_MIN = 64


def _rabitq_padded(vectors: np.ndarray) -> np.ndarray:
    missing = RABITQ_DIMENSIONS_MIN - vectors.shape[1]
    return np.pad(vectors, ((0, 0), (0, missing))) if missing > 0 else vectors


def _symphony_build(start: str) -> Callable[[np.ndarray, int], Any]:
    def build(base: np.ndarray, threads: int) -> Any:
        import rabitqlib

        base = _rabitq_padded(base)
        index = rabitqlib.SymqgIndex(dim=base.shape[1], max_degree=32, metric="l2")
        index.build(base, ef_construction=200, num_threads=threads, init=start)
        return index

    return build


def _symphony_open(path: Path, _: int) -> Any:
    import rabitqlib

    return rabitqlib.SymqgIndex.load(str(path))


def _symphony_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    return index.search_batch(_rabitq_padded(queries), k=k, ef=width, num_threads=1)[0]


def _rabitq_hnsw_build(base: np.ndarray, threads: int) -> Any:
    import rabitqlib

    base = _rabitq_padded(base)
    clusters = rabitqlib.RaBitQKMeans(
        base.shape[1],
        16,
        niter=10,
        seed=42,
        spherical=True,
        num_threads=threads,
        final_assignment=rabitqlib.FinalAssignmentMode.Exact,
    )
    clusters.train(base)
    index = rabitqlib.HnswIndex(
        dim=base.shape[1], max_elements=len(base), M=16, ef_construction=200, nbits=5, metric="ip", random_seed=42
    )
    index.build(base, clusters.centroids, clusters.assignments, num_threads=threads)
    return index


def _rabitq_hnsw_open(path: Path, _: int) -> Any:
    import rabitqlib

    return rabitqlib.HnswIndex.load(str(path))


def _rabitq_hnsw_search(index: Any, queries: np.ndarray, k: int, width: int) -> np.ndarray:
    return index.search(_rabitq_padded(queries), k=k, ef=width, num_threads=1)[0]


def _own_save(index: Any, path: Path) -> None:
    index.save(str(path))


SYSTEMS: dict[str, System] = {
    "symphonyqg": System(
        "SymphonyQG",
        "rabitqlib",
        "R 32, efC 200, raw vectors, L2",
        _symphony_build("pipnn"),
        _own_save,
        _symphony_open,
        _symphony_search,
    ),
    "symphonyqg-random": System(
        "SymphonyQG, random start",
        "rabitqlib",
        "R 32, efC 200, three passes from random edges, L2",
        _symphony_build("random"),
        _own_save,
        _symphony_open,
        _symphony_search,
    ),
    "svs": System(
        "SVS Vamana f32",
        "scalable-vs",
        "R 32, window 200, alpha 0.95, MIP",
        _svs_build,
        _svs_save,
        _svs_open,
        _svs_search,
    ),
    "rabitq-hnsw": System(
        "rabitqlib HNSW, 5 bits",
        "rabitqlib",
        "M 16, efC 200, 16 centroids, ip",
        _rabitq_hnsw_build,
        _own_save,
        _rabitq_hnsw_open,
        _rabitq_hnsw_search,
    ),
    "faiss-flat": System(
        "faiss HNSW flat",
        "faiss-cpu",
        "M 16, efC 200, ip (L2 below 128 dimensions)",
        _faiss_flat_build,
        lambda index, path: _faiss(1).write_index(index, str(path)),
        _faiss_open,
        _faiss_flat_search,
        view=_faiss_view,
    ),
    "faiss-refined": System(
        "faiss HNSW SQ8 + refine × 3",
        "faiss-cpu",
        "M 16, efC 200, ip",
        _faiss_refined_build,
        lambda index, path: _faiss(1).write_index(index, str(path)),
        _faiss_open,
        _faiss_refined_search,
        view=_faiss_view,
    ),
    "hnswlib": System(
        "hnswlib",
        "hnswlib",
        "M 16, efC 200, ip",
        _hnswlib_build,
        lambda index, path: index.save_index(str(path)),
        _hnswlib_open,
        _hnswlib_search,
    ),
    "vsag": System(
        "vsag hgraph SQ8",
        "pyvsag",
        "R 32, efC 200, sq8_uniform re-ranked by f32, L2; one call a query",
        _vsag_build,
        _own_save,
        _vsag_open,
        _vsag_search,
    ),
    "usearch-bf16": System(
        "usearch bf16",
        "usearch",
        "M 16, efC 200, ip (cos below 128 dimensions)",
        _usearch_build("bf16"),
        _own_save,
        _usearch_open,
        _usearch_search,
        view=_usearch_view,
    ),
    "usearch-i8": System(
        "usearch i8",
        "usearch",
        "M 16, efC 200, cos",
        _usearch_build("i8"),
        _own_save,
        _usearch_open,
        _usearch_search,
        view=_usearch_view,
    ),
}
