"""What a process does not need is not imported: its start would take twice as long."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.scanned_pdf import pdf_of_scan, scan


@pytest.mark.parametrize(
    ("modules", "not_needed"),
    [
        ("docr.services", "aiohttp numpy PIL cv2 onnxruntime fastapi nkeys"),
        # What a run imports before its engines load.
        (
            "docr.run, docr.run_command",
            "nats broker ingest layout numpy docr.client.async_client",
        ),
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


_TAKEN: Final = """
import sys
from ingest.raster_child import serve
handle = serve({})
handle({"open": sys.argv[1], "dpi": 100, "password": None, "members": [], "folder": ""})
page = handle({"render": 0, "mode": "auto", "running_heads": "keep"})
print(page["width_px"], *{"numpy", "pydantic", "layout"} & set(sys.modules))
"""


def test_a_scan_is_taken_out_of_its_pdf_without_numpy_or_pydantic(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_of_scan(scan()))
    done = subprocess.run(
        [sys.executable, "-c", _TAKEN, str(tmp_path / "a.pdf")],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == ["827"]
