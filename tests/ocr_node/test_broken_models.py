"""Models that are there, and are none."""

from pathlib import Path

import pytest

from contracts.errors import EngineUnavailable
from tests.ocr_node.test_engines import read_once, reader


async def test_models_that_cannot_be_loaded_are_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("x_det", "x_rec"):
        (tmp_path / name).mkdir()
        for file in ("inference.onnx", "inference.yml"):
            (tmp_path / name / file).write_bytes(b"broken")
    one = reader(tmp_path / "cache", name="onnxruntime", model_dir=tmp_path)
    with pytest.raises(EngineUnavailable, match=r"cannot be loaded \(.*leave OCR_MODEL_DIR empty"):
        await read_once(one, b"")
