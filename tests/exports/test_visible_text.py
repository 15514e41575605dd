"""A page that is read although it has visible text of its own: no word is told twice."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from bench.pdf_checks import pdf_text, words_of
from bench.searchable_pdfs import differs
from contracts.pages import Line
from tests.exports.reading import box, line, needs_tools, page, searchable
from tests.scanned_pdf import pdf_of_scan, scan

_PRINTED = "Received on 12 May 2024"


def _scan_with(content: bytes, *, rotate: int = 0) -> bytes:
    """An A4 scan with something written on it by a program."""
    with pikepdf.open(io.BytesIO(pdf_of_scan(scan()))) as pdf:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        sheet = pdf.pages[0]
        sheet.add_resource(font, pikepdf.Name.Font, pikepdf.Name.Own)
        sheet.contents_add(b"Q\n" + content, prepend=False)
        sheet.contents_add(b"q\n", prepend=True)
        sheet.obj.Rotate = rotate
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def _stamp(text: str, *, mode: int = 0) -> bytes:
    # 72 pt from the left, 700 pt from below: px 200 and about 394 at 200 dpi on A4.
    return b"BT /Own 14 Tf %d Tr 1 0 0 1 72 700 Tm (%b) Tj ET" % (mode, text.encode("ascii"))


def _read(text: str) -> Line:
    return line(text, box(198, 358, 480, 42))


@needs_tools
def test_words_that_the_page_says_visibly_are_not_told_again(tmp_path: Path) -> None:
    # One misread letter is the same word still.
    result = page([_read("Received on 12 Mav 2024"), line("of the scan", box(200, 900, 300, 40))])
    out = searchable(_scan_with(_stamp(_PRINTED)), [result], tmp_path)
    assert words_of(pdf_text(out)) == words_of(f"{_PRINTED} of the scan")


@needs_tools
def test_a_page_that_is_shown_on_its_side_tells_its_words_once_too(tmp_path: Path) -> None:
    # A quarter clockwise: what begins 72 pt from the left and 700 from below runs down the page.
    stamp = line(_PRINTED, box(1944 + 42, 198, 480, 42, 90))
    result = page([stamp], width_px=2339, height_px=1654)
    out = searchable(_scan_with(_stamp(_PRINTED), rotate=90), [result], tmp_path)
    assert words_of(pdf_text(out)) == words_of(_PRINTED)


@needs_tools
def test_only_what_stands_beside_the_visible_words_of_a_line_is_told(tmp_path: Path) -> None:
    words = (
        *line("12 May", box(198, 358, 130, 42)).words,
        *line("by the harbour office", box(500, 358, 500, 42)).words,
    )
    read = Line(
        text="12 May by the harbour office",
        confidence=0.9,
        polygon=box(198, 358, 900, 42),
        words=words,
    )
    out = searchable(_scan_with(_stamp("12 May")), [page([read])], tmp_path)
    assert words_of(pdf_text(out)) == words_of(read.text)


@needs_tools
def test_visible_text_without_meaning_gets_the_words_that_were_read(tmp_path: Path) -> None:
    out = searchable(_scan_with(_stamp("#$%&!!~~{}")), [page([_read("Pure Black")])], tmp_path)
    assert words_of("Pure Black") <= words_of(pdf_text(out))
    out = searchable(_scan_with(_stamp("Qxvz Jkwqp")), [page([_read("Pure Black")])], tmp_path)
    assert words_of("Pure Black") <= words_of(pdf_text(out))


def _with_map(document: bytes, first: int) -> bytes:
    """The letters of the page's own font mean the code `first` and those behind it."""
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> "
        "endcodespacerange 1 beginbfrange <20> <7e> <%04x> endbfrange endcmap end"
    )
    with pikepdf.open(io.BytesIO(document)) as pdf:
        font = pdf.pages[0].obj.Resources.Font.Own
        font.ToUnicode = pdf.make_stream((cmap % first).encode("ascii"))
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


@needs_tools
@pytest.mark.parametrize("first", [0xE020, 0x4E20], ids=["private", "ideographs"])
def test_a_page_that_cannot_mean_what_it_shows_tells_what_was_read_and_nothing_else(
    tmp_path: Path, first: int
) -> None:
    document = _with_map(_scan_with(_stamp(_PRINTED)), first)
    out = searchable(document, [page([_read(_PRINTED)])], tmp_path)
    assert words_of(pdf_text(out)) == words_of(_PRINTED)
    with pypdfium2.PdfDocument(out) as pdf:
        assert pdf[0].get_textpage().get_text_range().split() == _PRINTED.split()
    (tmp_path / "before.pdf").write_bytes(document)
    assert differs(tmp_path / "before.pdf", out) == 0


@needs_tools
def test_a_page_that_was_read_beside_its_own_text_keeps_it(tmp_path: Path) -> None:
    known = _read(_PRINTED).model_copy(update={"source": "text_layer"})
    document = _with_map(_scan_with(_stamp(_PRINTED)), 0xE020)
    before = tmp_path / "before.pdf"
    before.write_bytes(document)
    out = searchable(document, [page([known, line("more", box(200, 900, 100, 40))])], tmp_path)
    assert words_of(pdf_text(out)) == words_of(f"{pdf_text(before)} more")


@needs_tools
def test_text_of_an_earlier_ocr_is_taken_off_and_told_anew(tmp_path: Path) -> None:
    out = searchable(_scan_with(_stamp("Rcieved", mode=3)), [page([_read("Received")])], tmp_path)
    assert words_of(pdf_text(out)) == words_of("Received")
