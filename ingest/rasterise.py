"""A document into page images, one page at a time. Runs in a guarded child: files are hostile."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from contracts.errors import DocumentRejected
from ingest.document_kind import HEAD_BYTES, kind_of
from ingest.finished_page import FinishedPage
from ingest.page_image import PageImage

if TYPE_CHECKING:
    from contracts.job_options import Mode
    from contracts.pages import Line


class Document(Protocol):
    """An open document."""

    @property
    def page_count(self) -> int: ...

    def render(self, page_index: int) -> PageImage:
        """The page's image; `page_index` from 0. Raises: PageUnreadable."""
        ...

    def told(self, page_index: int, *, mode: "Mode") -> "FinishedPage | tuple[Line, ...]":
        """What the page tells without being read: all of it, or lines that can be trusted beside
        which its image is to be read; none for a plain image. Raises: PageUnreadable."""
        ...

    def close(self) -> None:
        """Lets go of the file."""
        ...


def open_document(path: Path, *, dpi: int, password: str | None = None) -> Document:
    """Opens a PDF or an image, by its content, whatever its name is.

    `dpi`: PDF pages are rendered at it; images without a resolution of their own are taken for it.
    `password` opens a PDF that asks for one. Raises: DocumentRejected, also for a ZIP: its
    documents are opened one by one (ingest.zip_document).
    """
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if kind == "zip":
        raise DocumentRejected(
            "a ZIP inside of a ZIP is not opened; put its files into the outer one"
        )
    if kind == "pdf":
        from ingest.pdf_document import PdfDocument  # noqa: PLC0415 - PDFium only where needed

        return PdfDocument(path, dpi=dpi, password=password)
    from ingest.image_document import ImageDocument  # noqa: PLC0415

    return ImageDocument(path, dpi=dpi)
