"""One engine for all tests of it."""

from pathlib import Path

import pytest

from ocr_node.engines import EngineSettings
from ocr_node.engines.onnx_engine import OnnxEngine


@pytest.fixture(scope="session")
def engine(model_cache: Path) -> OnnxEngine:
    return OnnxEngine(EngineSettings(cache_dir=model_cache))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The real documents; skips where they are not."""
    folder = Path(__file__).parents[4] / "shared/corpus"
    if not folder.is_dir():
        pytest.skip("no documents in ../shared/corpus")
    return folder
