"""GELU stays in numbers of 8 bits where both of its sides are held so."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ocr_node.engines.eight_bit_gelu import gelu_in_eight_bits
from tests.ocr_node.engines.onnx_outputs import outputs

# Of 8 bits: -5.12 to 5.08 goes in, -0.2 to 5.08 comes out.
STEP_IN, ZERO_IN = 0.04, 128
STEP_OUT, ZERO_OUT = 0.0207, 10


def model(*, held: bool) -> onnx.ModelProto:
    """A GELU; `held`: between numbers of 8 bits."""
    constants = {
        "step_in": np.float32(STEP_IN),
        "zero_in": np.uint8(ZERO_IN),
        "step_out": np.float32(STEP_OUT),
        "zero_out": np.uint8(ZERO_OUT),
    }
    into = [
        helper.make_node("QuantizeLinear", ["image", "step_in", "zero_in"], ["a"]),
        helper.make_node("DequantizeLinear", ["a", "step_in", "zero_in"], ["b"]),
    ]
    gelu = helper.make_node("Gelu", ["b" if held else "image"], ["c"], domain="com.microsoft")
    out = [
        helper.make_node("QuantizeLinear", ["c", "step_out", "zero_out"], ["d"]),
        helper.make_node("DequantizeLinear", ["d", "step_out", "zero_out"], ["answer"]),
    ]
    graph = helper.make_graph(
        [*into, gelu, *out] if held else [gelu, *out],
        "gelu",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 2, 1, 64])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 2, 1, 64])],
        [numpy_helper.from_array(np.array(value), name) for name, value in constants.items()],
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("com.microsoft", 1)],
        ir_version=8,
    )


def test_a_gelu_between_numbers_of_eight_bits_stays_in_them() -> None:
    image = np.linspace(-5.1, 5.0, 128, dtype=np.float32).reshape(1, 2, 1, 64)
    changed = model(held=True)
    assert gelu_in_eight_bits(changed) == 1
    kinds = [node.op_type for node in changed.graph.node]
    assert kinds == ["QuantizeLinear", "QLinearSigmoid", "QLinearMul", "DequantizeLinear"]
    # The formula's 0.02, half a share of 1/255 of 5, and a step of what comes out.
    apart = np.abs(outputs(changed, image)[0] - outputs(model(held=True), image)[0])
    assert apart.max() <= 0.02 + 5.1 / 510 + STEP_OUT


def test_a_gelu_of_other_numbers_is_left_as_it_is() -> None:
    plain = model(held=False)
    before = plain.SerializeToString()
    assert gelu_in_eight_bits(plain) == 0
    assert plain.SerializeToString() == before
