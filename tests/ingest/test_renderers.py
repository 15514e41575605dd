"""Pages rendered ahead, by one process or two."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from ingest import renderers as module
from ingest.page_image import PageImage
from ingest.rasteriser import Rasteriser
from ingest.renderers import Renderers
from tests.documents import pdf, pdf_with_sizes
from tests.processes import files_held_by


async def widths_of(renderers: Renderers, indexes: range) -> list[int | str]:
    async with aclosing(renderers.pages(indexes)) as pages:
        return [
            image.width_px if isinstance(image, PageImage) else str(image)[:6]
            async for _, image in pages
        ]


async def test_two_renderers_share_the_pages_of_a_document_which_come_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORTH_A_SECOND_S", 0.0)
    (tmp_path / "a.pdf").write_bytes(pdf_with_sizes([(100 + n, 100) for n in range(12)]))
    both = Rasteriser(), Rasteriser()
    async with Renderers(both) as renderers:
        assert await renderers.open(tmp_path / "a.pdf", dpi=72) == 12
        assert await widths_of(renderers, range(12)) == [100 + n for n in range(12)]
        assert None not in {each.pid for each in both}
        pids = [each.pid for each in both if each.pid is not None]
        assert all(files_held_by(pid, "a.pdf") for pid in pids)
        await renderers.close()
        assert not any(files_held_by(pid, "a.pdf") for pid in pids)
        # The next document is none of the one before.
        (tmp_path / "b.pdf").write_bytes(pdf_with_sizes([(50, 50), (90_000, 90_000), (51, 50)]))
        await renderers.open(tmp_path / "b.pdf", dpi=72)
        assert await widths_of(renderers, range(3)) == [50, "page 2", 51]


async def test_one_renderer_is_enough_where_pages_take_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORTH_A_SECOND_S", 60.0)
    (tmp_path / "a.pdf").write_bytes(pdf(3))
    first, second = Rasteriser(), Rasteriser()
    async with Renderers((first, second)) as renderers:
        await renderers.open(tmp_path / "a.pdf", dpi=72)
        assert await widths_of(renderers, range(3)) == [595] * 3
        assert second.pid is None


async def test_a_reader_that_stops_half_way_leaves_no_page_under_way(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(9))
    async with Renderers([Rasteriser()]) as renderers:
        await renderers.open(tmp_path / "a.pdf", dpi=72)
        before = asyncio.all_tasks()
        async with aclosing(renderers.pages(range(9))) as pages:
            assert (await anext(pages))[0] == 0
        assert asyncio.all_tasks() <= before
        assert await widths_of(renderers, range(2)) == [595] * 2
