"""The peers with a filter: how each takes a bitmap of the rows that may be answered, and what its width is.

Indexes that peers.sh has built already are used as they are; those that only the filtered searches need are built here.
"""

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from systems import SYSTEMS, System, _faiss, _faiss_open

# Steps of about the square root of two, as far as it takes to meet a match among a thousand rows.
WIDTHS = [10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896, 1_280, 1_792]
WIDTHS += [2_560, 3_584, 5_120, 7_168, 10_240, 14_336, 20_480]
LISTS = 1_024
PROBES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024]
# Where peers.sh puts what it has compiled of hnswlib_filter.cpp.
HNSWLIB_FILTER = Path(os.environ.get("NEXIFY_HNSWLIB_FILTER", ".nexify/peers-native/hnswlib_filter.so"))


@dataclass(frozen=True)
class FilteredSystem:
    title: str
    index: str
    """The name of the index's file."""
    base: System
    """How that index is built, and what it is built of."""
    open: Callable[[Path, int], Any]
    search: Callable[[Any, np.ndarray, Any, int, int], np.ndarray]
    """Index, queries that share a filter, the filter, k and width to row ids of shape (queries, k)."""
    prepare: Callable[[np.ndarray], Any]
    """A filter of this library's from packed bits, least significant first. Not timed, as it is made once for many."""
    widths: tuple[int, ...]


# hnswlib


def _hnswlib_library() -> ctypes.CDLL:
    if not HNSWLIB_FILTER.exists():
        raise SystemExit(f"{HNSWLIB_FILTER} is missing: run Benchmarks/peers.sh --filters, which compiles it.")
    library = ctypes.CDLL(str(HNSWLIB_FILTER.resolve()))
    library.hnswlib_filter_open.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    library.hnswlib_filter_open.restype = ctypes.c_void_p
    library.hnswlib_filter_search.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
        ctypes.c_void_p,
    ]
    library.hnswlib_filter_search.restype = None
    return library


def _hnswlib_open(path: Path, dimensions: int) -> Any:
    library = _hnswlib_library()
    opened = library.hnswlib_filter_open(str(path).encode(), dimensions)
    if not opened:
        raise SystemExit(f"hnswlib cannot read {path}")
    return library, opened


def _hnswlib_search(index: Any, queries: np.ndarray, bits: np.ndarray, k: int, width: int) -> np.ndarray:
    library, opened = index
    found = np.empty((len(queries), k), dtype=np.int64)
    bitmap = bits.ctypes.data
    library.hnswlib_filter_search(opened, queries.ctypes.data, len(queries), bitmap, k, width, found.ctypes.data)
    return found


# faiss


def _selector(bits: np.ndarray) -> Any:
    # It points into the bits and does not own them.
    selector = _faiss(1).IDSelectorBitmap(bits)
    return selector, bits


def _faiss_hnsw_search(index: Any, queries: np.ndarray, selector: Any, k: int, width: int) -> np.ndarray:
    parameters = _faiss(1).SearchParametersHNSW(sel=selector[0], efSearch=width)
    return index.search(queries, k, params=parameters)[1]


def _faiss_refined_search(index: Any, queries: np.ndarray, selector: Any, k: int, width: int) -> np.ndarray:
    faiss = _faiss(1)
    coarse = faiss.SearchParametersHNSW(sel=selector[0], efSearch=width)
    parameters = faiss.IndexRefineSearchParameters(k_factor=3, base_index_params=coarse)
    return index.search(queries, k, params=parameters)[1]


def _faiss_ivf_build(base: np.ndarray, threads: int) -> Any:
    faiss = _faiss(threads)
    index = faiss.index_factory(base.shape[1], f"IVF{LISTS},Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(base)
    index.add(base)
    return index


def _faiss_ivf_search(index: Any, queries: np.ndarray, selector: Any, k: int, width: int) -> np.ndarray:
    parameters = _faiss(1).SearchParametersIVF(sel=selector[0], nprobe=width)
    return index.search(queries, k, params=parameters)[1]


def _faiss_scan_build(base: np.ndarray, threads: int) -> Any:
    index = _faiss(threads).IndexFlatIP(base.shape[1])
    index.add(base)
    return index


def _faiss_scan_search(index: Any, queries: np.ndarray, selector: Any, k: int, _: int) -> np.ndarray:
    return index.search(queries, k, params=_faiss(1).SearchParameters(sel=selector[0]))[1]


def _faiss_system(title: str, parameters: str, build: Callable[[np.ndarray, int], Any]) -> System:
    """One that is built for the filtered searches alone."""

    def save(index: Any, path: Path) -> None:
        _faiss(1).write_index(index, str(path))

    def search(index: Any, queries: np.ndarray, k: int, _: int) -> np.ndarray:
        return index.search(queries, k)[1]

    return System(title, "faiss-cpu", parameters, build, save, _faiss_open, search)


FILTERED: dict[str, FilteredSystem] = {
    "hnswlib": FilteredSystem(
        "hnswlib, BaseFilterFunctor",
        "hnswlib",
        SYSTEMS["hnswlib"],
        _hnswlib_open,
        _hnswlib_search,
        np.copy,
        tuple(WIDTHS),
    ),
    "faiss-flat": FilteredSystem(
        "faiss HNSW flat, IDSelectorBitmap",
        "faiss-flat",
        SYSTEMS["faiss-flat"],
        _faiss_open,
        _faiss_hnsw_search,
        _selector,
        tuple(WIDTHS),
    ),
    "faiss-refined": FilteredSystem(
        "faiss HNSW SQ8 + refine × 3, IDSelectorBitmap",
        "faiss-refined",
        SYSTEMS["faiss-refined"],
        _faiss_open,
        _faiss_refined_search,
        _selector,
        tuple(WIDTHS),
    ),
    "faiss-ivf": FilteredSystem(
        "faiss IVF flat, IDSelectorBitmap",
        "faiss-ivf",
        _faiss_system("faiss IVF flat", f"{LISTS} lists, ip", _faiss_ivf_build),
        _faiss_open,
        _faiss_ivf_search,
        _selector,
        tuple(PROBES),
    ),
    "faiss-scan": FilteredSystem(
        "faiss exact scan, IDSelectorBitmap",
        "faiss-scan",
        _faiss_system("faiss flat", "every match compared, ip", _faiss_scan_build),
        _faiss_open,
        _faiss_scan_search,
        _selector,
        (1,),
    ),
}
