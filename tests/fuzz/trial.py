"""One file through the real renderer, and what is wrong with how it ended."""

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import DocumentRejected, PageUnreadable
from contracts.pages import PageSucceeded
from ingest.page_image import PageImage
from ingest.rasteriser import Rasteriser

# The names of what a program raises, and of its places, are not for users.
_NOT_FOR_USERS: Final = re.compile(
    r"Traceback|\b\w*(Error|Exception|Warning):|File \"|0x[0-9a-f]{6}|None\b"
)
PAGES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Ending:
    """`kinds`: what became of the document or each page, numbers and sizes left out."""

    kinds: tuple[str, ...]
    faults: tuple[str, ...]
    seconds: float
    peak_bytes: int


async def ending_of(
    rasteriser: Rasteriser, path: Path, *, dpi: int, page_s: float, pages: int = PAGES
) -> Ending:
    """Opens the file and renders its first pages. `page_s`: the rasteriser's limit for a page."""
    began = time.monotonic()
    kinds: list[str] = []
    faults: list[str] = []
    count = 0
    for step in range(-1, pages):
        if step >= count:
            break
        started = time.monotonic()
        with _noted(kinds, faults, opening=step < 0):
            if step < 0:
                count = await rasteriser.open(path, dpi=dpi)
            else:
                kinds.append(_kind_of(await rasteriser.render(step), faults))
        if time.monotonic() - started > 2 * page_s + 120:  # twice, and two starts
            faults.append("it took longer than two attempts may")
    return Ending(
        kinds=tuple(kinds),
        faults=tuple(faults),
        seconds=time.monotonic() - began,
        peak_bytes=rasteriser.peak_bytes,
    )


@contextlib.contextmanager
def _noted(kinds: list[str], faults: list[str], *, opening: bool) -> Iterator[None]:
    try:
        yield
    except (DocumentRejected, PageUnreadable) as reason:
        text = str(reason)
        kinds.append(("rejected: " if opening else "page: ") + re.sub(r"\d+", "N", text)[:100])
        if len(text) < 20 or len(text) > 600 or "\n" in text or _NOT_FOR_USERS.search(text):
            faults.append(f"no sentence for users: {text!r}")
        if opening is isinstance(reason, PageUnreadable):
            faults.append(f"{type(reason).__name__} at the wrong time: {text!r}")
    except Exception as raised:
        kinds.append(type(raised).__name__)
        faults.append(f"{type(raised).__name__}: {raised}")


def _kind_of(image: PageImage | PageSucceeded, faults: list[str]) -> str:
    if isinstance(image, PageSucceeded):
        if image.width_px < 1 or image.height_px < 1 or image.dpi < 1:
            faults.append(f"a page without area: {image.width_px} x {image.height_px} px")
        return f"finished: {image.source}"
    if not image.data or image.width_px < 1 or image.height_px < 1 or image.dpi < 1:
        faults.append(f"an image without content: {image.width_px} x {image.height_px} px")
    return "image"
