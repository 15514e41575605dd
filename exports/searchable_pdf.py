"""The document as it was, with text that can be searched: invisible words on the ink.

Runs in a guarded child: it opens what users hand in. Files next to `out` are its only others.
"""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pikepdf

from contracts.errors import FormatUnavailable
from contracts.pages import Line, PageResult, PageSucceeded
from exports.exporting import Material
from exports.pdf_geometry import Affine, px_to_page
from exports.pdf_hidden_text import DAMAGE, HiddenText
from exports.pdf_opening import open_document, too_damaged
from exports.pdf_text_layers import TextLayers
from exports.pdf_visible_text import VisibleText

# Readers look for the header in the first 1024 bytes, and so do files that start with junk.
_PDF_HEADER_WITHIN: Final = 1024
_ELSE: Final = "ask for another format, such as hocr or text"

Preparation = Callable[[pikepdf.Page, PageSucceeded], None]


def write_pdf(material: Material, out: Path) -> None:
    """Writes the document with the text of the pages that were read.

    Pages that have a text layer of their own, or no result, are as they were. Raises:
    FormatUnavailable if the document is gone, damaged beyond repair, or no PDF or image.
    """
    document = material.document
    if material.summary.documents:
        raise FormatUnavailable(
            "a searchable PDF is made of one document, and this job is a ZIP of several; "
            f"submit them one by one, or {_ELSE}"
        )
    if document is None:
        raise FormatUnavailable(
            "the document itself is no longer kept, and a searchable PDF is made of it; "
            f"submit it again, or {_ELSE}"
        )
    with document.open("rb") as file:
        head = file.read(_PDF_HEADER_WITHIN)
    try:
        if b"%PDF-" in head:
            _write_over_pdf(document, material, out)
        else:
            _write_over_image(document, material, out)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _write_over_pdf(document: Path, material: Material, out: Path) -> None:
    with open_document(document, password=material.password) as pdf:
        hidden = HiddenText(pdf)

        def clean(page: pikepdf.Page, result: PageSucceeded) -> None:
            known = [line for line in result.lines if line.source == "text_layer"]
            if result.source != "ocr" or len(known) == len(result.lines):
                return  # no text comes in the place of the old
            mapped = px_to_page(page, width_px=result.width_px, height_px=result.height_px)
            hidden.remove(page, stays=_within(known, mapped) if known else None)

        with VisibleText(document, password=material.password) as visible:
            _add_text(pdf, material.pages, prepare=clean, visible=visible)
        _save(pdf, out)


def _write_over_image(document: Path, material: Material, out: Path) -> None:
    # Takes half a second to import, for those that need it.
    from exports.pdf_images import lay_out, write_image_pdf  # noqa: PLC0415

    plain = out.with_name(f"{out.name}.image")
    try:
        orientation = write_image_pdf(document, plain)
        with open_document(plain, password=None) as pdf:

            def fit(page: pikepdf.Page, result: PageSucceeded) -> None:
                size_px = result.width_px, result.height_px
                lay_out(page, pdf, orientation=orientation, size_px=size_px, dpi=result.dpi)

            _add_text(pdf, material.pages, prepare=fit)
            _save(pdf, out)
    finally:
        plain.unlink(missing_ok=True)


def _add_text(
    pdf: pikepdf.Pdf,
    results: Iterable[PageResult],
    *,
    prepare: Preparation,
    visible: VisibleText | None = None,
) -> None:
    """Adds the words of each page that was read. What is wrong with a page leaves it without."""
    layers = TextLayers(pdf)
    page_count = len(pdf.pages)
    for result in results:
        if (
            isinstance(result, PageSucceeded)
            and result.page_index < page_count
            and min(result.width_px, result.height_px) > 0
        ):
            with contextlib.suppress(*DAMAGE):
                page = pdf.pages[result.page_index]
                prepare(page, result)  # blank ones too: an image's page has the size of the image
                if result.source == "ocr":
                    layers.add(page, result, visible=visible)
    layers.finish()


def _within(lines: Iterable[Line], mapped: Affine) -> Callable[[float, float], bool]:
    """Whether text that begins at a point of the page is one of these lines."""
    boxes = []
    for line in lines:
        corners = [mapped.at(*corner) for corner in line.polygon]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        # Text begins on its baseline, a little before its ink.
        slack = min(max(xs) - min(xs), max(ys) - min(ys)) / 2
        boxes.append((min(xs) - slack, min(ys) - slack, max(xs) + slack, max(ys) + slack))
    return lambda x, y: any(
        left <= x <= right and bottom <= y <= top for left, bottom, right, top in boxes
    )


def _save(pdf: pikepdf.Pdf, out: Path) -> None:
    try:
        # A trailer that qpdf has put together for a cut-off file lacks it, and would go on to.
        pdf.trailer.Size = pdf.trailer.get("/Size", 0)
        pdf.save(
            out,
            # What was there goes over as it is, and what we add has been compressed. Streams of
            # objects are qpdf's own to write: a file that has such is compressed throughout.
            compress_streams=pdf.trailer.get("/Type") == pikepdf.Name.XRef,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.preserve,
            deterministic_id=True,
        )
    except DAMAGE as wrong:
        raise too_damaged() from wrong
