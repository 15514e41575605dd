"""A model on ONNX Runtime."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EngineUnavailable

# What an engine executes: what for, the input's shape, and the core-seconds that it took.
Observer = Callable[[str, tuple[int, ...], float], None]

_ONLY_THE_PROCESSOR: Final = ["CPUExecutionProvider"]
# Of ONNX Runtime (onnxruntime_run_options_config_keys.h): after the run, unused parts of its arena
# are freed.
_FREE_UNUSED: Final = ("memory.enable_memory_arena_shrinkage", "cpu:0")
_NARROW_PX: Final = 32  # wide enough for each model


class Network:
    """A loaded model with one input. Not thread-safe; `threads` work on one run."""

    def __init__(self, model: Path, *, kind: str, threads: int) -> None:
        """`kind`: what for, to observers. Raises: EngineUnavailable."""
        import onnxruntime  # noqa: PLC0415 - 0.2 s that other engines need not pay

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A plan of memory for each shape of input pays where shapes come again. Pages and lines are
        # of thousands of shapes: each plan is made, used once, and kept for ever.
        options.enable_mem_pattern = False
        # Threads that wait for work by turning in circles take the core of another engine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.model = model
        self.observe: Observer | None = None
        self._kind = kind
        try:
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=_ONLY_THE_PROCESSOR
            )
        except Exception as wrong:  # whatever it raises: each attempt would end the same
            what = " ".join(str(wrong).split())[:200]
            raise EngineUnavailable(
                f"the model {model} cannot be loaded ({type(wrong).__name__}: {what}); remove the "
                "file if it lies in OCR_CACHE_DIR (it is made anew), put whole models into "
                "OCR_MODEL_DIR, or leave OCR_MODEL_DIR empty for the weights of the install"
            ) from wrong
        self._input: str = self._session.get_inputs()[0].name
        self._free_unused = onnxruntime.RunOptions()
        self._free_unused.add_run_config_entry(*_FREE_UNUSED)

    def run(self, image: NDArray[np.float32]) -> list[NDArray[Any]]:
        """All outputs for `image`, shape (lines, 3, height, width)."""
        if self.observe is None:
            answered: list[NDArray[Any]] = self._session.run(None, {self._input: image})
            return answered
        began = time.process_time()
        answered = self._session.run(None, {self._input: image})
        self.observe(self._kind, image.shape, time.process_time() - began)
        return answered

    def free_unused(self, *, height_px: int) -> None:
        """Frees the memory that runs have put aside for those to come; takes a millisecond.
        `height_px`: of the least image that the model takes."""
        least = np.zeros((1, 3, height_px, _NARROW_PX), np.float32)
        self._session.run(None, {self._input: least}, self._free_unused)
