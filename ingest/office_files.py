"""Files that are ZIPs, and something else as well: office documents, books, programs."""

import zipfile
from typing import Final

_BY_MIMETYPE: Final = {
    b"application/epub+zip": "a book (EPUB)",
    b"application/vnd.oasis.opendocument.": "an office document (OpenDocument)",
    b"application/vnd.sun.xml.": "an office document (StarOffice)",
}
_BY_MEMBER: Final = {
    "[Content_Types].xml": "an office document (Word, Excel, PowerPoint)",
    "Index/Document.iwa": "an office document (Pages, Numbers, Keynote)",
    "Index.zip": "an office document (Pages, Numbers, Keynote)",
    "META-INF/container.xml": "a book (EPUB)",
    "FixedDocSeq.fdseq": "an office document (XPS)",
}
_MIMETYPE_BYTES: Final = 100


def office_file(archive: zipfile.ZipFile) -> str | None:
    """What to say of a ZIP that is such a file; None for a ZIP of somebody's files."""
    names = {info.filename for info in archive.infolist()}
    what = next((what for member, what in _BY_MEMBER.items() if member in names), None)
    if "mimetype" in names:
        try:
            with archive.open("mimetype") as member:
                told = member.read(_MIMETYPE_BYTES)
        except Exception:  # broken: then it is none of these
            told = b""
        what = next((each for mark, each in _BY_MIMETYPE.items() if told.startswith(mark)), what)
    return None if what is None else f"the file is {what}; export it as PDF and submit that"
