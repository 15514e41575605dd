"""Measures what the numbers inside the models of the install range over, for 8 bits.

    ./dev python -m bench.activation_ranges

Runs detection and recognition in single precision over generated pages (no real documents), and
writes ocr_node/engines/ranges/NAME.json. To be run when the install gets other weights.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization.calibrate import (
    CalibrationDataReader,
    CalibrationMethod,
    create_calibrator,
)

from bench.seen_by_models import seen_by_models
from ocr_node.engines import eight_bit_support, eight_bits
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.fitted_models import fitted_recognition
from ocr_node.engines.model_folder import fingerprint, weights_of

_RANGES = Path(eight_bit_support.__file__).parent / "ranges"


class _Inputs(CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types
    def __init__(self, name: str, images: list[NDArray[np.float32]]) -> None:
        self._images: Iterator[NDArray[np.float32]] = iter(images)
        self._name = name

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        image = next(self._images, None)
        return None if image is None else {self._name: image}


def _ranges(
    model: onnx.ModelProto, images: list[NDArray[np.float32]], scratch: Path
) -> dict[str, Any]:
    prepared = eight_bits.prepared_for_eight_bits(model, scratch / "prepared.onnx")
    onnx.save(prepared, scratch / "model.onnx")
    calibrator = create_calibrator(
        scratch / "model.onnx",
        list(eight_bits.HELD),
        augmented_model_path=str(scratch / "augmented.onnx"),
        calibrate_method=CalibrationMethod.MinMax,
    )
    calibrator.collect_data(_Inputs(prepared.graph.input[0].name, images))
    found = calibrator.compute_data().data
    return {
        name: [float(np.ravel(value)[0]) for value in each.range_value]
        for name, each in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        seen = seen_by_models(arguments.pages, scratch)
        models = bundled_models(scratch)
        recognition = fitted_recognition(models / RECOGNITION, "latin", scratch, eight_bits=False)
        for name, model, kind in (
            (DETECTION, weights_of(models / DETECTION), "detection"),
            (RECOGNITION, recognition.exact, "recognition"),
        ):
            held = {
                "weights_sha256": fingerprint(models / name),
                "ranges": _ranges(onnx.load(model), seen[kind], scratch),
            }
            path = _RANGES / f"{name}.json"
            path.write_text(json.dumps(held, indent=0) + "\n", encoding="utf-8")
            print(f"{path.name}: {len(held['ranges'])} tensors over {len(seen[kind])} runs")


if __name__ == "__main__":
    main()
