"""Page images to measure with: scans of a chosen size, letters to be read, and users' own."""

import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_A4_INCHES: Final = (8.27, 11.69)
# The longest comment that a JPEG can carry in one segment, beside its length of 2 bytes.
_COMMENT_BYTES: Final = 65_533
_TEXT: Final = (
    "the harbour office has read your letter of last week and thanks you for the account of how "
    "pressure fell in both buildings on two evenings while our crew was at work near the old quay"
)


def numbered_scan(number: int, *, dpi: int, size_bytes: int = 0) -> bytes:
    """A grey JPEG of an A4 page with a number on it. `size_bytes`: padded to that size by comments,
    which cost what bytes cost on their way, and nothing to decode."""
    image = Image.new("L", (round(_A4_INCHES[0] * dpi), round(_A4_INCHES[1] * dpi)), 250)
    font = ImageFont.load_default(max(10, dpi // 4))
    ImageDraw.Draw(image).text((dpi // 2, dpi // 2), f"page {number}", font=font, fill=10)
    plain = _jpeg(image, quality=85)
    # Bytes of its own, which nothing on the way could take for another page's.
    noise = random.Random(number)  # noqa: S311 - padding
    padding = b""
    while (missing := size_bytes - len(plain) - len(padding)) > 4:
        length = min(missing - 4, _COMMENT_BYTES)
        padding += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + noise.randbytes(length)
    return plain[:2] + padding + plain[2:]


def letter(number: int) -> bytes:
    """A grey JPEG of an A4 page at 200 dpi with 36 lines of print."""
    order = random.Random(number)  # noqa: S311 - text
    image = Image.new("L", (1654, 2339), 252)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(30)
    for row in range(36):
        line = " ".join(order.choices(_TEXT.split(), k=11))
        draw.text((170, 180 + 54 * row), line, font=font, fill=25)
    return _jpeg(image, quality=85)


def as_jpegs(images: Sequence[Path], *, count: int) -> list[bytes]:
    """`count` pages of those files, as grey or RGB JPEGs; they come again if they are fewer."""
    pages = []
    for path in images[:count]:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            if image.format != "JPEG" or image.mode not in {"L", "RGB"}:
                data = _jpeg(image.convert("RGB"), quality=95)
        pages.append(data)
    return [pages[number % len(pages)] for number in range(count)]


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=quality)
    return out.getvalue()
