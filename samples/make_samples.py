"""Makes the sample documents and their true texts: `./dev python samples/make_samples.py`.

The same files at every run, but for the JPEG and PNG encoders of other Pillow releases.
"""

import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

sys.path.insert(0, str(Path(__file__).parent.parent))

from samples import truth
from samples.born_digital import text_pdf
from samples.scan_look import photographed, scanned

_DPI: Final = 200
_A4_PX: Final = (1654, 2339)  # at 200 dpi
_LEFT_PX: Final = 190
_NO_DATE: Final = time.gmtime(0)


def make_samples(folder: Path) -> None:
    """Writes three documents, each with its .txt, into `folder`."""
    pages = [
        scanned(page, skew_degrees=skew, seed=seed)
        for seed, (page, skew) in enumerate(
            ((_letter(), 0.3), (_columns(), -0.4), (_table(), 0.2)), start=1
        )
    ]
    out = io.BytesIO()
    pages[0].save(
        out,
        format="PDF",
        save_all=True,
        append_images=pages[1:],
        resolution=_DPI,
        quality=70,
        creationDate=_NO_DATE,
        modDate=_NO_DATE,
    )
    (folder / "scanned-letter.pdf").write_bytes(out.getvalue())
    (folder / "report.pdf").write_bytes(text_pdf(truth.REPORT, headings=truth.REPORT_HEADINGS))
    # Fewer colours make a smaller PNG; the grain hides it.
    photographed(_note(), seed=4).quantize(128, dither=Image.Dither.NONE).convert("RGB").save(
        folder / "photo-note.png", optimize=True
    )
    for name, text in (
        ("scanned-letter", truth.LETTER),
        ("report", truth.REPORT),
        ("photo-note", truth.NOTE),
    ):
        content = "\n\n".join("\n".join(page) for page in text) + "\n"
        (folder / f"{name}.txt").write_text(content, encoding="utf-8")


def _font(size_px: int) -> FreeTypeFont:
    font = ImageFont.load_default(size_px)
    if not isinstance(font, FreeTypeFont):
        raise TypeError("this Pillow was built without FreeType; install it from PyPI")
    return font


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("L", _A4_PX, 255)
    return sheet, ImageDraw.Draw(sheet)


def _lines(
    draw: ImageDraw.ImageDraw, lines: Sequence[str], *, left: int, top: int, size_px: int
) -> int:
    """Draws lines from `top` down; returns where the next one would go. px."""
    for line in lines:
        draw.text((left, top), line, font=_font(size_px), fill=20)
        top += round(size_px * 1.45)
    return top


def _letter() -> Image.Image:
    sheet, draw = _sheet()
    name, address, date, reference, greeting, *body = truth.LETTER_PAGE_1
    _lines(draw, [name], left=_LEFT_PX, top=160, size_px=58)
    _lines(draw, [address], left=_LEFT_PX, top=250, size_px=32)
    draw.line((_LEFT_PX, 310, 1460, 310), fill=90, width=3)
    _lines(draw, [date], left=_LEFT_PX, top=400, size_px=34)
    _lines(draw, [reference], left=_LEFT_PX, top=460, size_px=34)
    top = _lines(draw, [greeting], left=_LEFT_PX, top=590, size_px=36) + 40
    for first, last in ((0, 5), (5, 9), (9, 12), (12, 13), (13, 15)):
        top = _lines(draw, body[first:last], left=_LEFT_PX, top=top, size_px=36) + 45
    return sheet


def _columns() -> Image.Image:
    sheet, draw = _sheet()
    _lines(draw, [truth.COLUMN_HEADING], left=_LEFT_PX, top=200, size_px=54)
    _lines(draw, truth.LEFT_COLUMN, left=_LEFT_PX, top=380, size_px=36)
    _lines(draw, truth.RIGHT_COLUMN, left=900, top=380, size_px=36)
    return sheet


def _table() -> Image.Image:
    sheet, draw = _sheet()
    _lines(draw, [truth.TABLE_HEADING], left=_LEFT_PX, top=200, size_px=54)
    columns = (_LEFT_PX, 640, 900, 1180, 1460)
    top, row_height = 380, 78
    for index, row in enumerate(truth.TABLE):
        for left, cell in zip(columns, row, strict=False):
            _lines(draw, [cell], left=left + 18, top=top + index * row_height + 18, size_px=36)
    bottom = top + len(truth.TABLE) * row_height
    for y in range(top, bottom + 1, row_height):
        draw.line((columns[0], y, columns[-1], y), fill=60, width=3)
    for x in columns:
        draw.line((x, top, x, bottom), fill=60, width=3)
    _lines(draw, [truth.TABLE_FOOTING], left=_LEFT_PX, top=bottom + 80, size_px=36)
    return sheet


def _note() -> Image.Image:
    sheet = Image.new("RGB", (1200, 900), (250, 247, 238))
    draw = ImageDraw.Draw(sheet)
    heading, *rest = truth.NOTE[0]
    _lines(draw, [heading], left=120, top=100, size_px=60)
    _lines(draw, rest, left=120, top=240, size_px=48)
    return sheet


if __name__ == "__main__":
    make_samples(Path(__file__).parent)
