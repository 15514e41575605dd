"""PDF pages through PDFium."""

import contextlib
import ctypes
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw
from PIL import Image

from contracts.errors import DocumentRejected, PageUnreadable
from ingest.blank_images import is_even, shows_nothing
from ingest.digital_page import examine, text_only
from ingest.embedded_scan import embedded_scan
from ingest.finished_page import FinishedPage
from ingest.form_fields import with_fields_drawn
from ingest.page_encoding import encode, flatten
from ingest.page_frame import PageFrame
from ingest.page_image import PageImage, check_pixels
from ingest.page_objects import objects_of
from ingest.pdf_password import open_pdf
from ingest.stream_dictionary import StreamDictionaries

if TYPE_CHECKING:
    from contracts.job_options import Mode
    from contracts.pages import Line

_POINTS_PER_INCH = 72.0
# Such a form's pages are made by the program that shows it; those in the file ask for patience.
_IS_A_SHELL = (
    "the PDF is a dynamic XFA form, of which this page shows nothing; open it in Adobe Reader, "
    "print it to a PDF, and submit that"
)


class PdfDocument:
    """An open PDF. PDFium is not thread-safe: one document, one process."""

    def __init__(self, path: Path, *, dpi: int, password: str | None = None) -> None:
        """Raises: DocumentRejected if it is damaged or has no pages, or needs another password."""
        self._dpi = dpi
        self._pdf = open_pdf(path, password)
        # Without it fields show nothing that has no appearance of its own yet.
        with contextlib.suppress(pypdfium2.PdfiumError):
            self._pdf.init_forms()
        is_shell = pypdfium2.raw.FPDF_GetFormType(self._pdf) == pypdfium2.raw.FORMTYPE_XFA_FULL
        self._lacks = _IS_A_SHELL if is_shell else None
        self._open: tuple[int, pypdfium2.PdfPage] | None = None
        self._dictionaries = StreamDictionaries(path)
        self.page_count: int = len(self._pdf)
        if self.page_count == 0:
            raise DocumentRejected(
                "the PDF has no pages; it may be cut off, get a complete copy of it"
            )

    def told(self, page_index: int, *, mode: "Mode") -> "FinishedPage | tuple[Line, ...]":
        """The page by its text layer (ingest.digital_page). Raises: PageUnreadable."""
        page = self._page(page_index)
        try:
            if mode == "text":
                examined = text_only(page, dpi=self._dpi)
            else:
                self._check_size(page, page_index)
                examined = examine(page, dpi=self._dpi)
            if examined.choice == "ocr":
                return ()
            if examined.choice == "both":
                return examined.lines
            frame = PageFrame.of(page, scale=self._dpi / _POINTS_PER_INCH)
        except (pypdfium2.PdfiumError, ctypes.ArgumentError, MemoryError) as wrong:
            self._let_go()
            raise self._cannot_render(page_index) from wrong
        except (PageUnreadable, ImportError):
            self._let_go()
            raise
        except Exception as wrong:  # boxes that are no numbers, and whatever else is made up
            if mode == "auto":
                return ()  # such a layer cannot be trusted
            self._let_go()
            raise PageUnreadable(
                f"page {page_index + 1} has a text layer that cannot be made sense of "
                f"({type(wrong).__name__}); submit it with mode ocr"
            ) from wrong
        self._let_go()
        return FinishedPage(
            source="blank" if examined.choice == "blank" else "text_layer",
            width_px=frame.width_px,
            height_px=frame.height_px,
            dpi=self._dpi,
            lines=examined.lines,
            error=self._lacks,
        )

    def render(self, page_index: int) -> PageImage:
        """The page at the document's dpi, with what is filled into its fields; a scan as it is.
        Raises: PageUnreadable."""
        page = self._page(page_index)
        try:
            scan = embedded_scan(page, dpi=self._dpi, dictionaries=self._dictionaries)
            if scan is not None:
                return scan
            self._check_size(page, page_index)
            is_scan = bool(objects_of(page).pictures)
            if is_scan:
                # Before the page's pixels are there: without room for it, NumPy's import hangs.
                import ingest.blank_pages  # noqa: F401, PLC0415
            # In Pillow's order of channels: no copy of the pixels is made.
            bitmap = page.render(scale=self._dpi / _POINTS_PER_INCH, rev_byteorder=True)
        except (pypdfium2.PdfiumError, ctypes.ArgumentError, MemoryError) as wrong:
            raise self._cannot_render(page_index) from wrong
        finally:
            self._let_go()
        try:
            image: Image.Image = flatten(bitmap.to_pil())
            # Before it is encoded: afterwards it would have to be decoded again.
            # Dust and shadows come with scans only; what a program has drawn is meant to be seen.
            blank = shows_nothing(image, dpi=self._dpi) if is_scan else is_even(image)
            return replace(encode(image, dpi=self._dpi), blank=blank)
        finally:
            bitmap.close()

    def _page(self, page_index: int) -> pypdfium2.PdfPage:
        """The page, opened once for `told` and `render`. Raises: PageUnreadable."""
        if self._open is not None and self._open[0] == page_index:
            return self._open[1]
        self._let_go()
        try:
            page = with_fields_drawn(self._pdf, page_index)
        except pypdfium2.PdfiumError as wrong:
            raise PageUnreadable(
                f"page {page_index + 1} is damaged and cannot be opened; "
                "repair the PDF (qpdf in.pdf out.pdf) and submit it again"
            ) from wrong
        self._open = (page_index, page)
        return page

    def _let_go(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _check_size(self, page: pypdfium2.PdfPage, page_index: int) -> None:
        scale = self._dpi / _POINTS_PER_INCH
        width_pt, height_pt = page.get_size()
        check_pixels(
            page_index=page_index, width_px=int(width_pt * scale), height_px=int(height_pt * scale)
        )

    def _cannot_render(self, page_index: int) -> PageUnreadable:
        return PageUnreadable(
            f"page {page_index + 1} cannot be rendered at {self._dpi} dpi; "
            "try a lower dpi, or leave it out with --pages"
        )

    def close(self) -> None:
        """Lets go of the file."""
        self._let_go()
        self._dictionaries.close()
        self._pdf.close()
