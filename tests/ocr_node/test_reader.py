"""What a node makes of its engine's answers."""

import json
from pathlib import Path

import pytest

from contracts.errors import ChildCrashed
from ocr_node import reader
from ocr_node.engines import EngineSettings
from ocr_node.reader import Limits, Reader
from tests.examples import page_task

ROOT = Path(__file__).parents[2]
TASK = page_task()


def spoilt(monkeypatch: pytest.MonkeyPatch, folder: Path, **changes: object) -> Reader:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OCR_LOCK_IN", "off")
    monkeypatch.setattr(reader, "ENGINE_CHILD", "tests.ocr_node.spoilt_child:serve")
    engine = EngineSettings(name="echo", cache_dir=folder, echo_faults=json.dumps(changes))
    limits = Limits(page_timeout_s=30.0, memory_limit_bytes=2**30)
    return Reader(worker="node-1", engine=engine, limits=limits)


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": '[{"text":"a"}]'},
        {"lines": "no json"},
        {"lines": 7},
        {"lines": None},
        {"text": 7},
        {"width_px": "wide"},
        {"read_in": "a hurry"},
        {"angle_deg": None},
        {"angle_deg": float("nan")},
    ],
)
async def test_an_answer_that_is_no_page_costs_the_attempt_and_the_process(
    changes: dict[str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = spoilt(monkeypatch, tmp_path, **changes)
    try:
        with pytest.raises(ChildCrashed, match="answer that cannot be read"):
            await one.read(TASK, attempt=1)
        assert one.peak_bytes > 0
    finally:
        await one.stop()


async def test_an_answer_that_is_a_page_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = spoilt(monkeypatch, tmp_path)
    try:
        assert (await one.read(TASK, attempt=1)).lines == ()
    finally:
        await one.stop()
