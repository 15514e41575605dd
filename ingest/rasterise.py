"""A document into page images, one page at a time. Runs in a guarded child: files are hostile."""

from pathlib import Path
from typing import Final, Protocol

from contracts.errors import DocumentRejected
from contracts.job_options import Mode
from contracts.pages import Line
from ingest.finished_page import FinishedPage
from ingest.page_image import PageImage

_SUPPORTED: Final = "PDF, PNG, JPEG, TIFF, WebP, BMP or GIF"
# Readers look for the header in the first 1024 bytes, and so do files that start with junk.
_PDF_HEADER_WITHIN: Final = 1024


class Document(Protocol):
    """An open document."""

    @property
    def page_count(self) -> int: ...

    def render(self, page_index: int) -> PageImage:
        """The page's image; `page_index` from 0. Raises: PageUnreadable."""
        ...

    def told(self, page_index: int, *, mode: Mode) -> FinishedPage | tuple[Line, ...]:
        """What the page tells without being read: all of it, or lines that can be trusted beside
        which its image is to be read; none for a plain image. Raises: PageUnreadable."""
        ...

    def close(self) -> None:
        """Lets go of the file."""
        ...


def open_document(path: Path, *, dpi: int) -> Document:
    """Opens a PDF or an image, by its content, whatever its name is.

    `dpi`: PDF pages are rendered at it; images without a resolution of their own are taken for it.
    Raises: DocumentRejected.
    """
    if path.stat().st_size == 0:
        raise DocumentRejected("the file is empty (0 bytes); check how it was saved or uploaded")
    with path.open("rb") as file:
        head = file.read(_PDF_HEADER_WITHIN)
    if b"%PDF-" in head:
        from ingest.pdf_document import PdfDocument  # noqa: PLC0415 - PDFium only where needed

        return PdfDocument(path, dpi=dpi)
    from ingest.image_document import ImageDocument  # noqa: PLC0415

    return ImageDocument(path, dpi=dpi, supported=_SUPPORTED)
