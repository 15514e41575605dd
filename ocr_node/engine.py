"""What a node asks of an OCR engine."""

from dataclasses import dataclass
from typing import Protocol

from contracts.job_options import Quality
from contracts.pages import Line, ReadingPass


@dataclass(frozen=True, kw_only=True)
class PageReading:
    """What an engine found on one page image.

    `lines` in any order, polygons of 4 points clockwise from the top left of their text, px, origin
    top left of an image of `width_px` x `height_px`. `angle_deg`, `read_in`: see contracts.pages.
    """

    lines: tuple[Line, ...]
    width_px: int
    height_px: int
    angle_deg: float = 0.0
    read_in: ReadingPass = "first"


class Engine(Protocol):
    """An OCR engine inside a child process; not thread-safe, one page at a time."""

    def read(
        self, image: bytes, *, language: str, page_index: int, quality: Quality = "balanced"
    ) -> PageReading:
        """Reads one page image (any format that Pillow decodes; PNG and JPEG in practice).

        `quality`: see contracts.job_options; an engine with one way of reading takes it always.
        `page_index` is 0-based and serves messages and the echo engine only.
        Raises: PageUnreadable if the image cannot be decoded; anything else counts as a failed
        attempt that may succeed when tried again.
        """
        ...
