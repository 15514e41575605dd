"""Writing PDFs to measure with."""

import io
from collections.abc import Iterable, Sequence
from typing import Final

from PIL import Image

POINTS_PER_INCH: Final = 72
_A4_PT: Final = (595, 842)


def scanned_pdf(scans: Iterable[bytes], *, dpi: int) -> bytes:
    """A PDF of which each page is one JPEG, from edge to edge, at that resolution."""
    pages = []
    for scan in scans:
        with Image.open(io.BytesIO(scan)) as image:
            (width_px, height_px), grey = image.size, image.mode == "L"
        size_pt = (width_px * POINTS_PER_INCH / dpi, height_px * POINTS_PER_INCH / dpi)
        content = f"q {size_pt[0]:.3f} 0 0 {size_pt[1]:.3f} 0 0 cm /Im Do Q".encode()
        image_object = (
            f"<< /Type /XObject /Subtype /Image /Width {width_px} /Height {height_px} /ColorSpace "
            f"/{'DeviceGray' if grey else 'DeviceRGB'} /BitsPerComponent 8 /Filter /DCTDecode "
            f"/Length {len(scan)} >>\nstream\n".encode()
            + scan
            + b"\nendstream"
        )
        pages.append((size_pt, content, "XObject", "Im", image_object))
    return _pdf(pages)


def text_pdf(pages: Iterable[Iterable[str]]) -> bytes:
    """A born-digital PDF, A4: one page for each sequence of ASCII lines."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    drawn = []
    for lines in pages:
        content = "\n".join(
            f"BT /F1 11 Tf 60 {_A4_PT[1] - 60 - 15 * row} Td ({line}) Tj ET"
            for row, line in enumerate(lines)
        )
        drawn.append((_A4_PT, content.encode("ascii"), "Font", "F1", font))
    return _pdf(drawn)


def _pdf(pages: Sequence[tuple[tuple[float, float], bytes, str, str, bytes]]) -> bytes:
    """`pages`: size in pt, drawing, and the one resource of the page: its kind, name and object."""
    kids = " ".join(f"{3 + 3 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
    ]
    for number, (size_pt, drawing, kind, name, resource) in enumerate(pages):
        first = 3 + 3 * number
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size_pt[0]:.3f} {size_pt[1]:.3f}] "
            f"/Resources << /{kind} << /{name} {first + 2} 0 R >> >> "
            f"/Contents {first + 1} 0 R >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
            resource,
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
