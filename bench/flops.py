"""How many floating-point operations an ONNX model takes for an input of a given shape."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from contracts.errors import InvalidOption

# Tensors up to this many elements may say what shape another one gets; larger ones are weights.
_SMALL: Final = 64
# Nodes that move numbers, or make shapes: no arithmetic.
_MOVES: Final = frozenset(
    {
        "Cast", "Concat", "Constant", "ConstantOfShape", "Expand", "Flatten", "Gather", "Identity",
        "Pad", "Reshape", "Shape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Flops:
    """`products`: two for each multiply-add of Conv, ConvTranspose, Gemm and MatMul. `elements`:
    one for each number that all other arithmetic nodes put out."""

    products: int
    elements: int


class FlopCounter:
    """Counts for one model, whose first input takes the shape; the weights are not loaded twice."""

    def __init__(self, model: Path) -> None:
        """Raises: InvalidOption if the file is no ONNX model."""
        try:
            loaded = onnx.load(str(model))
        except Exception as wrong:  # protobuf and the file system raise whatever they like
            raise InvalidOption(
                f"{model} cannot be read as an ONNX model ({type(wrong).__name__}); remove it if "
                "it lies in OCR_CACHE_DIR (it is made anew), or name another"
            ) from wrong
        self._model, self._weights = _without_weights(loaded)
        self._opsets = list(loaded.opset_import)
        self._counted: dict[tuple[int, ...], Flops] = {}

    def count(self, shape: Sequence[int]) -> Flops:
        """Of one run. Raises: InvalidOption if the model cannot take this shape, or does not tell
        the shapes inside."""
        key = tuple(shape)
        if key not in self._counted:
            self._counted[key] = self._count(key)
        return self._counted[key]

    def _count(self, shape: tuple[int, ...]) -> Flops:
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        _set_shape(model.graph.input[0], shape)
        shapes = self._shapes(model)
        products = elements = 0
        for node in model.graph.node:
            if node.op_type in _MOVES or not node.output:
                continue
            products_here = _products(node, shapes)
            products += products_here or 0
            if products_here is None:
                elements += sum(math.prod(shapes[name]) for name in node.output if name in shapes)
        return Flops(products=products, elements=elements)

    def _shapes(self, model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
        """Of every tensor. Shapes that are computed from shapes are computed, and put in."""
        known = _small_tensors(model)
        while True:
            inferred = shape_inference.infer_shapes(model, data_prop=True)
            shapes = self._weights | _inferred_shapes(inferred)
            computed = self._computed(model, shapes, known)
            if not computed:
                return shapes
            known |= computed
            model.graph.initializer.extend(
                numpy_helper.from_array(value, name) for name, value in computed.items()
            )
            left = [node for node in model.graph.node if node.output[0] not in computed]
            del model.graph.node[:]
            model.graph.node.extend(left)

    def _computed(
        self,
        model: onnx.ModelProto,
        shapes: Mapping[str, tuple[int, ...]],
        known: Mapping[str, NDArray[Any]],
    ) -> dict[str, NDArray[Any]]:
        """Small tensors that can be told without the input's numbers."""
        found: dict[str, NDArray[Any]] = {}
        for node in model.graph.node:
            values = {**known, **found}
            if node.op_type == "Shape" and node.input[0] in shapes and not node.attribute:
                found[node.output[0]] = np.array(shapes[node.input[0]], dtype=np.int64)
            elif len(node.output) == 1 and all(not name or name in values for name in node.input):
                value = _evaluated(node, values, self._opsets)
                if np.size(value) <= _SMALL:
                    found[node.output[0]] = np.asarray(value)
        return found


def _evaluated(
    node: onnx.NodeProto,
    values: Mapping[str, NDArray[Any]],
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> Any:
    # A model of one node: only with a model the evaluator heeds the release of the operators.
    graph = onnx.helper.make_graph(
        [node],
        "one",
        [],
        [onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.UNDEFINED, None)],
        [numpy_helper.from_array(values[name], name) for name in node.input if name],
    )
    model = onnx.helper.make_model(graph, opset_imports=opsets)
    return ReferenceEvaluator(model).run(None, {})[0]


def _without_weights(model: onnx.ModelProto) -> tuple[onnx.ModelProto, dict[str, tuple[int, ...]]]:
    """The model with its weights as mere inputs, and their shapes: quick to copy and to infer."""
    graph = model.graph
    given = {each.name for each in graph.initializer}
    inputs = [each for each in graph.input if each.name not in given]
    weights = {
        each.name: tuple(each.dims) for each in graph.initializer if math.prod(each.dims) > _SMALL
    }
    types = {each.name: each.data_type for each in graph.initializer}
    small = [each for each in graph.initializer if each.name not in weights]
    light = onnx.helper.make_graph(
        graph.node,
        graph.name,
        [
            *inputs,
            *(
                onnx.helper.make_tensor_value_info(name, types[name], shape)
                for name, shape in weights.items()
            ),
        ],
        # What shapes the exporter noted were for another input.
        [
            onnx.helper.make_tensor_value_info(each.name, each.type.tensor_type.elem_type, None)
            for each in graph.output
        ],
        initializer=small,
    )
    made = onnx.helper.make_model(light, opset_imports=model.opset_import)
    made.ir_version = model.ir_version
    return made, weights


def _set_shape(value: onnx.ValueInfoProto, shape: tuple[int, ...]) -> None:
    value.CopyFrom(
        onnx.helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, shape)
    )


def _small_tensors(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def _inferred_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Of those tensors whose every dimension is known."""
    graph = model.graph
    shapes = {each.name: tuple(each.dims) for each in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        if kind.HasField("shape") and all(each.HasField("dim_value") for each in kind.shape.dim):
            shapes[value.name] = tuple(each.dim_value for each in kind.shape.dim)
    return shapes


def _products(node: onnx.NodeProto, shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """Two for each multiply-add; None for a node of another kind. Raises: InvalidOption."""
    try:
        match node.op_type:
            case "Conv":
                # Weights: (out, in / groups, kernel...), all of them for every number put out.
                each = math.prod(shapes[node.input[1]][1:])
                return 2 * each * math.prod(shapes[node.output[0]])
            case "ConvTranspose":
                # Weights: (in, out / groups, kernel...), all of them for every number taken in.
                each = math.prod(shapes[node.input[1]][1:])
                return 2 * each * math.prod(shapes[node.input[0]])
            case "MatMul":
                return 2 * shapes[node.input[0]][-1] * math.prod(shapes[node.output[0]])
            case "Gemm":
                turned = any(each.name == "transA" and each.i for each in node.attribute)
                inner = shapes[node.input[0]][0 if turned else 1]
                return 2 * inner * math.prod(shapes[node.output[0]])
    except KeyError as unknown:
        raise InvalidOption(
            f"the model does not tell the shape of tensor {unknown} at node {node.op_type}; its "
            "operations cannot be counted, use the weights of the install"
        ) from None
    return None
