"""Page selections as people write them: `1-3,7`, `5-`, page numbers from 1."""

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict

from contracts.errors import InvalidOption

_HINT = "write numbers and ranges from 1, like 1-3,7 or 5-"


class PageRanges(BaseModel):
    """A selection of pages, kept as ranges: a document's page list is never spelled out.

    `ranges` are (first, last) page indexes, 0-based, inclusive; last None means "to the end".
    An empty tuple selects every page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ranges: tuple[tuple[int, int | None], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `1-3,7`; `3-1` is the same as `1-3`. Raises: InvalidOption."""
        ranges: list[tuple[int, int | None]] = []
        for part in text.split(","):
            first, dash, last = (piece.strip() for piece in part.strip().partition("-"))
            # isdecimal alone would take digits of other scripts; int() limits are far away at 9.
            if not (first.isascii() and first.isdecimal() and len(first) <= 9):
                raise InvalidOption(f"pages {text[:80]!r} cannot be read; {_HINT}")
            if last and not (last.isascii() and last.isdecimal() and len(last) <= 9):
                raise InvalidOption(f"pages {text[:80]!r} cannot be read; {_HINT}")
            start = int(first) - 1
            end: int | None = int(last) - 1 if last else (None if dash else start)
            if start < 0 or (end is not None and end < 0):
                raise InvalidOption(f"pages {text[:80]!r} names a page 0; {_HINT}")
            # Pages come out in their own order, however they were asked for.
            ranges.append((start, None) if end is None else (min(start, end), max(start, end)))
        return cls(ranges=tuple(ranges))

    def within(self, page_count: int) -> "SelectedPages":
        """The selection in a document of `page_count` pages, sorted, each page once.

        Raises: InvalidOption if a range names a page that the document does not have.
        """
        if not self.ranges:
            return SelectedPages(ranges=((0, page_count - 1),) if page_count else ())
        closed: list[tuple[int, int]] = []
        for first, last in sorted(self.ranges, key=lambda each: each[0]):
            end = page_count - 1 if last is None else last
            if first >= page_count or end >= page_count:
                pages = "1 page" if page_count == 1 else f"{page_count} pages"
                raise InvalidOption(
                    f"page {max(first, end) + 1} was asked for, but the document has {pages}; "
                    f"choose pages from 1 to {page_count}"
                )
            if closed and first <= closed[-1][1] + 1:
                closed[-1] = (closed[-1][0], max(end, closed[-1][1]))
            else:
                closed.append((first, end))
        return SelectedPages(ranges=tuple(closed))


class SelectedPages(BaseModel):
    """The pages of a job: closed, sorted, disjoint ranges of 0-based page indexes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ranges: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def indexes(self, *, after: int = -1) -> Iterator[int]:
        """Page indexes in order, leaving out all up to and including `after`."""
        for first, last in self.ranges:
            yield from range(max(first, after + 1), last + 1)

    def __contains__(self, page_index: int) -> bool:
        return any(first <= page_index <= last for first, last in self.ranges)
