"""Pages that ingest ends itself: taken from their text layer, or blank."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.pages import Line, Source


@dataclass(frozen=True, kw_only=True)
class FinishedPage:
    """A page that no node has to read. Lines in any order; polygons in px of the page at `dpi`.
    `error`: what of it cannot be read."""

    source: "Source"
    width_px: int
    height_px: int
    dpi: int
    lines: "tuple[Line, ...]" = ()
    error: str | None = None
