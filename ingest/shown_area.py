"""What of a page is shown where its boxes contradict each other."""

import pypdfium2
import pypdfium2.raw as pdfium


def with_area(pdf: pypdfium2.PdfDocument, page_index: int) -> pypdfium2.PdfPage:
    """The page; without its crop box, in memory only, if that lies beside the paper, where PDFium
    shows nothing and viewers show the paper. Raises: PdfiumError."""
    page = pdf[page_index]
    if min(page.get_size()) > 0.0:
        return page
    pdfium.FPDFPage_SetCropBox(page, *page.get_mediabox())
    page.close()
    return pdf[page_index]
