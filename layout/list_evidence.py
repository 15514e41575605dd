"""Which of the rows that begin like an item of a list are one: a single `2.` may begin anything."""

from collections.abc import Sequence

from layout.list_markers import Marker, marker_of
from layout.printed_rows import PrintedRow

# An item that goes on for more rows than this is no evidence for the next one.
_LONGEST_ITEM = 25


def markers_in(rows: Sequence[PrintedRow]) -> list[Marker | None]:
    """For each row its marker, if it is an item."""
    markers = [marker_of(row.text) for row in rows]
    at = [n for n, marker in enumerate(markers) if marker is not None]
    sure: set[int] = set()
    for position, n in enumerate(at):
        marker = markers[n]
        if marker is None:
            continue
        if marker.kind == "bullet":
            sure.add(n)
        for later in at[position + 1 :]:
            other = markers[later]
            if later - n > _LONGEST_ITEM:
                break
            if other and _follows(marker, other) and _same_edge(rows[n], rows[later]):
                sure |= {n, later}
                break
    return [marker if n in sure else None for n, marker in enumerate(markers)]


def _follows(marker: Marker, other: Marker) -> bool:
    if (marker.kind, marker.style) != (other.kind, other.style):
        return False
    return marker.kind in ("bullet", "dash") or other.order == marker.order + 1


def _same_edge(row: PrintedRow, other: PrintedRow) -> bool:
    # 9. and 10. may be aligned at their dots.
    return abs(row.left - other.left) < 1.0 * row.height
