"""Models in numbers of 8 bits, where the processor multiplies these faster: half the time.

What a model's numbers range over was measured once on generated pages (bench/activation_ranges.py)
and stands in ranges/NAME.json, by the hash of the weights: for other weights there is none.
"""

import json
import platform
from pathlib import Path
from typing import Any, Final

import onnx

from ocr_node.engines.eight_bit_gelu import gelu_in_eight_bits

_RANGES: Final = Path(__file__).parent / "ranges"
# Products of 8-bit numbers summed up in one instruction, without overflow on the way: VNNI on x86,
# the dot product on ARM. Without them 8 bits bring little, or need weights of 7.
_FAST_FLAGS: Final = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})

# The operators that work in 8 bits, and whose tensors are measured.
HELD: Final = ("Conv", "Concat", "GlobalAveragePool", "MaxPool")


def processor_is_fast_with_them(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this machine has the instructions; False where nothing tells."""
    if platform.system() != "Linux":
        return False
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return False
    return any(
        _FAST_FLAGS & set(line.partition(":")[2].split())
        for line in text.splitlines()
        if line.startswith(("flags", "Features"))
    )


def known_ranges(weights_sha256: str) -> dict[str, tuple[float, float]] | None:
    """(least, most) of each tensor that is to be held in 8 bits, None if they were not measured."""
    for path in sorted(_RANGES.glob("*.json")):
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["weights_sha256"] == weights_sha256:
            return {name: (low, high) for name, (low, high) in held["ranges"].items()}
    return None


def in_eight_bits(
    model: onnx.ModelProto, ranges: dict[str, tuple[float, float]]
) -> onnx.ModelProto:
    """The model with all convolutions, and the tensors between them, in 8 bits; `model` is spent.

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
