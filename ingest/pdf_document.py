"""PDF pages through PDFium."""

import ctypes
from pathlib import Path

import pypdfium2
import pypdfium2.raw
from PIL import Image

from contracts.errors import DocumentRejected, PageUnreadable
from ingest.embedded_scan import embedded_scan
from ingest.page_image import PageImage, check_pixels, encode, flatten
from ingest.pdf_password import open_pdf
from ingest.stream_dictionary import StreamDictionaries

_POINTS_PER_INCH = 72.0


class PdfDocument:
    """An open PDF. PDFium is not thread-safe: one document, one process."""

    def __init__(self, path: Path, *, dpi: int, password: str | None = None) -> None:
        """Raises: DocumentRejected if it is damaged or has no pages, or needs another password."""
        self._dpi = dpi
        self._pdf = open_pdf(path, password)
        self._dictionaries = StreamDictionaries(path)
        self.page_count: int = len(self._pdf)
        if self.page_count == 0:
            raise DocumentRejected(
                "the PDF has no pages; it may be cut off, get a complete copy of it"
            )

    def render(self, page_index: int) -> PageImage:
        """The page at the document's dpi; a scan as it is. Raises: PageUnreadable."""
        try:
            page = self._pdf[page_index]
        except pypdfium2.PdfiumError as wrong:
            raise PageUnreadable(
                f"page {page_index + 1} is damaged and cannot be opened; "
                "repair the PDF (qpdf in.pdf out.pdf) and submit it again"
            ) from wrong
        try:
            scan = embedded_scan(page, dpi=self._dpi, dictionaries=self._dictionaries)
            if scan is not None:
                return scan
            scale = self._dpi / _POINTS_PER_INCH
            width_pt, height_pt = page.get_size()
            check_pixels(
                page_index=page_index,
                width_px=int(width_pt * scale),
                height_px=int(height_pt * scale),
            )
            # In Pillow's order of channels: no copy of the pixels is made.
            bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
        except (pypdfium2.PdfiumError, ctypes.ArgumentError, MemoryError) as wrong:
            raise PageUnreadable(
                f"page {page_index + 1} cannot be rendered at {self._dpi} dpi; "
                "try a lower dpi, or leave it out with --pages"
            ) from wrong
        finally:
            page.close()
        try:
            image: Image.Image = bitmap.to_pil()
            return encode(flatten(image), dpi=self._dpi)
        finally:
            bitmap.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._dictionaries.close()
        self._pdf.close()
