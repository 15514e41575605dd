"""Documents to measure with: PDFs whose pages are scans of a chosen size."""

import io
import random
from collections.abc import Callable, Iterable
from typing import Final

from PIL import Image, ImageDraw, ImageFont

# A4, in points of 1/72 inch.
_WIDTH_PT: Final = 595
_HEIGHT_PT: Final = 842
# The longest comment that a JPEG can carry in one segment, beside its length of 2 bytes.
_COMMENT_BYTES: Final = 65_533


def grey_scan(number: int, *, dpi: int, size_bytes: int = 0) -> bytes:
    """A grey JPEG of an A4 page with a number on it. `size_bytes`: padded to that size by comments,
    which cost what bytes cost on their way, and nothing to decode."""
    width_px, height_px = round(_WIDTH_PT * dpi / 72), round(_HEIGHT_PT * dpi / 72)
    image = Image.new("L", (width_px, height_px), 250)
    text = f"page {number}"
    ImageDraw.Draw(image).text((40, 40), text, font=ImageFont.load_default(40), fill=10)
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=85)
    plain = out.getvalue()
    # Bytes of its own, which nothing on the way could compress or take for another page's.
    noise = random.Random(number)  # noqa: S311 - padding
    padding = b""
    while (missing := size_bytes - len(plain) - len(padding)) > 4:
        length = min(missing - 4, _COMMENT_BYTES)
        padding += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + noise.randbytes(length)
    return plain[:2] + padding + plain[2:]


def scanned_pdf(scans: Iterable[bytes]) -> bytes:
    """A PDF of which each page is one JPEG, from edge to edge."""
    return _pdf([(scan, *_size_of(scan)) for scan in scans])


def text_pdf_of(pages: int, *, lines: Callable[[int], Iterable[str]]) -> bytes:
    """A born-digital PDF, one page a call of `lines`."""
    from samples.born_digital import text_pdf  # noqa: PLC0415

    return text_pdf([list(lines(number)) for number in range(pages)], headings=frozenset())


def _size_of(scan: bytes) -> tuple[int, int, str]:
    with Image.open(io.BytesIO(scan)) as image:
        return (*image.size, "DeviceGray" if image.mode == "L" else "DeviceRGB")


def _pdf(pages: list[tuple[bytes, int, int, str]]) -> bytes:
    drawing = f"q {_WIDTH_PT} 0 0 {_HEIGHT_PT} 0 0 cm /Im Do Q".encode()
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [".encode()
        + " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages))).encode()
        + b"] >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    ]
    for number, (scan, width_px, height_px, space) in enumerate(pages):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH_PT} {_HEIGHT_PT}] /Resources "
            f"<< /XObject << /Im {5 + 2 * number} 0 R >> >> /Contents 3 0 R >>".encode(),
            f"<< /Type /XObject /Subtype /Image /Width {width_px} /Height {height_px} "
            f"/ColorSpace /{space} /BitsPerComponent 8 /Filter /DCTDecode /Length {len(scan)} >>\n"
            "stream\n".encode()
            + scan
            + b"\nendstream",
        ]
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, content in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n" % number + content + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    )
    return out.getvalue()
