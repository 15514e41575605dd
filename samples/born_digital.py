"""Writes a small PDF with real text in Helvetica: the same bytes at every run."""

from collections.abc import Sequence
from typing import Final

# A4, in points of 1/72 inch; the origin is at the bottom left.
_WIDTH_PT: Final = 595
_HEIGHT_PT: Final = 842
_LEFT_PT: Final = 72
_TOP_PT: Final = 770


def text_pdf(pages: Sequence[Sequence[str]], *, headings: frozenset[str]) -> bytes:
    """One PDF page a sequence of ASCII lines; lines in `headings` are bold and larger."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        drawing = _drawing(lines, headings)
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH_PT} {_HEIGHT_PT}] "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            f"/Contents {6 + 2 * number} 0 R >>",
            f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        ]
    return pdf_of_objects(objects)


def _drawing(lines: Sequence[str], headings: frozenset[str]) -> str:
    commands = []
    height_pt = _TOP_PT
    for line in lines:
        font, size_pt = ("F2", 16) if line in headings else ("F1", 12)
        height_pt -= 34 if line in headings else 18
        escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        commands.append(f"BT /{font} {size_pt} Tf {_LEFT_PT} {height_pt} Td ({escaped}) Tj ET")
    return "\n".join(commands)


def pdf_of_objects(objects: Sequence[str]) -> bytes:
    """The PDF of these objects, the first of which is the catalogue."""
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return body + (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("ascii")
