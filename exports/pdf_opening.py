"""Opening the document of which a searchable PDF is made."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import pikepdf

from contracts.errors import FormatUnavailable
from exports.pdf_hidden_text import DAMAGE

_FORMS: Final[tuple[Literal["NFC", "NFKC", "NFD"], ...]] = ("NFC", "NFKC", "NFD")
# Of passwords before PDF 2.0, as programs have written them: PDFDocEncoding by the book.
_OLD_ENCODINGS: Final = ("pdfdoc_pikepdf", "latin-1")


def open_document(path: Path, *, password: str | None) -> pikepdf.Pdf:
    """Raises: FormatUnavailable if it is damaged, or encrypted with another password."""
    for candidate in _spellings(password):
        try:
            # Not mapped into memory: that counts as the child's.
            pdf = pikepdf.open(path, password=candidate, access_mode=pikepdf.AccessMode.stream)
            len(pdf.pages)  # a broken tree of pages shows here
        except pikepdf.PasswordError:
            continue
        except DAMAGE as wrong:
            raise too_damaged() from wrong
        return pdf
    key = "came without a password" if password is None else "its password does not open it"
    raise FormatUnavailable(
        f"the PDF is encrypted, and {key}; submit it again with the right one, or without "
        "encryption"
    )


def too_damaged() -> FormatUnavailable:
    """What to say of a document that qpdf cannot read, or cannot write."""
    return FormatUnavailable(
        "the document is too damaged to be written again; ask for another format, such as hocr or "
        "text"
    )


def _spellings(password: str | None) -> Iterator[str | bytes]:
    """None first, for a PDF that asks for one only to be changed; then as ingest tries them
    (ingest.pdf_password). qpdf takes a text for UTF-8."""
    yield ""
    if not password:
        return
    told: set[bytes] = set()
    for text in (password, *(unicodedata.normalize(form, password) for form in _FORMS)):
        for encoding in ("utf-8", *_OLD_ENCODINGS):
            try:
                candidate = text.encode(encoding)
            except UnicodeEncodeError:
                continue
            if candidate not in told:
                told.add(candidate)
                yield candidate
