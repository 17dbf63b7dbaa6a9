"""The peer of embed-latency: the same weights and texts through onnxruntime on the CPU, with Hugging Face's tokenizer.

Usage: embed_peer.py [--model DIR] [--data DIR] [--repetitions N] [--rounds N] [--vectors FILE] [--json]
Prints the same table or JSON as embed-latency. --vectors compares with the vectors that embed-latency --vectors wrote.
"""

import argparse
import json
import math
import os
import time
from datetime import datetime, timezone
from pathlib import Path
from statistics import median_low

import numpy as np
import onnxruntime
from tokenizers.implementations import BertWordPieceTokenizer

from minilm_onnx import WIDTH, build

os.environ["TOKENIZERS_PARALLELISM"] = "false"

# The same as in EmbedLatency.swift.
TEXT = "My card was charged twice for the same booking yesterday, please refund one charge as soon as possible"
TEXT_TOKENS = 22
TOKENS_MAX = 256
BATCH_TEXTS = 32


def one_line_texts(data: Path) -> list[str]:
    """The rule of OneLineTexts.swift."""
    lines = [
        line.strip(" \t")
        for file in sorted((data / "knowledge-base").glob("*.md"))
        for line in file.read_text("utf-8").split("\n")
    ]
    return [line for line in lines if 20 <= len(line) <= 200]


class Peer:
    def __init__(self, graph: bytes, vocabulary: Path, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        self.tokenizer.enable_truncation(TOKENS_MAX)

    def token_ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text).ids

    def embed(self, texts: list[str]) -> np.ndarray:
        """In batches of similar length, as sentence-transformers does it."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: -len(ids[i]))
        vectors = np.empty((len(texts), WIDTH), np.float32)
        for start in range(0, len(order), BATCH_TEXTS):
            group = order[start : start + BATCH_TEXTS]
            padded = np.zeros((len(group), len(ids[group[0]])), np.int32)
            mask = np.zeros_like(padded)
            for row, i in enumerate(group):
                padded[row, : len(ids[i])] = ids[i]
                mask[row, : len(ids[i])] = 1
            (vectors[group],) = self.session.run(["vectors"], {"ids": padded, "mask": mask})
        return vectors


def seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def measure(arguments) -> dict:
    graph = build(arguments.model / "model.safetensors")
    peers = {threads: Peer(graph, arguments.model / "vocab.txt", threads) for threads in (1, 2)}
    texts = one_line_texts(arguments.data)
    one = peers[1]
    assert len(one.token_ids(TEXT)) == TEXT_TOKENS, len(one.token_ids(TEXT))

    report = {
        "benchmark": "embed-latency, peer onnxruntime",
        "machine": {
            "processor": processor(), "cores": os.cpu_count(), "loadBefore": os.getloadavg()[0],
            "startedAt": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        },
        "parameters": {
            "single": f"20 word pieces and 2 markers, {arguments.repetitions} calls, 1 thread",
            "batch": f"{len(texts)} one-line texts, {sum(len(one.token_ids(text)) for text in texts)} tokens, "
            f"median of {arguments.rounds}, {BATCH_TEXTS} texts of similar length at a time",
            "onnxruntime": onnxruntime.__version__,
        },
    }
    one_text = lambda: one.embed([TEXT])
    for _ in range(100):
        one_text()
    times = [seconds(one_text) * 1e3 for _ in range(arguments.repetitions)]
    figures = [("one text, median", median_low(times), "ms"), ("one text, p99", quantile(times, 0.99), "ms")]
    for threads, peer in peers.items():
        peer.embed(texts[:64])
        taken = median_low([seconds(lambda: peer.embed(texts)) for _ in range(arguments.rounds)])
        figures.append((f"batch, {threads} thread{'s' if threads > 1 else ''}", len(texts) / taken, "texts/s"))
    if arguments.vectors:
        ours = np.fromfile(arguments.vectors, "<f4").reshape(-1, WIDTH)
        figures.append(("smallest cosine with Nexify's vectors", float((ours * one.embed(texts)).sum(1).min()), ""))
    report["figures"] = [{"name": name, "value": value, "unit": unit} for name, value, unit in figures]
    report["machine"]["loadAfter"] = os.getloadavg()[0]
    return report


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", type=Path, default=Path(".nexify/parts/models/all-MiniLM-L6-v2"))
    options.add_argument("--data", type=Path, default=Path("data"))
    options.add_argument("--repetitions", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--vectors", type=Path)
    options.add_argument("--json", action="store_true")
    arguments = options.parse_args()
    report = measure(arguments)
    if arguments.json:
        print(json.dumps(report))
        return
    print(report["benchmark"])
    for figure in report["figures"]:
        print(f"  {figure['name']:<40} {figure['value']:>10.4g} {figure['unit']}")


if __name__ == "__main__":
    main()
