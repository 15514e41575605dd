"""Operations of models, counted."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bench.flops import FlopCounter
from contracts.errors import InvalidOption
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models


def weights(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.zeros(shape, dtype=np.float32), name)


def model(folder: Path) -> Path:
    """Takes (n, 3, height, width): a convolution, its reverse, a product of matrices of a shape
    that is computed from the input's, and a product with a bias."""
    nodes = [
        helper.make_node(
            "Conv", ["x", "w1"], ["a"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]
        ),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node(
            "Conv", ["b", "w2"], ["c"], kernel_shape=[3, 3], group=8, pads=[1, 1, 1, 1]
        ),
        helper.make_node("ConvTranspose", ["c", "w3"], ["d"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Shape", ["d"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "two"], ["front"]),
        helper.make_node("Concat", ["front", "minus"], ["flat"], axis=0),
        helper.make_node("Reshape", ["d", "flat"], ["e"]),
        helper.make_node("Transpose", ["e"], ["f"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["f", "w4"], ["g"]),
        helper.make_node("ReduceMean", ["g"], ["h"], axes=[1], keepdims=0),
        helper.make_node("Gemm", ["h", "w5", "bias"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [
            weights("w1", 8, 3, 3, 3),
            weights("w2", 8, 1, 3, 3),
            weights("w3", 8, 5, 2, 2),
            weights("w4", 5, 20),
            weights("w5", 7, 20),
            weights("bias", 7),
            *(
                numpy_helper.from_array(np.array([value], dtype=np.int64), name)
                for name, value in (("zero", 0), ("two", 2), ("minus", -1))
            ),
        ],
    )
    opsets = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "tiny.onnx")
    return folder / "tiny.onnx"


@pytest.mark.parametrize(("lines", "height", "width"), [(1, 8, 12), (3, 16, 10)])
def test_every_multiply_add_counts_twice(
    tmp_path: Path, lines: int, height: int, width: int
) -> None:
    pixels = lines * height * width
    small = pixels // 4  # after the stride of two
    conv, depthwise = small * 8 * 3 * 9, small * 8 * 9
    reverse = small * 8 * 5 * 4
    product, gemm = pixels * 5 * 20, lines * 20 * 7
    found = FlopCounter(model(tmp_path)).count((lines, 3, height, width))
    assert found.products == 2 * (conv + depthwise + reverse + product + gemm)
    assert found.elements == small * 8 + lines * 20  # Relu, ReduceMean


def test_the_weights_of_the_install_take_what_was_measured_elsewhere(tmp_path: Path) -> None:
    models = bundled_models(tmp_path)
    detection = FlopCounter(models / DETECTION / "inference.onnx")
    recognition = FlopCounter(models / RECOGNITION / "inference.onnx")
    # 21 GFLOP a megapixel, 6.8 GFLOP for 1000 px of lines.
    assert detection.count((1, 3, 960, 1280)).products / 1.2288e15 == pytest.approx(21e-6, rel=0.02)
    assert recognition.count((1, 3, 48, 1000)).products == pytest.approx(6.8e9, rel=0.01)
    assert recognition.count((4, 3, 48, 320)).products == pytest.approx(4 * 0.32 * 6.8e9, rel=0.01)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(InvalidOption, match=r"text\.onnx cannot be read as an ONNX model"):
        FlopCounter(tmp_path / "text.onnx")
