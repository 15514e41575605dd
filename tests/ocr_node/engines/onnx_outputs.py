"""What a model answers, on ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray


def outputs(model: onnx.ModelProto, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """All outputs of a model with one input."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found: list[NDArray[np.float32]] = session.run(None, {session.get_inputs()[0].name: images})
    return found
