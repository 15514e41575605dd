"""Pages of a ZIP are those of its members."""

import re
from pathlib import Path

from contracts.jobs import JobDocument, JobSummary
from contracts.output_formats import OutputFormat
from contracts.pages import PageResult
from exports.exporting import Material
from exports.page_images import image_name
from exports.registry import exporter
from tests.examples import job_summary, page_failed, page_succeeded

_MEMBERS = (
    JobDocument(filename="a/photo.png", first_page_number=1, pages=1),
    JobDocument(filename="letter.pdf", first_page_number=2, pages=2),
)


def _box() -> tuple[JobSummary, list[PageResult]]:
    summary = job_summary(filename="box.zip", total_pages=3, documents=_MEMBERS)
    return summary, [
        page_succeeded(page_index=0, document="a/photo.png"),
        page_succeeded(page_index=1, document="letter.pdf"),
        page_failed(page_index=2, document="letter.pdf", error="it is damaged"),
    ]


def test_a_page_is_named_by_its_member_and_its_number_in_it() -> None:
    summary, pages = _box()
    assert [image_name(page, summary) for page in pages] == [
        "a/photo.png",
        "letter.pdf#page=1",
        "letter.pdf#page=2",
    ]


def test_hocr_and_alto_say_of_which_member_a_page_is(tmp_path: Path) -> None:
    def written(output_format: OutputFormat) -> str:
        summary, pages = _box()
        out = tmp_path / output_format
        exporter(output_format)(Material(summary=summary, language="en", pages=pages), out)
        return out.read_text("utf-8")

    hocr = written("hocr").replace("&quot;", '"')
    assert re.findall(r'image "(.*?)"', hocr) == ["a/photo.png", "letter.pdf", "letter.pdf"]
    assert "page 3 (letter.pdf) was not read: it is damaged" in written("alto")
