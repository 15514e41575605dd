"""What a file is, by its first bytes: its name, and what a sender says of it, are no evidence."""

from typing import Final, Literal

from contracts.errors import DocumentRejected

Kind = Literal["pdf", "zip", "image"]

# Enough for every mark below; a PDF's may stand anywhere in the first 1024 bytes, behind junk.
HEAD_BYTES: Final = 1024
SUPPORTED: Final = "PDF, PNG, JPEG, TIFF, WebP, BMP, GIF, JPEG 2000, AVIF or HEIC, or a ZIP of them"

# What Pillow may take a file for: decoders of nothing else are ever tried (its list holds some that
# start other programs, as PostScript's does). HEIF is there only with the extra `heic`.
IMAGE_FORMATS: Final = (
    "PNG", "JPEG", "TIFF", "WEBP", "BMP", "DIB", "GIF", "JPEG2000", "AVIF", "PPM",
)  # fmt: skip
_IMAGE_MARKS: Final = (
    b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"GIF8",
    b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ", b"P1", b"P2", b"P3", b"P4", b"P5", b"P6",
)  # fmt: skip
# Kinds of image of which a file holds one page, whatever else is in it.
_ONE_PAGE: Final = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"\xff\x4f\xff\x51", b"RIFF")
# An empty ZIP, and one that was written in several pieces, begin in ways of their own.
_ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})

# What people hand in by mistake, and what they can do about it.
_AS_PDF: Final = "export it as PDF and submit that"
_OTHERS: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"an office document (Word, Excel); {_AS_PDF}"),
    (b"{\\rtf", f"an office document (RTF); {_AS_PDF}"),
    (b"%!PS", f"PostScript; {_AS_PDF} (ps2pdf does it)"),
    (b"\xc5\xd0\xd3\xc6", f"PostScript; {_AS_PDF} (ps2pdf does it)"),
    (b"AT&TFORM", f"DjVu; {_AS_PDF} (ddjvu -format=pdf does it)"),
    (b"8BPS", "a Photoshop file; export it as PNG and submit that"),
    (b"\0\0\1\0", "an icon; export it as PNG and submit that"),
    (b"\xff\x0a", "JPEG XL; export it as PNG or JPEG and submit that"),
    (b"\0\0\0\x0cJXL ", "JPEG XL; export it as PNG or JPEG and submit that"),
    (b"\x97JB2", f"JBIG2; {_AS_PDF}"),
    (b"Rar!", "a RAR archive; make a ZIP of the files in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; make a ZIP of the files in it"),
    (b"\x1f\x8b", "compressed with gzip; unpack it and submit what is in it, or make a ZIP of it"),
    (b"BZh", "compressed with bzip2; unpack it and submit what is in it, or make a ZIP of it"),
    (b"\xfd7zXZ", "compressed with xz; unpack it and submit what is in it, or make a ZIP of it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it and submit what is in it"),
    (b"<?xml", f"XML; if it is a drawing or a text, {_AS_PDF}"),
    (b"<svg", f"a drawing (SVG); {_AS_PDF}"),
    (b"<!DOCTYPE", f"a web page; {_AS_PDF}"),
    (b"<!doctype", f"a web page; {_AS_PDF}"),
    (b"<html", f"a web page; {_AS_PDF}"),
)  # fmt: skip


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with these up to 1024 bytes; `image` in doubt, since image
    decoders know best. Raises: DocumentRejected for what is known not to be one."""
    if not head:
        raise DocumentRejected("the file is empty (0 bytes); check how it was saved or uploaded")
    # Before the PDF: a ZIP, or a note in an image, may hold the mark of one.
    if head.startswith(_ZIP_MARKS):
        return "zip"
    if head.startswith(_IMAGE_MARKS):
        return "image"
    if b"%PDF-" in head:
        return "pdf"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, what in _OTHERS:
        if head.startswith(mark) or text.startswith(mark):
            raise DocumentRejected(f"the file is {what}")
    if head[257:262] == b"ustar":
        raise DocumentRejected("the file is a tar archive; make a ZIP of the files in it")
    return "image"


def is_heic(head: bytes) -> bool:
    """Whether the file is HEIC: what a container of this kind is good for, its brands say."""
    brands = _brands(head)
    return bool(brands & _HEIC_BRANDS) and not brands & _AVIF_BRANDS


def _brands(head: bytes) -> set[bytes]:
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[at : at + 4] for at in (8, *range(16, end - 3, 4))}


def is_image(head: bytes) -> bool:
    """Whether the file begins as an image of a kind that is read, whatever follows."""
    marked = head.startswith(_IMAGE_MARKS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return marked or bool(_brands(head) & _AVIF_BRANDS)


def has_one_page(head: bytes) -> bool:
    """Whether a file is of a kind that has one page, so that nobody need open it to count."""
    return head.startswith(_ONE_PAGE) or head[4:8] == b"ftyp"


def declared_bytes(head: bytes) -> int:
    """The least size of a file by what it says itself, 0 if its kind tells none. A smaller file is
    cut off."""
    if head.startswith(b"RIFF"):
        return int.from_bytes(head[4:8], "little") + 8
    if head.startswith(b"BM"):
        return int.from_bytes(head[2:6], "little")
    if head.startswith((b"II*\0", b"MM\0*")):
        # Where its directory stands, which is often behind all else.
        return int.from_bytes(head[4:8], "little" if head.startswith(b"II") else "big") + 2
    return 0
