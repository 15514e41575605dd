"""The words of a searchable PDF: found by outside tools, on the ink."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from bench.pdf_checks import (
    complaints,
    f1,
    pages_of_words,
    pdf_text,
    share_in_place,
    text_of,
    words_of,
)
from contracts.pages import Line, Polygon
from tests.exports.reading import SCRIPTS, box, dense_page, line, needs_tools, page, searchable
from tests.scanned_pdf import pdf_of_scan, scan


@needs_tools
def test_a_dense_page_is_found_word_by_word_for_less_than_15_kb(tmp_path: Path) -> None:
    document, result = pdf_of_scan(scan()), dense_page()
    out = searchable(document, [result], tmp_path)
    assert out.stat().st_size - len(document) < 15_000
    assert f1(words_of(pdf_text(out)), words_of(text_of([result]))) >= 0.99
    assert share_in_place(result, pages_of_words(out)[0]) >= 0.95
    assert complaints(out) == ""


@needs_tools
@pytest.mark.parametrize("degrees", [0.0, 1.0, -3.0, 8.0, 90.0, -90.0, 180.0])
def test_turned_and_slanted_lines_are_found(tmp_path: Path, degrees: float) -> None:
    result = page(
        [
            line(
                f"Line {row} of a page that lies askew on the glass",
                _about_the_middle(box(300, 700 + 60 * row, 1000, 34), degrees),
            )
            for row in range(16)
        ]
    )
    out = searchable(pdf_of_scan(scan()), [result], tmp_path)
    assert f1(words_of(pdf_text(out)), words_of(result.text)) >= 0.99
    if degrees % 90 == 0 or abs(degrees) <= 3:
        assert share_in_place(result, pages_of_words(out)[0]) >= 0.95
    # PDFium tells the words of a line that stands on its head from left to right.
    assert _pdfium_finds(out, "askew" if degrees == 180 else "askew on the glass")


def test_a_slanted_line_that_ends_as_high_as_the_next_begins_is_not_mixed_with_it(
    tmp_path: Path,
) -> None:
    texts = [f"Line {row} of a page that lies askew on the glass" for row in range(6)]
    lines = [
        line(text, _about_the_middle(box(300, 900 + 60 * row, 1000, 34), 3.6))
        for row, text in enumerate(texts)
    ]
    out = searchable(pdf_of_scan(scan()), [page(lines)], tmp_path)
    with pypdfium2.PdfDocument(out) as pdf:
        told = pdf[0].get_textpage().get_text_range().splitlines()
    assert [text for text in told if text.strip()] == texts


def _about_the_middle(polygon: Polygon, degrees: float) -> Polygon:
    left, top = polygon[0][0] - 827, polygon[0][1] - 1170
    (x, y), *_ = box(0, 0, 1, 1)
    turned = box(827, 1170, left, top, degrees)
    x, y = turned[2]
    width, height = polygon[1][0] - polygon[0][0], polygon[3][1] - polygon[0][1]
    return box(x, y, width, height, degrees)


@needs_tools
@pytest.mark.parametrize("words", [True, False], ids=["with words", "lines only"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_found(tmp_path: Path, script: str, words: bool) -> None:
    text = SCRIPTS[script]
    right_to_left = script.startswith(("arabic", "hebrew"))
    polygon = box(200, 300, 26 * len(text), 40)
    result = page([line(text, polygon, words=words, right_to_left=right_to_left)])
    out = searchable(pdf_of_scan(scan()), [result], tmp_path)
    assert words_of(pdf_text(out)) == words_of(text)
    with pypdfium2.PdfDocument(out) as pdf:
        assert words_of(pdf[0].get_textpage().get_text_range()) == words_of(text)


@needs_tools
def test_text_that_runs_down_is_found_and_lies_in_its_box(tmp_path: Path) -> None:
    upright = Line(text="竖排文字示例", confidence=0.9, polygon=box(800, 300, 40, 240))
    turned = Line(text="Figure on its side", confidence=0.9, polygon=box(300, 300, 40, 400))
    narrow = Line(text="I", confidence=0.9, polygon=box(500, 300, 8, 40))
    result = page([upright, turned, narrow])
    out = searchable(pdf_of_scan(scan()), [result], tmp_path)
    assert words_of(pdf_text(out)) == words_of(result.text)
    assert share_in_place(result, pages_of_words(out)[0]) == 1.0


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize("inherited", [True, False])
def test_words_lie_on_the_ink_of_turned_and_cropped_pages(
    tmp_path: Path, rotation: int, inherited: bool
) -> None:
    """The ink is a black bar; where PDFium renders it, is where the word must be found."""
    document = _bar_on_a_page(rotation, inherited=inherited)
    with pypdfium2.PdfDocument(document) as pdf:
        image = pdf[0].render(scale=150 / 72).to_pil().convert("L")
    ink = image.point(lambda value: 255 - value).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    level = right - left > bottom - top
    polygon = (
        box(left, top, right - left, bottom - top)
        if level
        else box(right, top, bottom - top, right - left, 90)
    )
    word = line("Inkbar", polygon)
    out = searchable(
        document, [page([word], width_px=image.width, height_px=image.height)], tmp_path
    )
    with pypdfium2.PdfDocument(out) as pdf:
        textpage = pdf[0].get_textpage()
        assert textpage.get_text_range() == "Inkbar"
        boxes = [textpage.get_charbox(n) for n in range(6)]
    around = (
        min(each[0] for each in boxes),
        min(each[1] for each in boxes),
        max(each[2] for each in boxes),
        max(each[3] for each in boxes),
    )
    assert around == pytest.approx(_BAR_PT, abs=1.5)


_BAR_PT = (-40.0, 130.0, 80.0, 150.0)


def _bar_on_a_page(rotation: int, *, inherited: bool) -> bytes:
    with pikepdf.new() as pdf:
        made = pdf.add_blank_page(page_size=(300, 400))
        holder = made.obj.Parent if inherited else made.obj
        if inherited:
            del made.obj.MediaBox
        # Corners in no order, origin elsewhere, partly cropped, and a unit of its own.
        holder.MediaBox = pikepdf.Array([200, 300, -100, -100])
        holder.CropBox = pikepdf.Array([-80, -50, 500, 250])
        holder.Rotate = rotation
        made.obj.UserUnit = 2
        made.Contents = pdf.make_stream(b"-40 130 120 20 re f")
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def test_a_page_with_more_pixels_across_than_its_dpi_tells_is_scaled_by_its_box(
    tmp_path: Path,
) -> None:
    """A page that is one scan is told in the scan's own pixels."""
    result = page([line("Scanned", box(1000, 2000, 900, 100))], width_px=5000, height_px=7000)
    out = searchable(pdf_of_scan(scan()), [result], tmp_path)
    with pypdfium2.PdfDocument(out) as pdf:
        left, _, _, top = pdf[0].get_textpage().get_charbox(0)
        width, height = pdf[0].get_size()
    assert left == pytest.approx(width / 5, abs=0.5)
    assert height - top == pytest.approx(height * 2 / 7, abs=0.5)


def test_a_line_is_selected_with_its_spaces(tmp_path: Path) -> None:
    result = page(
        [line("to be or not", box(200, 300, 500, 40)), line("to be", box(200, 400, 200, 40))]
    )
    out = searchable(pdf_of_scan(scan()), [result], tmp_path)
    with pypdfium2.PdfDocument(out) as pdf:
        textpage = pdf[0].get_textpage()
        selected = textpage.get_text_bounded(left=60, right=300, bottom=842 - 125, top=842 - 105)
        assert selected.strip() == "to be or not"
        assert textpage.get_text_range() == "to be or not\r\nto be"


def test_nothing_of_the_text_is_to_be_seen(tmp_path: Path) -> None:
    document = pdf_of_scan(scan())
    out = searchable(document, [dense_page()], tmp_path)
    with pypdfium2.PdfDocument(document) as before, pypdfium2.PdfDocument(out) as after:
        one, other = (pdf[0].render(scale=2).to_pil().tobytes() for pdf in (before, after))
    assert one == other


def test_the_same_results_make_the_same_bytes(tmp_path: Path) -> None:
    made = [
        searchable(pdf_of_scan(scan()), [dense_page()], tmp_path, name=name)
        for name in ("one.pdf", "other.pdf")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_words_without_a_place_or_without_characters_are_left_out(tmp_path: Path) -> None:
    nowhere = Line(text="nowhere", confidence=0.9, polygon=box(10, 10, 0, 0))
    nothing = Line(text="\u0000\u200f", confidence=0.9, polygon=box(10, 10, 50, 20))
    good = line("some\u0007where", box(100, 100, 300, 40))
    out = searchable(pdf_of_scan(scan()), [page([nowhere, nothing, good])], tmp_path)
    with pypdfium2.PdfDocument(out) as pdf:
        assert pdf[0].get_textpage().get_text_range() == "somewhere"


def _pdfium_finds(pdf: Path, text: str) -> bool:
    with pypdfium2.PdfDocument(pdf) as document:
        return document[0].get_textpage().search(text).get_next() is not None
