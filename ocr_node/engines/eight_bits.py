"""Models in numbers of 8 bits, where the processor multiplies these faster: half the time.

Imported when a model is made, once for an install: onnx takes 80 ms.
"""

from pathlib import Path
from typing import Any, Final

import onnx
import onnx.version_converter

from ocr_node.engines.eight_bit_gelu import gelu_in_eight_bits
from ocr_node.engines.eight_bit_support import Ranges
from ocr_node.engines.graph_changes import average_by_pooling, drop_identities, fuse_gelu

# The operators that work in 8 bits, and whose tensors are measured.
HELD: Final = ("Conv", "Concat", "GlobalAveragePool", "MaxPool")
# The least release of the operators in which 8-bit weights may have a scale for each channel.
_OPERATORS: Final = 13


def prepared_for_eight_bits(model: onnx.ModelProto, scratch: Path) -> onnx.ModelProto:
    """The model with what belongs together in one node: convolutions with their bias, GELU.

    `scratch`: a file of no interest to others, for what ONNX Runtime hands back through the disk.
    """
    import onnxruntime  # noqa: PLC0415 - as below

    model = onnx.version_converter.convert_version(model, _OPERATORS)
    drop_identities(model)
    fuse_gelu(model)
    average_by_pooling(model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(scratch)
    onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return onnx.load(scratch)


def in_eight_bits(model: onnx.ModelProto, ranges: Ranges) -> onnx.ModelProto:
    """The model, prepared, with all convolutions, and the tensors between them, in 8 bits; `model`
    is spent.

    Weights have a scale for each channel put out, all else one for each tensor.
    """
    # These take a second to import, and serve the first start of an install only.
    import numpy as np  # noqa: PLC0415
    from onnxruntime.quantization import CalibrationMethod, QuantType  # noqa: PLC0415
    from onnxruntime.quantization.calibrate import TensorsData  # noqa: PLC0415
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer  # noqa: PLC0415

    measured: Any = {
        name: (np.float32(low), np.float32(high)) for name, (low, high) in ranges.items()
    }
    quantizer = QDQQuantizer(
        model,
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=TensorsData(CalibrationMethod.MinMax, measured),
        nodes_to_quantize=[],
        nodes_to_exclude=[],
        op_types_to_quantize=list(HELD),
        extra_options={},
    )
    quantizer.quantize_model()
    held: onnx.ModelProto = quantizer.model.model
    gelu_in_eight_bits(held)
    return held
