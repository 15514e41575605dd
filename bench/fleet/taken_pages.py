"""What simulated nodes note of each page: lines of a file for each process."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, kw_only=True)
class TakenPage:
    """`taken_at`: s since the epoch; `waited_s`: since it was stored in the queue; `number`: of the
    hand-over, from 1; `page_s`: how long it was "read"; `node`: which one did."""

    taken_at: float
    waited_s: float
    number: int
    page_s: float
    node: str

    @property
    def read_at(self) -> float:
        """s since the epoch."""
        return self.taken_at + self.page_s

    def busy_s(self, begin: float, end: float) -> float:
        """How long the node was at it in that time."""
        return max(0.0, min(self.read_at, end) - max(self.taken_at, begin))


class Notebook:
    """Writes them, each at once: its process may be killed at any moment."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", buffering=1)

    def note(self, page: TakenPage) -> None:
        self._file.write(
            f"{page.taken_at:.6f} {page.waited_s:.6f} {page.number} {page.page_s:.6f} {page.node}\n"
        )

    def close(self) -> None:
        self._file.close()


def taken_pages(paths: Iterable[Path]) -> list[TakenPage]:
    """All that was noted so far, in the order of time; a line that is half written is left out."""
    found = []
    for path in paths:
        if not path.exists():
            continue
        for line in path.read_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            taken_at, waited_s, number, page_s, node = line.split()
            found.append(
                TakenPage(
                    taken_at=float(taken_at),
                    waited_s=float(waited_s),
                    number=int(number),
                    page_s=float(page_s),
                    node=node,
                )
            )
    return sorted(found, key=lambda page: page.taken_at)


def quantile(
    pages: Sequence[TakenPage], share: float, of: Callable[[TakenPage], float]
) -> float | None:
    """The least value that such a share of the pages does not exceed; None of no pages."""
    values = sorted(map(of, pages))
    return values[max(0, ceil(share * len(values)) - 1)] if values else None
