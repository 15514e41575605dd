"""The renderer's child process, and what it does about trouble."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contracts.errors import DocumentRejected, PageUnreadable
from ingest.failing_pages import PageEndedRenderer
from ingest.opening import Opening
from ingest.rasteriser import Rasteriser
from tests.documents import encoded, pdf, picture
from tests.fuzz.traps import traps
from tests.ingest.zips import zipped
from tests.processes import files_held_by
from tests.scanned_pdf import pdf_of_scan, scan
from tests.waiting import wait_until


async def test_pages_are_rendered_in_a_child(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(2))
    async with Rasteriser() as rasteriser:
        assert await rasteriser.open(tmp_path / "a.pdf", dpi=72) == 2
        assert (await rasteriser.render(1)).width_px == 595
        assert rasteriser.peak_bytes > 0


async def test_what_a_renderer_imports_for_some_pages_only_is_compiled_at_its_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "compiled"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setattr("guard.byte_code._asked_for", set())
    (tmp_path / "a.pdf").write_bytes(pdf_of_scan(scan()))
    async with Rasteriser() as rasteriser:
        await rasteriser.open(tmp_path / "a.pdf", dpi=100)
    for each in ("numpy/__init__", "pydantic/main", "ingest/page_ink", "layout/flow"):
        assert list((tmp_path / "compiled").glob(f"**/{each}.*.pyc")), each


async def test_a_renderer_that_dies_is_replaced_and_opens_the_document_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(2))
    async with Rasteriser() as rasteriser:
        await rasteriser.open(tmp_path / "a.pdf", dpi=72)
        assert rasteriser.pid is not None
        os.kill(rasteriser.pid, signal.SIGKILL)
        # Noticed in the middle of a call: it is made once more, in a fresh process.
        assert (await rasteriser.render(0)).width_px == 595
        assert rasteriser.pid is not None
        os.kill(rasteriser.pid, signal.SIGKILL)
        # And noticed before the next call.
        await wait_until(lambda: rasteriser.pid is None, "the renderer to be gone")
        assert (await rasteriser.render(1)).width_px == 595


async def test_a_document_that_was_closed_is_held_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_of_scan(scan()))
    async with Rasteriser(documents=tmp_path) as rasteriser:
        await rasteriser.close()  # nothing is open
        await rasteriser.open(tmp_path / "a.pdf", dpi=100)
        pid = rasteriser.pid
        assert pid is not None
        assert files_held_by(pid, "a.pdf")
        (tmp_path / "a.pdf").unlink()
        await rasteriser.close()
        assert not files_held_by(pid, "a.pdf")
        with pytest.raises(PageUnreadable, match="no document is open"):
            await rasteriser.render(0)
        # Neither is one that could be opened, and was refused.
        (tmp_path / "c.zip").write_bytes(zipped({"__MACOSX/c.pdf": pdf(1)}))
        with pytest.raises(DocumentRejected):
            await rasteriser.open(tmp_path / "c.zip", dpi=72)
        await rasteriser.close()
        assert not files_held_by(pid, "c.zip")
        (tmp_path / "b.pdf").write_bytes(pdf(2))
        assert await rasteriser.open(tmp_path / "b.pdf", dpi=72) == 2
        assert rasteriser.pid == pid
        os.kill(pid, signal.SIGKILL)
        await rasteriser.close()  # it holds nothing any more
        await rasteriser.close()


async def test_a_document_that_needs_too_much_memory_costs_the_document(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(picture()))
    async with Rasteriser(memory_limit_bytes=2**20) as rasteriser:
        with pytest.raises(DocumentRejected, match="needed more than 1 MB of memory"):
            await rasteriser.open(tmp_path / "a.png", dpi=200)


async def test_rendering_without_a_document_is_refused() -> None:
    async with Rasteriser() as rasteriser:
        with pytest.raises(PageUnreadable):
            await rasteriser.render(0)


async def test_only_the_first_page_of_a_document_that_hangs_is_tried_twice(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(traps()["ten forms to the power of nine"])
    async with Rasteriser(page_timeout_s=0.5) as rasteriser:
        rasteriser.will_need(Opening(path=tmp_path / "a.pdf", dpi=72, folder=tmp_path / "members"))
        with capture_logs() as logged:
            for _ in range(2):
                with pytest.raises(PageEndedRenderer, match=r"page 1 .*took more than 0\.5 s"):
                    await rasteriser.render(0)
    again = [each for each in logged if each["event"] == "the page renderer failed, once more"]
    assert len(again) == 1


async def test_one_renderer_reads_the_folder_of_its_document_and_then_that_of_the_next(
    tmp_path: Path,
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.pdf").write_bytes(pdf(1))
    async with Rasteriser() as rasteriser:
        for name in ("first", "second"):
            await rasteriser.open(tmp_path / name / "a.pdf", dpi=72)
            assert (await rasteriser.render(0)).width_px == 595


async def test_a_folder_that_was_removed_and_made_again_is_read(tmp_path: Path) -> None:
    slot = tmp_path / "slot-0"
    async with Rasteriser(documents=slot) as rasteriser:
        for _ in range(2):
            slot.mkdir()
            (slot / "a.pdf").write_bytes(pdf(1))
            assert await rasteriser.open(slot / "a.pdf", dpi=72) == 1
            shutil.rmtree(slot)
