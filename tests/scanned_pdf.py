"""PDFs whose pages are one image each, down to what their dictionaries say."""

import io
from collections.abc import Sequence

from PIL import Image

from tests.documents import encoded


def scan(
    size: tuple[int, int] = (827, 1169), *, mode: str = "L", shade: int = 200, **options: object
) -> bytes:
    """A JPEG of an A4 page at 100 dpi, no two parts of it the same shade."""
    image = Image.new(mode, size, shade if mode == "L" else (shade,) * len(mode))
    image.paste(image.point(lambda value: value // 2), (size[0] // 4, size[1] // 4))
    return encoded(image, "JPEG", quality=90, **options)


def pdf_of_scan(
    jpeg: bytes,
    *,
    image: str = "/ColorSpace /DeviceGray",
    page: str = "",
    resources: str = "",
    content: str = "q 595.44 0 0 841.68 0 0 cm /Im Do Q",
    objects: Sequence[bytes] = (),
) -> bytes:
    """One page, A4, that draws the image. `image`, `page`, `resources`: more entries of
    their dictionaries;
    `objects`: more of them, from number 6 on."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        width_px, height_px = opened.size
    all_objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << "
        f"/XObject << /Im 5 0 R >> /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont "
        f"/Helvetica >> >> {resources} >> {page} >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content.encode()),
        f"<< /Type /XObject /Subtype /Image /Width {width_px} /Height {height_px} "
        f"/BitsPerComponent 8 /Filter /DCTDecode {image} /Length {len(jpeg)} >>\nstream\n".encode()
        + jpeg
        + b"\nendstream",
        *objects,
    ]
    out, offsets = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, each in enumerate(all_objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, table)
    )
    return out.getvalue()
