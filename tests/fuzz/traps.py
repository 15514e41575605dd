"""Documents that are made to take time, memory or files: small, and each with one trick."""

import io
import struct
from collections.abc import Mapping
from typing import Final

_CATALOG: Final = b"<< /Type /Catalog /Pages 2 0 R >>"
_PAGES: Final = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"


def pdf_of(objects: Mapping[int, bytes], *, root: str = "/Root 1 0 R") -> bytes:
    """A PDF of these objects by number; catalog 1, pages 2 are there if they are not given."""
    every = {1: _CATALOG, 2: _PAGES, **objects}
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    offsets = {}
    for number, content in sorted(every.items()):
        offsets[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table, size = out.tell(), max(every) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    for number in range(1, size):
        known = number in offsets
        out.write(b"%010d 00000 %c \n" % (offsets.get(number, 0), b"n"[0] if known else b"f"[0]))
    out.write(f"trailer\n<< /Size {size} {root} >>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def stream(content: bytes, entries: str = "") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries.encode(), content)


def page(resources: str = "", more: str = "/MediaBox [0 0 595 842]") -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R {more} /Contents 4 0 R /Resources << {resources} >> >>"
    ).encode()


def image_of(entries: str, data: bytes) -> bytes:
    return pdf_of({
        3: page("/XObject << /Im 5 0 R >>"),
        4: stream(b"q 500 0 0 500 40 40 cm /Im Do Q"),
        5: stream(data, f"/Type /XObject /Subtype /Image {entries}"),
    })  # fmt: skip


def _forms(levels: int, each: int) -> bytes:
    """Each form draws the next one `each` times: each ** levels drawings."""
    objects = {
        3: page("/XObject << /F 5 0 R >>"),
        4: stream(b"/F Do"),
    }
    for level in range(levels):
        last = level == levels - 1
        drawing = b"0 0 9 9 re f" if last else b"/F Do " * each
        objects[5 + level] = stream(
            drawing,
            "/Type /XObject /Subtype /Form /BBox [0 0 595 842] "
            f"/Resources << /XObject << /F {6 + level} 0 R >> >>",
        )
    return pdf_of(objects)


def tiling(step: str) -> bytes:
    return pdf_of({
        3: page("/Pattern << /P 5 0 R >>"),
        4: stream(b"/Pattern cs /P scn 0 0 595 842 re f"),
        5: stream(
            b"0 0 1 1 re f" * 50,
            f"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 2 2] "
            f"/XStep {step} /YStep {step} /Resources << >>",
        ),
    })  # fmt: skip


def _type_3() -> bytes:
    """A glyph that shows text in its own font."""
    return pdf_of({
        3: page("/Font << /T 5 0 R >>"),
        4: stream(b"BT /T 20 Tf 50 700 Td (aaaaaaaaaa) Tj ET"),
        5: b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [.001 0 0 .001 0 "
        b"0] /CharProcs << /a 6 0 R >> /Encoding << /Differences [97 /a] >> /FirstChar 97 "
        b"/LastChar 97 /Widths [1000] /Resources << /Font << /T 5 0 R >> >> >>",
        6: stream(b"1000 0 d0 BT /T 900 Tf (aaaaaaaaaa) Tj ET"),
    })  # fmt: skip


def traps() -> dict[str, bytes]:
    """Name -> file."""
    plain = {3: page(), 4: stream(b"0 0 100 100 re f")}
    return {
        "pages that are their own parent": pdf_of({
            **plain, 2: b"<< /Type /Pages /Count 99 /Kids [2 0 R 2 0 R 3 0 R] >>",
        }),
        "two thousand million pages": pdf_of({
            **plain, 2: b"<< /Type /Pages /Count 2147483647 /Kids [3 0 R] >>",
        }),
        "a negative count": pdf_of({**plain, 2: b"<< /Type /Pages /Count -5 /Kids [3 0 R] >>"}),
        "pages in a chain of 20,000": pdf_of({
            3: page(), 4: stream(b""),
            2: b"<< /Type /Pages /Count 1 /Kids [10 0 R] >>",
            **{n: b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (n + 1)
               for n in range(10, 20_010)},
            20_010: page(),
        }),
        "arrays 200,000 deep": pdf_of({**plain, 5: b"[" * 200_000 + b"]" * 200_000}, root=(
            "/Root 1 0 R /Info 5 0 R")),
        "dictionaries 50,000 deep on a page": pdf_of({
            **plain, 3: page("/A " + "<< /A " * 50_000 + ">> " * 50_000),
        }),
        "a page of the size of a town": pdf_of({
            **plain, 3: page(more="/MediaBox [0 0 1000000000 1000000000]"),
        }),
        "a page whose size is no number": pdf_of({
            **plain, 3: page(more="/MediaBox [0 0 1e999 nan]"),
        }),
        "a unit of a mile": pdf_of({
            **plain, 3: page(more="/MediaBox [0 0 595 842] /UserUnit 1000000"),
        }),
        "an image of 60,000 x 60,000 that is not there": image_of(
            "/Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8", b"x"),
        "an image of 2^31 columns": image_of(
            "/Width 2147483647 /Height 2 /ColorSpace /DeviceRGB /BitsPerComponent 8", b"x"),
        "JPEG 2000 of 60,000 x 60,000": image_of(
            "/Width 100 /Height 100 /Filter /JPXDecode",
            bytes.fromhex("ff4fff51002f0000") + struct.pack(">8I", *(60000, 60000, 0, 0) * 2)
            + bytes.fromhex("0003070101070101070101ff52000c00000001000504040001ff5c00134040484850"
                            "4848504848504848504848504850ff90000a0000000000000001ff93ffd9")),
        "forms that draw themselves": _forms(3, 1).replace(b"/F 7 0 R", b"/F 5 0 R"),
        "ten forms to the power of nine": _forms(9, 10),
        "a pattern without a step": tiling("0"),
        "a glyph that shows itself": _type_3(),
        "a soft mask of itself": pdf_of({
            3: page("/ExtGState << /G 6 0 R >>"),
            4: stream(b"/G gs 0 0 500 500 re f"),
            5: stream(b"/G gs 0 0 9 9 re f", "/Type /XObject /Subtype /Form /BBox [0 0 600 842] "
                      "/Group << /S /Transparency >> /Resources << /ExtGState << /G 6 0 R >> >>"),
            6: b"<< /SMask << /S /Luminosity /G 5 0 R >> >>",
        }),
        "a function of functions": pdf_of({
            3: page("/Shading << /S 5 0 R >>"), 4: stream(b"/S sh"),
            5: b"<< /ShadingType 1 /ColorSpace /DeviceGray /Domain [0 99 0 99] /Function 6 0 R >>",
            6: b"<< /FunctionType 3 /Domain [0 1] /Functions [6 0 R 6 0 R] /Bounds [0.5] /Encode "
               b"[0 1 0 1] >>",
        }),
        "a mesh of nothing": pdf_of({
            3: page("/Shading << /S 5 0 R >>"), 4: stream(b"/S sh"),
            5: stream(bytes(200_000), "/ShadingType 7 /ColorSpace /DeviceRGB /BitsPerCoordinate 1 "
                      "/BitsPerComponent 1 /BitsPerFlag 2 /Decode [0 595 0 842 0 1 0 1 0 1]"),
        }),
        "dashes thinner than ink": pdf_of({
            3: page(), 4: stream(b"[.0000001 .0000001] 0 d 0 0 m 999999999 999999999 l S"),
        }),
        "content in a file beside": pdf_of({
            3: page(), 4: b"<< /Length 0 /F (/etc/passwd) >>\nstream\n\nendstream",
        }),
        "an image in a file beside": image_of(
            "/Width 9 /Height 9 /ColorSpace /DeviceGray /BitsPerComponent 8 /F << /Type /Filespec "
            "/F (/etc/passwd) >>", b""),
        "a form by XFA, with a script": pdf_of({
            **plain, 1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while"
            b"\\(1\\){}) >> /AcroForm << /XFA 5 0 R /Fields [] >> >>",
            5: stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template><subform/>"
                      b"</template></xdp:xdp>"),
        }),
        "an xref that is its own predecessor": pdf_of(plain, root="/Root 1 0 R /Prev 9"),
        "objects in an object of themselves": pdf_of({
            **plain, 5: stream(b"5 0 6 5 ", "/Type /ObjStm /N 2 /First 8 /Extends 5 0 R"),
        }),
        "a TIFF whose directory goes round": (
            b"II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x05\0\0\0\x08\0\0\0"
        ),
    }  # fmt: skip
