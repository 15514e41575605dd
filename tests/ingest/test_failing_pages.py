"""A document whose pages fail costs what a few pages cost, and not its slot."""

from contextlib import aclosing
from pathlib import Path

from contracts.errors import PageUnreadable
from ingest.failing_pages import FailingPages, PageEndedRenderer
from ingest.page_image import PageImage
from ingest.rasteriser import Rasteriser
from ingest.renderers import Renderers
from tests.documents import pdf_with_sizes

ENDED = PageEndedRenderer("page could not be rendered")
DAMAGED = PageUnreadable("page is damaged")


def test_three_pages_in_a_row_that_end_the_renderer_end_the_document() -> None:
    failing = FailingPages()
    for index in (3, 4):
        failing.note_failure(index, seconds=1.0, reason=ENDED)
        assert failing.verdict(5) is None
    failing.note_failure(5, seconds=1.0, reason=ENDED)
    verdict = failing.verdict(6)
    assert verdict is not None
    assert verdict.startswith("page 7 was not tried: pages 4, 5, 6 one after the other ended")


def test_bad_pages_among_good_ones_cost_themselves_only() -> None:
    failing = FailingPages()
    for index in range(0, 200, 2):
        failing.note_failure(index, seconds=1.0, reason=ENDED if index % 4 else DAMAGED)
        failing.note_success()
    assert failing.verdict(200) is None


def test_damaged_pages_are_cheap_and_may_be_many() -> None:
    failing = FailingPages()
    for index in range(1000):
        failing.note_failure(index, seconds=0.01, reason=DAMAGED)
    assert failing.verdict(1000) is None


def test_time_spent_in_failing_pages_is_bounded_but_one_of_them_may_take_all_of_it() -> None:
    failing = FailingPages()
    failing.note_failure(0, seconds=500.0, reason=ENDED)
    failing.note_success()
    assert failing.verdict(2) is None
    failing.note_failure(5, seconds=1.0, reason=DAMAGED)
    assert "2 pages before it failed, and took 501 s" in str(failing.verdict(6))


async def test_the_rest_of_such_a_document_fails_with_a_sentence_and_the_next_one_is_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "bad.pdf").write_bytes(pdf_with_sizes([(100, 100), *[(12000, 12000)] * 4]))
    (tmp_path / "good.pdf").write_bytes(pdf_with_sizes([(100, 100)]))
    rasteriser = Rasteriser(documents=tmp_path, memory_limit_bytes=250 * 2**20)
    async with Renderers([rasteriser]) as renderers:
        await renderers.open(tmp_path / "bad.pdf", dpi=72)
        async with aclosing(renderers.pages(range(5))) as pages:
            good, *bad = [each async for _, each in pages]
        assert isinstance(good, PageImage)
        assert ["more than 250 MB of memory" in str(each) for each in bad] == [True] * 3 + [False]
        assert "page 5 was not tried: pages 2, 3, 4" in str(bad[3])
        await renderers.open(tmp_path / "good.pdf", dpi=72)
        async with aclosing(renderers.pages(range(1))) as pages:
            assert [isinstance(each, PageImage) async for _, each in pages] == [True]
