"""From the trained classifier to one int8 ONNX file, and back out of it."""

import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from bert import WIDTH
from classifier import OUTPUTS, Classifier, Exported, pad
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

OPSET = 17


def write_float(classifier: Classifier, path: Path) -> None:
    """Write the float32 graph: input_ids and attention_mask int64 [n, tokens] in, OUTPUTS out."""
    ids, mask = pad([[101, 2393, 102], [101, 102]])
    axes = {name: {0: "n"} for name in OUTPUTS} | {name: {0: "n", 1: "tokens"} for name in ("input_ids", "attention_mask")}
    with warnings.catch_warnings():
        # The older exporter is deprecated but writes the graph as it stands, without a compiler's dependencies.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported(classifier).eval(),
            (ids, mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def _rows_to_int8(model: onnx.ModelProto, words: str) -> None:
    """Store the word vectors as int8 with a scale for each row, in place.

    One scale for the whole table (what quantize_dynamic does to a Gather) drowns ordinary words under the few with
    large values; a scale a row costs 120 kB and keeps every vector within half a percent of itself.
    """
    graph = model.graph
    table = next(tensor for tensor in graph.initializer if tensor.name == words)
    values = numpy_helper.to_array(table)
    scales = np.abs(values).max(axis=1, keepdims=True) / 127
    scales = np.where(scales == 0, 1, scales).astype(np.float32)
    graph.initializer.remove(table)
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.round(values / scales).astype(np.int8), "words_int8"),
            numpy_helper.from_array(scales, "words_scale"),
        ]
    )
    position, gather = next((i, node) for i, node in enumerate(graph.node) if words in node.input)
    replacement = [
        helper.make_node("Gather", ["words_int8", gather.input[1]], ["words_row"]),
        helper.make_node("Cast", ["words_row"], ["words_cast"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["words_scale", gather.input[1]], ["words_row_scale"]),
        helper.make_node("Mul", ["words_cast", "words_row_scale"], list(gather.output)),
    ]
    graph.node.remove(gather)
    for offset, node in enumerate(replacement):
        graph.node.insert(position + offset, node)


def write_int8(source: Path, target: Path) -> None:
    """Quantise: weights int8 with a scale per channel, activations on the fly; the heads stay float32.

    Weights use seven of the eight bits (reduce_range): processors without VNNI add products in 16 bits and would
    saturate with more, and on validation it costs nothing.

    Raises:
        ValueError: the graph has no single table of word vectors.
    """
    model = onnx.load(source)
    tables = [t.name for t in model.graph.initializer if list(t.dims)[1:] == [WIDTH] and t.dims[0] > 30000]
    if len(tables) != 1:
        raise ValueError("the graph has no single table of word vectors")
    _rows_to_int8(model, tables[0])
    heads = [node.name for node in model.graph.node if "/heads" in node.name]
    quantize_dynamic(
        model,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=heads,
        extra_options={"MatMulConstBOnly": True},
    )


class Runner:
    """The exported file on one core, as the bot runs it."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def read(self, rows: Sequence[list[int]]) -> dict[str, NDArray[np.float64]]:
        """Token ids of n messages -> outputs by name. One message at a time: int8 scales depend on the batch."""
        collected: list[list[NDArray[np.float32]]] = []
        for row in rows:
            ids = np.array([row], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            collected.append(self._session.run(list(OUTPUTS), feed))
        return {name: np.concatenate([result[i] for result in collected]).astype(np.float64) for i, name in enumerate(OUTPUTS)}

    def milliseconds(self, rows: Sequence[list[int]]) -> float:
        """Median time of one message."""
        times = []
        for row in rows:
            begin = time.perf_counter()
            self.read([row])
            times.append(time.perf_counter() - begin)
        return float(np.median(times) * 1000)
