"""Documents that are broken, or of which no searchable PDF can be made."""

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from bench.pdf_checks import complaints, pdf_text, words_of
from contracts.errors import FormatUnavailable
from contracts.jobs import JobDocument
from exports.exporting import Material
from exports.searchable_pdf import write_pdf
from tests.documents import pdf
from tests.examples import job_summary
from tests.exports.reading import box, line, needs_tools, page, searchable
from tests.scanned_pdf import pdf_of_scan, scan

_READ = line("read again", box(200, 1500, 400, 40))


@needs_tools
def test_a_cut_off_document_is_repaired(tmp_path: Path) -> None:
    document = pdf_of_scan(scan())
    out = searchable(document[: document.rindex(b"xref\n0")], [page([_READ])], tmp_path)
    assert words_of(pdf_text(out)) == words_of("read again")
    assert complaints(out) == ""


def _broken_contents(opened: Pdf) -> None:
    opened.pages[0].obj.Contents = Name.Nonsense


def _broken_resources(opened: Pdf) -> None:
    opened.pages[0].obj.Resources = Array([1, 2])


def _broken_boxes(opened: Pdf) -> None:
    opened.pages[0].obj.MediaBox = Array([0, 0, Name.A, 0])
    opened.pages[0].obj.Rotate = Name.Sideways


def _looping_resources(opened: Pdf) -> None:
    form = opened.make_stream(b"BT 3 Tr ET /F Do", Subtype=Name.Form)
    form.Resources = Dictionary(XObject=Dictionary(F=form))
    opened.pages[0].obj.Resources = form.Resources
    opened.pages[0].obj.Resources.Font = Dictionary()


@needs_tools
@pytest.mark.parametrize(
    "break_it", [_broken_contents, _broken_resources, _broken_boxes, _looping_resources]
)
def test_what_is_broken_on_a_page_does_not_keep_the_others_from_their_text(
    tmp_path: Path, break_it: Callable[[Pdf], None]
) -> None:
    with pikepdf.open(io.BytesIO(pdf(2))) as opened:
        break_it(opened)
        document = io.BytesIO()
        opened.save(document)
    out = searchable(document.getvalue(), [page([_READ], page_index=n) for n in (0, 1)], tmp_path)
    with pypdfium2.PdfDocument(out) as after:
        assert "read again" in after[1].get_textpage().get_text_range()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"%PDF-1.7\n" + b"\xff" * 3000, "too damaged"),
        (b"Dear all, this is no document.", "cannot be put into a PDF"),
    ],
)
def test_what_no_pdf_can_be_made_of_says_what_to_ask_for(
    tmp_path: Path, document: bytes, words: str
) -> None:
    with pytest.raises(FormatUnavailable, match=f"(?s){words}.*hocr or text"):
        searchable(document, [page([_READ])], tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["submitted-searchable.pdf"]


def test_no_pdf_is_made_of_a_zip(tmp_path: Path) -> None:
    member = JobDocument(filename="a.pdf", first_page_number=1, pages=1)
    material = Material(
        summary=job_summary(documents=(member,)), language="en", pages=iter([page([_READ])])
    )
    with pytest.raises(FormatUnavailable, match="a ZIP of several; submit them one by one"):
        write_pdf(material, tmp_path / "out.pdf")


def test_a_document_that_is_no_longer_kept_is_told(tmp_path: Path) -> None:
    material = Material(summary=job_summary(), language="en", pages=iter(()))
    with pytest.raises(FormatUnavailable, match="no longer kept"):
        write_pdf(material, tmp_path / "out.pdf")
