"""Files in OCR_CACHE_DIR that were cut off, emptied or left half-written."""

import os
from pathlib import Path

import pytest

from contracts.errors import EngineUnavailable
from ocr_node.engines import EngineSettings
from ocr_node.engines.fitted_files import fitted_in
from ocr_node.engines.network import Network
from ocr_node.engines.onnx_engine import OnnxEngine
from ocr_node.engines.spoilt_models import loaded, sweep
from tests.documents import encoded, picture

IMAGE = encoded(picture("Steel pipe 36 pieces"))


def test_fitted_models_that_were_cut_off_are_made_anew(tmp_path: Path) -> None:
    settings = EngineSettings(cache_dir=tmp_path, eight_bits=False)
    OnnxEngine(settings)
    fitted = fitted_in(tmp_path)
    whole = {path.name: path.stat().st_size for path in fitted.iterdir()}
    assert whole
    for path in fitted.glob("*.onnx"):
        os.truncate(path, path.stat().st_size // 2)
    (line,) = OnnxEngine(settings).read(IMAGE, language="en", page_index=0).lines
    assert line.text == "Steel pipe 36 pieces"
    assert {path.name: path.stat().st_size for path in fitted.iterdir()} == whole


def test_a_model_that_nobody_here_has_made_is_named_and_stays(tmp_path: Path) -> None:
    given = tmp_path / "given.onnx"
    given.write_bytes(b"broken")
    with pytest.raises(EngineUnavailable, match=r"given\.onnx cannot be loaded"):
        loaded(
            lambda: given,
            lambda model: Network(model, kind="x", threads=1),
            files=lambda model: {model},
            made_in=tmp_path / "fitted",
        )
    assert given.read_bytes() == b"broken"


def test_what_killed_processes_left_goes_after_a_day(tmp_path: Path) -> None:
    old, new, kept = (tmp_path / name for name in (".1234-a.onnx", ".5678-a.onnx", "a.onnx"))
    for path in (old, new, kept):
        path.write_bytes(b"x")
    for path in (old, kept):
        os.utime(path, (0, 0))
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".5678-a.onnx", "a.onnx"]
