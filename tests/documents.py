"""Documents for tests, made on the spot: good ones, and each kind of bad one."""

import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from samples.born_digital import text_pdf

A4_PT: Final = (595, 842)
_PADDING: Final = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def pdf(pages: int) -> bytes:
    """A PDF with a bar a page, each another one: nothing but reading tells what it is."""
    return drawn(born_digital_pdf(pages))


def born_digital_pdf(pages: int) -> bytes:
    """A PDF with one line of text a page, which its text layer tells."""
    return text_pdf([[f"This is page {n} of the test"] for n in range(1, pages + 1)], headings=NONE)


def drawn(document: bytes) -> bytes:
    """The same PDF with a bar in place of each line of text: another place and size for another
    text, so that no page looks like one with another line."""

    def bar(line: re.Match[bytes]) -> bytes:
        told = hashlib.sha256(line[0]).digest()
        x, y, width, height = (
            low + int.from_bytes(told[4 * n : 4 * n + 4], "big") % more
            for n, (low, more) in enumerate(((15, 10), (15, 10), (20, 480), (10, 50)))
        )
        # Of the same length: no offset changes.
        return (b"%d %d %d %d re f" % (x, y, width, height)).ljust(len(line[0]))

    return re.sub(rb"BT .* Tj ET", bar, document)


NONE: Final[frozenset[str]] = frozenset()


def pdf_with_sizes(sizes_pt: Sequence[tuple[int, int]]) -> bytes:
    """Empty pages of these sizes; a page of 90,000 x 90,000 pt has too many pixels at any dpi."""
    content = pdf(len(sizes_pt)).decode("ascii")
    for width, height in sizes_pt:
        content = content.replace("[0 0 595 842]", f"[0 0 {width} {height} ]", 1)
    return content.encode("ascii")


def encrypted_pdf(user_password: bytes = b"secret") -> bytes:
    """A PDF that asks for a password: standard security handler, revision 2 (PDF 1.4, 3.5.2)."""
    file_id = hashlib.md5(b"id").digest()
    padded = (user_password + _PADDING)[:32]
    owner = _rc4(hashlib.md5((b"owner" + _PADDING)[:32]).digest()[:5], padded)
    permissions = -4
    key = hashlib.md5(
        padded + owner + permissions.to_bytes(4, "little", signed=True) + file_id
    ).digest()[:5]
    trailer = (
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /P {permissions} /O <{owner.hex()}> "
        f"/U <{_rc4(key, _PADDING).hex()}> >> /ID [<{file_id.hex()}> <{file_id.hex()}>] /Root"
    )
    return pdf(1).replace(b"/Root", trailer.encode("ascii"))


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def picture(text: str = "", *, size: tuple[int, int] = (900, 200)) -> Image.Image:
    """A white picture with large print on it."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(text.splitlines()):
        draw.text((30, 30 + row * 60), line, font=ImageFont.load_default(40), fill="black")
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def bad_documents(folder: Path) -> dict[str, str]:
    """Writes one file of each kind that cannot be read; returns name -> words of its sentence."""
    png = encoded(picture("gone"))
    contents = {
        "empty.pdf": (b"", "empty"),
        "text.pdf": (b"Dear all, this is no PDF.\n" * 20, "not a document"),
        "truncated.pdf": (pdf(3)[:150], "damaged or cut off"),
        "encrypted.pdf": (encrypted_pdf(), "needs a password"),
        "corrupt.png": (png[:100] + bytes(len(png) - 100), "damaged image"),
    }
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    return {name: words for name, (_, words) in contents.items()}
