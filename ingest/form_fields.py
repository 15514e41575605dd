"""What is filled into forms, and written on a page as a note, is part of what the page shows."""

from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.shown_area import with_area

# Nothing of these is drawn, or nothing that can be read.
_SHOW_NO_TEXT: Final = {
    pdfium.FPDF_ANNOT_LINK,
    pdfium.FPDF_ANNOT_POPUP,
    pdfium.FPDF_ANNOT_HIGHLIGHT,
    pdfium.FPDF_ANNOT_UNDERLINE,
    pdfium.FPDF_ANNOT_SQUIGGLY,
    pdfium.FPDF_ANNOT_STRIKEOUT,
}
# Beyond that a page is no form; what is left is drawn into its image all the same.
_MOST_ANNOTATIONS: Final = 2_000


def with_fields_drawn(pdf: pypdfium2.PdfDocument, page_index: int) -> pypdfium2.PdfPage:
    """The page with its fields and notes as part of its contents, in memory only, so that their
    text is text of the page. Raises: PdfiumError."""
    page = with_area(pdf, page_index)
    if not _shows_annotations(page) or (
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS
    ):
        return page
    page.close()
    return pdf[page_index]


def _shows_annotations(page: pypdfium2.PdfPage) -> bool:
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if kind not in _SHOW_NO_TEXT:
            return True
    return False
