"""What the models get to see of generated pages: for what must not be fitted to real documents."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.generated_pages import pages
from ocr_node.engines import EngineSettings
from ocr_node.engines.network import Network
from ocr_node.engines.onnx_engine import OnnxEngine

# Of lines that are read for the first time (ocr_node/engines/recognition.py).
_HEIGHT_PX = 32


def seen_by_models(
    count: int, cache: Path, *, seed: int = 1
) -> dict[str, list[NDArray[np.float32]]]:
    """The inputs of `detection`, and of `recognition` at its first readings, over `count` pages,
    each of shape (images, 3, height, width)."""
    seen: dict[str, list[NDArray[np.float32]]] = {"detection": [], "recognition": []}
    plain = Network.run

    def noting(network: Network, image: NDArray[np.float32]) -> list[NDArray[Any]]:
        if network._kind == "detection":
            seen["detection"].append(image.copy())
        elif image.shape[2] == _HEIGHT_PX:
            seen["recognition"].append(image.copy())
        return plain(network, image)

    # In single precision: what 8 bits have spoilt is no measure.
    engine = OnnxEngine(EngineSettings(cache_dir=cache, eight_bits=False))
    Network.run = noting  # type: ignore[assignment,method-assign]
    try:
        for page in pages(count, seed=seed):
            out = io.BytesIO()
            page.save(out, format="JPEG", quality=90)
            engine.read(out.getvalue(), language="en", page_index=0)
    finally:
        Network.run = plain  # type: ignore[method-assign]
    return seen
