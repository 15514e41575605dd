"""GELU on numbers of 8 bits, without turning them into others and back."""

from typing import Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ocr_node.engines.graph_changes import makers_and_users

# x * sigmoid(1.702 x) differs from GELU by 0.02 at the most (Hendrycks and Gimpel, 2016), a step of
# the numbers of 8 bits or less.
_STEEPNESS: Final = 1.702
_DOMAIN: Final = "com.microsoft"


def gelu_in_eight_bits(model: onnx.ModelProto) -> int:
    """Writes each Gelu between two numbers of 8 bits as a table of 256 sigmoids and a product;
    returns how many. Others stay as they are."""
    graph = model.graph
    makers, users = makers_and_users(graph)
    scales = {each.name: each for each in graph.initializer}
    written: dict[int, list[onnx.NodeProto]] = {}
    gone: set[int] = set()
    for gelu in [node for node in graph.node if node.op_type == "Gelu"]:
        before, after = makers.get(gelu.input[0]), users.get(gelu.output[0], [])
        if (
            before is None
            or before.op_type != "DequantizeLinear"
            or before.input[1] not in scales
            or [node.op_type for node in after] != ["QuantizeLinear"]
        ):
            continue
        name = f"gelu_in_eight_bits.{len(written)}"
        steeper = numpy_helper.to_array(scales[before.input[1]]) * np.float32(_STEEPNESS)
        graph.initializer.extend(
            [
                numpy_helper.from_array(steeper.astype(np.float32), f"{name}.steeper"),
                # A sigmoid is 0 to 1.
                numpy_helper.from_array(np.array(1 / 255, np.float32), f"{name}.share"),
                numpy_helper.from_array(np.array(0, np.uint8), f"{name}.none"),
            ]
        )
        held, scale, zero = before.input
        share = [f"{name}.share", f"{name}.none"]
        written[id(gelu)] = [
            helper.make_node(
                "QLinearSigmoid",
                [held, f"{name}.steeper", zero, *share],
                [f"{name}.sigmoid"],
                name=f"{name}.sigmoid",
                domain=_DOMAIN,
            ),
            helper.make_node(
                "QLinearMul",
                [held, scale, zero, f"{name}.sigmoid", *share, *after[0].input[1:]],
                list(after[0].output),
                name=name,
                domain=_DOMAIN,
            ),
        ]
        gone.add(id(after[0]))
        if len(users[before.output[0]]) == 1:
            gone.add(id(before))
    # Copies: what is deleted from a graph must not be read any more.
    kept = [
        onnx.NodeProto.FromString(each.SerializeToString())
        for node in graph.node
        if id(node) not in gone
        for each in written.get(id(node), [node])
    ]
    del graph.node[:]
    graph.node.extend(kept)
    del graph.value_info[:]
    return len(written)
