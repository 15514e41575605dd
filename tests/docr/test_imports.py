"""What a process does not need is not imported: its start would take twice as long."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("modules", "not_needed"),
    [
        ("docr.services", "aiohttp numpy PIL cv2 onnxruntime fastapi"),
        ("guard.child, ingest.raster_child", "asyncio structlog cv2"),
        ("guard.child, ocr_node.engine_child, ocr_node.engines.echo", "asyncio structlog"),
    ],
)
def test_what_is_not_needed_is_not_imported(modules: str, not_needed: str) -> None:
    script = f"import {modules}, sys; print(*set({not_needed.split()}) & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
