"""Changes to PP-OCR's ONNX graphs that leave what they compute as it is, and make it cheaper.

All of them return False, and change nothing, where a graph is not of the form that they know.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INDEX, PROBABILITY = "index", "probability"


def drop_identities(model: onnx.ModelProto) -> None:
    """Removes nodes that only rename; the outputs of the graph keep their names."""
    graph = model.graph
    results = {output.name for output in graph.output}
    source: dict[str, str] = {}
    kept = []
    for node in graph.node:  # in topological order
        for place, name in enumerate(node.input):
            node.input[place] = source.get(name, name)
        if node.op_type == "Identity" and node.output[0] not in results:
            source[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    _replace_nodes(graph, kept)


def fuse_gelu(model: onnx.ModelProto) -> int:
    """Makes one node of the five that paddle2onnx writes for x * (erf(x / sqrt 2) + 1) / 2; returns
    how many. ONNX Runtime does so too, but not once numbers of 8 bits stand between them."""
    graph = model.graph
    makers, users = makers_and_users(graph)
    fused: dict[int, onnx.NodeProto] = {}  # id of the last of the five -> what stands for them
    gone: set[int] = set()
    for erf in [node for node in graph.node if node.op_type == "Erf"]:
        five = gelu_around(erf, makers, users)
        if five is None:
            continue
        gone |= {id(node) for node in five}
        fused[id(five[-1])] = helper.make_node(
            "Gelu",
            [five[0].input[0]],
            [five[-1].output[0]],
            name=f"gelu.{len(fused)}",
            domain="com.microsoft",
        )
    nodes = [
        fused.get(id(node), node)
        for node in graph.node
        if id(node) not in gone or id(node) in fused
    ]
    _replace_nodes(graph, nodes)
    if fused:
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return len(fused)


def average_by_pooling(model: onnx.ModelProto) -> int:
    """Writes means over height and width as pooling, which has a form in 8 bits; returns how
    many."""
    count = 0
    for node in model.graph.node:
        options = {each.name: each for each in node.attribute}
        if (
            node.op_type == "ReduceMean"
            and "axes" in options
            and list(options["axes"].ints) == [2, 3]
            and options.get("keepdims", helper.make_attribute("keepdims", 1)).i == 1
        ):
            node.op_type = "GlobalAveragePool"
            del node.attribute[:]
            count += 1
    return count


def answer_characters(model: onnx.ModelProto, keep: Sequence[int]) -> bool:
    """Recognition answers, for each step, the index of the likeliest of the classes `keep` (int64)
    and its probability among them (float32), both of shape (lines, steps), in place of the
    probabilities of all classes, shape (lines, steps, classes)."""
    graph = model.graph
    if len(graph.output) != 1:
        return False
    makers = {output: node for node in graph.node for output in node.output}
    constants = {each.name: each for each in graph.initializer}
    softmax = _maker(makers, graph.output[0].name, "Softmax")
    add = softmax and _maker(makers, softmax.input[0], "Add")
    product = add and _maker(makers, add.input[0], "MatMul")
    if (
        softmax is None
        or add is None
        or product is None
        or add.input[1] not in constants
        or product.input[1] not in constants
    ):
        return False
    for name in (add.input[1], product.input[1]):
        whole = numpy_helper.to_array(constants[name])
        cut = np.ascontiguousarray(whole[..., list(keep)])
        constants[name].CopyFrom(numpy_helper.from_array(cut, name))
    shares = softmax.output[0]
    graph.node.extend(
        [
            helper.make_node("ArgMax", [shares], [INDEX], axis=2, keepdims=0),
            helper.make_node("ReduceMax", [shares], [PROBABILITY], axes=[2], keepdims=0),
        ]
    )
    del graph.output[:]
    graph.output.extend(
        [
            helper.make_tensor_value_info(INDEX, TensorProto.INT64, None),
            helper.make_tensor_value_info(PROBABILITY, TensorProto.FLOAT, None),
        ]
    )
    del graph.value_info[:]
    return True


def take_any_height(model: onnx.ModelProto) -> bool:
    """Lets recognition see lines of other heights than 48 px: what it averages over three rows at
    the end, it averages over all rows. The same at 48 px, where there are three of them."""
    graph = model.graph
    for place, node in enumerate(graph.node):
        if node.op_type != "AveragePool":
            continue
        sizes = [each for each in node.attribute if each.name in {"kernel_shape", "strides"}]
        if [list(each.ints) for each in sizes] != [[3, 2], [3, 2]]:
            continue
        rows = helper.make_node(
            "ReduceMean", [node.input[0]], ["rows_mean"], axes=[2], keepdims=1, name="rows_mean"
        )
        node.input[0] = "rows_mean"
        for each in sizes:
            each.ints[:] = [1, 2]
        graph.node.insert(place, rows)
        graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
        del graph.value_info[:]
        return True
    return False


def makers_and_users(
    graph: onnx.GraphProto,
) -> tuple[dict[str, onnx.NodeProto], dict[str, list[onnx.NodeProto]]]:
    """By the names of tensors: the node that puts each out, and those that take it in."""
    makers = {output: node for node in graph.node for output in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return makers, users


def gelu_around(
    erf: onnx.NodeProto,
    makers: dict[str, onnx.NodeProto],
    users: dict[str, list[onnx.NodeProto]],
) -> list[onnx.NodeProto] | None:
    """Div, Erf, Add, Mul, Mul around an Erf, if nobody else uses what is between them."""
    divide = _maker(makers, erf.input[0], "Div")
    if divide is None:
        return None
    found = [divide, erf]
    for kind in ("Add", "Mul", "Mul"):
        following = users.get(found[-1].output[0], [])
        if len(following) != 1 or following[0].op_type != kind:
            return None
        found.append(following[0])
    return found if divide.input[0] in found[3].input else None


def _maker(makers: dict[str, onnx.NodeProto], name: str, kind: str) -> onnx.NodeProto | None:
    node = makers.get(name)
    return node if node is not None and node.op_type == kind else None


def _replace_nodes(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    copies = []
    for node in nodes:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copies.append(copy)
    del graph.node[:]
    graph.node.extend(copies)
