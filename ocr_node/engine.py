"""What a node asks of an OCR engine."""

from dataclasses import dataclass
from typing import Protocol

from contracts.pages import Line


@dataclass(frozen=True, kw_only=True)
class PageReading:
    """What an engine found on one page image.

    `lines` in any order, polygons of 4 points clockwise from the top left, px, origin top left of
    an image of `width_px` x `height_px`.
    """

    lines: tuple[Line, ...]
    width_px: int
    height_px: int


class Engine(Protocol):
    """An OCR engine inside a child process; not thread-safe, one page at a time."""

    def read(self, image: bytes, *, language: str, page_index: int) -> PageReading:
        """Reads one page image (any format that Pillow decodes; PNG and JPEG in practice).

        `page_index` is 0-based and serves messages and the echo engine only.
        Raises: PageUnreadable if the image cannot be decoded; anything else counts as a failed
        attempt that may succeed when tried again.
        """
        ...
