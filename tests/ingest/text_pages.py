"""Pages with text layers of all kinds, one a PDF, A4."""

from pathlib import Path
from typing import Any

from PIL import Image

from contracts.job_options import Mode
from contracts.pages import PageSucceeded
from ingest.page_image import PageImage
from ingest.page_taking import take_page
from ingest.pdf_document import PdfDocument
from samples.born_digital import pdf_of_objects
from tests.documents import encoded, picture
from tests.scanned_pdf import pdf_of_scan

PARAGRAPH = (
    "The harbour office keeps a book of all ships",
    "that come in at night and of the goods they",
    "carry. It is read again every morning before",
    "the gates are opened, and signed by two men.",
)


def words(*lines: str, x: int = 72, y: int = 760, size: int = 12, how: str = "") -> str:
    """Operators that show lines below each other; `how`: operators before them."""
    shown = [f"BT {how} /F1 {size} Tf {x} {y - 18 * row} Td ({line}) Tj ET"
             for row, line in enumerate(lines)]  # fmt: skip
    return "\n".join([*shown, ""])


def page(content: str, *, shown: Image.Image | None = None, **more: Any) -> bytes:
    """A page of these operators; `/Im Do` shows the picture, in colour."""
    image = shown if shown is not None else picture("gone")
    return pdf_of_scan(
        encoded(image, "JPEG", quality=90),
        image="/ColorSpace /DeviceRGB",
        content=content,
        **more,
    )


def taken(
    folder: Path, content: bytes, *, mode: Mode = "auto", dpi: int = 200
) -> PageImage | PageSucceeded:
    """What ingest makes of the first page."""
    path = folder / "page.pdf"
    path.write_bytes(content)
    document = PdfDocument(path, dpi=dpi)
    try:
        return take_page(document, 0, mode=mode)
    finally:
        document.close()


def told(folder: Path, content: bytes, *, mode: Mode = "auto") -> PageSucceeded:
    """The page's result, which needs no node."""
    result = taken(folder, content, mode=mode)
    assert isinstance(result, PageSucceeded)
    return result


def form(value: str) -> bytes:
    """A form with one field that is filled in, of which nobody has drawn what it looks like."""
    return pdf_of_objects(
        [
            "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /NeedAppearances true "
            "/DR << /Font << /F1 6 0 R >> >> /DA (/F1 12 Tf 0 g) >> >>",
            "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            "/Resources << /Font << /F1 6 0 R >> >> /Annots [5 0 R] >>",
            "<< /Length 45 >>\nstream\nBT /F1 12 Tf 72 700 Td (Name of guest:) Tj ET \nendstream",
            f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V ({value}) /P 3 0 R "
            "/Rect [170 690 400 715] /F 4 /DA (/F1 12 Tf 0 g) >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
    )
