"""How fast one core of this machine multiplies in single precision: products of square matrices,
by NumPy's library and by ONNX Runtime, one thread. A child process of its own (guard.child)."""

import os
import time
from collections.abc import Callable
from typing import Any, Final

from guard.child import Handler

# Rows and columns: fits the caches as the layers of the models do, and takes some 25 ms.
_SIDE: Final = 1024
_OPERATIONS: Final = 2 * _SIDE**3


def serve(settings: dict[str, Any]) -> Handler:
    """Answers `{"seconds"}`, how long to try, with GFLOP a core-second by library: the best."""
    del settings
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    products = {"NumPy": _numpy_product(), "ONNX Runtime": _onnxruntime_product()}
    for product in products.values():
        product()

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        best = dict.fromkeys(products, 0.0)
        until = time.perf_counter() + request["seconds"]
        while time.perf_counter() < until or not all(best.values()):
            for name, product in products.items():
                began = time.process_time()
                product()
                took_s = time.process_time() - began
                best[name] = max(best[name], _OPERATIONS / took_s / 1e9)
        return best

    return handle


def _numpy_product() -> Callable[[], object]:
    import numpy as np  # noqa: PLC0415 - after its number of threads is set

    numbers = np.random.default_rng(1)
    a, b = (numbers.random((_SIDE, _SIDE), dtype=np.float32) for _ in range(2))
    out = np.empty((_SIDE, _SIDE), dtype=np.float32)
    return lambda: np.matmul(a, b, out=out)


def _onnxruntime_product() -> Callable[[], object]:
    import numpy as np  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    numbers = np.random.default_rng(2)
    a, b = (numbers.random((_SIDE, _SIDE), dtype=np.float32) for _ in range(2))
    shape = (_SIDE, _SIDE)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMul", ["a", "b"], ["c"])],
            "product",
            [helper.make_tensor_value_info("a", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("c", TensorProto.FLOAT, shape)],
            [numpy_helper.from_array(b, "b")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    return lambda: session.run(None, {"a": a})
