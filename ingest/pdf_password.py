"""Opening a PDF, with a password where it asks for one."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import pypdfium2
import pypdfium2.raw as pdfium

from contracts.errors import DocumentLocked, DocumentRejected

_FORMS: Final[tuple[Literal["NFC", "NFKC", "NFD"], ...]] = ("NFC", "NFKC", "NFD")
# Where PDFDocEncoding has characters that Latin-1 has not, from 0x80 on (ISO 32000-1, D.3); each
# becomes the Latin-1 character of the same byte.
_OF_PDF_DOC: Final = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"  # noqa: RUF001 - that is what they are
_EURO: Final = {ord("€"): 0xA0}
_AS_LATIN_1: Final = {ord(each): 0x80 + at for at, each in enumerate(_OF_PDF_DOC)} | _EURO
_MISSING: Final = (
    "the PDF is encrypted and needs a password; submit it again with it (docr --password; "
    "over HTTP field 'password' of the form, or header Ocr-Password; that header at "
    "ocr.jobs.submit), or without encryption (qpdf --decrypt --password=... in.pdf out.pdf)"
)
_WRONG: Final = (
    "the PDF is encrypted, and the password that came with it is not its password; check its "
    "spelling (capitals count) and submit it again"
)
_DAMAGED: Final = (
    "the PDF is damaged or cut off and cannot be opened; "
    "get a complete copy, or repair it (qpdf in.pdf out.pdf)"
)
_UNKNOWN_KIND: Final = (
    "the PDF is protected in a way that cannot be opened here (not by a password); export it "
    "without its protection and submit that"
)


def open_pdf(path: Path, password: str | None) -> pypdfium2.PdfDocument:
    """Raises: DocumentRejected; DocumentLocked, with one sentence for a password that is missing
    and another for one that is wrong."""
    for candidate in (None, *_spellings(password)):
        try:
            return pypdfium2.PdfDocument(path, password=candidate)
        except pypdfium2.PdfiumError:
            error = pdfium.FPDF_GetLastError()
        if error == pdfium.FPDF_ERR_SECURITY:
            raise DocumentRejected(_UNKNOWN_KIND)
        if error != pdfium.FPDF_ERR_PASSWORD:
            raise DocumentRejected(_DAMAGED)
    raise DocumentLocked(_MISSING if not password else _WRONG)


def _spellings(password: str | None) -> Iterator[str]:
    """The password as given, and as a program may have written it that encrypted the PDF: an
    accent is one character or two, and old encryption knows bytes only, of PDFDocEncoding or
    Latin-1. PDFium tries UTF-8 and Latin-1 of each by itself."""
    if not password or "\0" in password:
        return
    told: set[str] = set()
    forms = (password, *(unicodedata.normalize(form, password) for form in _FORMS))
    for candidate in (*forms, *(form.translate(_AS_LATIN_1) for form in forms)):
        if candidate not in told:
            told.add(candidate)
            yield candidate
