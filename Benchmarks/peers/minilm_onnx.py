"""all-MiniLM-L6-v2 as an ONNX graph, made from the very weights that Nexify maps.

The nodes are those that onnxruntime's own optimizer makes of a BERT export (fused attention, bias with GELU, skip with layer
normalisation), so the peer runs at its best. Input: ids and mask, [texts, tokens]. Output: unit vectors, [texts, 384].
"""

import json
import struct
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

LAYERS = 6
HEADS = 12
WIDTH = 384
EPSILON = 1e-12
FUSED = "com.microsoft"


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    (header_bytes,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + header_bytes])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
    return tensors


class Graph:
    """Nodes and weights as they are added; a node's output is its name."""

    def __init__(self, tensors: dict[str, np.ndarray]):
        prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""
        self.tensors = tensors
        self.prefix = prefix
        self.nodes = []
        self.weights = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def tensor(self, name: str, transposed: bool = False) -> str:
        value = self.tensors[self.prefix + name]
        return self.constant(name, value.T if transposed else value)

    def add(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def norm(self, base: str) -> list[str]:
        return [self.tensor(f"{base}.LayerNorm.weight"), self.tensor(f"{base}.LayerNorm.bias")]

    def layer(self, number: int, x: str) -> str:
        base = f"encoder.layer.{number}"
        own = [f"{self.prefix}{base}.attention.self.{part}" for part in ("query", "key", "value")]
        packed = np.concatenate([self.tensors[f"{part}.weight"].T for part in own], axis=1)
        bias = np.concatenate([self.tensors[f"{part}.bias"] for part in own])
        x2 = self.add(
            "Attention",
            [x, self.constant(f"{base}.qkv", packed), self.constant(f"{base}.qkv_bias", bias), "mask"],
            f"{base}.context", FUSED, num_heads=HEADS)
        x2 = self.add("MatMul", [x2, self.tensor(f"{base}.attention.output.dense.weight", True)], f"{base}.projected")
        x = self.add(
            "SkipLayerNormalization",
            [x2, x, *self.norm(f"{base}.attention.output"), self.tensor(f"{base}.attention.output.dense.bias")],
            f"{base}.attended", FUSED, epsilon=EPSILON)
        inner = self.add("MatMul", [x, self.tensor(f"{base}.intermediate.dense.weight", True)], f"{base}.wide")
        inner = self.add("BiasGelu", [inner, self.tensor(f"{base}.intermediate.dense.bias")], f"{base}.gelu", FUSED)
        inner = self.add("MatMul", [inner, self.tensor(f"{base}.output.dense.weight", True)], f"{base}.narrow")
        return self.add(
            "SkipLayerNormalization", [inner, x, *self.norm(f"{base}.output"), self.tensor(f"{base}.output.dense.bias")],
            f"{base}.out", FUSED, epsilon=EPSILON)


def build(weights: Path) -> bytes:
    graph = Graph(read_safetensors(weights))
    segment = graph.tensors[graph.prefix + "embeddings.token_type_embeddings.weight"][:1]
    # All tokens are of the first segment, so its row joins the positions'.
    positions = graph.tensors[graph.prefix + "embeddings.position_embeddings.weight"] + segment
    embedded = [
        "ids", "", graph.tensor("embeddings.word_embeddings.weight"), graph.constant("positions", positions), "",
        *graph.norm("embeddings"),
    ]
    graph.nodes.append(
        helper.make_node("EmbedLayerNormalization", embedded, ["x", "unused"], domain=FUSED, epsilon=EPSILON))
    x = "x"
    for number in range(LAYERS):
        x = graph.layer(number, x)
    graph.add("Cast", ["mask"], "mask_f32", to=TensorProto.FLOAT)
    graph.add("Unsqueeze", ["mask_f32", graph.constant("last", np.array([2], np.int64))], "mask3")
    graph.add("Mul", [x, "mask3"], "masked")
    axis = graph.constant("tokens", np.array([1], np.int64))
    graph.add("ReduceSum", ["masked", axis], "summed", keepdims=0)
    graph.add("ReduceSum", ["mask_f32", axis], "counted", keepdims=1)
    graph.add("Div", ["summed", "counted"], "mean")
    graph.add("LpNormalization", ["mean"], "vectors", axis=1, p=2)
    shape = ["texts", "length"]
    proto = helper.make_graph(
        graph.nodes, "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])], graph.weights)
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)], ir_version=8)
    return model.SerializeToString()
