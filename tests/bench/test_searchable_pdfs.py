"""`python -m bench.searchable_pdfs` says of a document what outside tools find in its PDF."""

import json
from pathlib import Path

import pypdfium2
import pytest

from bench.pdf_checks import complaints, missing_tools
from bench.searchable_pdfs import check, differs
from contracts.errors import FormatUnavailable
from contracts.pages import PageSucceeded
from exports.exporting import Material
from exports.searchable_pdf import write_pdf
from tests.examples import job_summary
from tests.exports.reading import box, dense_page, line, needs_tools, page
from tests.scanned_pdf import pdf_of_scan, scan

CORPUS = Path(__file__).parents[3] / "shared/corpus/documents"


@needs_tools
def test_figures_of_a_document(tmp_path: Path) -> None:
    document, result = tmp_path / "scan.pdf", tmp_path / "scan.json"
    document.write_bytes(pdf_of_scan(scan()))
    result.write_text(
        json.dumps({"metrics": job_summary().metrics(), "results": [dense_page().report()]})
    )
    checked = check(document, result, tmp_path / "out.pdf")
    assert checked.pages == 1
    assert checked.f1 >= 0.99
    assert checked.laid_f1 >= 0.99
    assert checked.in_place >= 0.95
    assert checked.in_place_by_pdfium >= 0.95
    assert checked.grown_kb < 15
    assert checked.differs == 0
    assert checked.qpdf == ""
    assert "silent" in checked.row()


def _pages_of(document: Path) -> list[PageSucceeded]:
    with pypdfium2.PdfDocument(document) as pdf:
        sizes = [tuple(round(side * 200 / 72) for side in each.get_size()) for each in pdf]
    return [
        page(
            [
                line(
                    "zebra quagga okapi", box(width * 0.1, height * 0.2, width * 0.5, height * 0.02)
                )
            ],
            page_index=index,
            width_px=width,
            height_px=height,
        )
        for index, (width, height) in enumerate(sizes)
    ]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus is not here")
@pytest.mark.skipif(bool(missing_tools()), reason="pdftotext or qpdf is not installed")
def test_real_documents_look_as_they_did_and_are_found(tmp_path: Path) -> None:
    written = 0
    for document in sorted(CORPUS.glob("*.pdf")):
        out = tmp_path / document.name
        try:
            results = _pages_of(document)
            write_pdf(
                Material(
                    summary=job_summary(), language="en", pages=iter(results), document=document
                ),
                out,
            )
        except (pypdfium2.PdfiumError, FormatUnavailable):
            continue  # encrypted
        written += 1
        assert differs(document, out) == 0, document.name
        assert not complaints(out), document.name
        with pypdfium2.PdfDocument(out) as pdf:
            for each in pdf:
                assert "quagga" in each.get_textpage().get_text_range(), document.name
    assert written >= 10
