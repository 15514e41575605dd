"""A document as a child is asked to open it; and a ZIP, counted member by member."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import structlog

from contracts.errors import DocumentRejected
from contracts.jobs import JobDocument

log = structlog.get_logger(__name__)

# Five thousand PDFs take a minute or two. A ZIP that takes longer has members that hang.
_COUNT_S: Final = 600.0
_GIVEN_UP: Final = (
    "the ZIP took too long to open, and this file of it was not looked at; submit it in parts"
)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """`password` opens it, if it is encrypted. `places`: where in the ZIP `documents` are.
    `folder`: of this child alone, for members of a ZIP."""

    path: Path
    dpi: int
    folder: Path
    password: str | None = field(default=None, repr=False)
    documents: tuple[JobDocument, ...] = ()
    places: tuple[int, ...] = ()

    def request(self) -> dict[str, Any]:
        """What the child is sent."""
        return {
            "open": str(self.path),
            "dpi": self.dpi,
            "folder": str(self.folder),
            "password": self.password,
            "members": [
                [place, each.pages, each.error]
                for place, each in zip(self.places, self.documents, strict=True)
            ],
        }

    def clear_folder(self) -> None:
        """Removes what a child that was ended has left: members have up to 2 GB. The folder itself
        stays: the child may write into this one only."""
        with contextlib.suppress(OSError):
            for left in self.folder.iterdir():
                left.unlink()

    async def counted(
        self,
        listing: Sequence[tuple[int, str]],
        count: Callable[[int], Awaitable[int]],
        *,
        known: Sequence[JobDocument],
    ) -> Self:
        """The same for a ZIP, with its documents. `known`: as they were counted before, by an
        ingest that ended: they stay what they were, so that no page gets another number.

        One that cannot be opened has one page, which says why.
        """
        places = tuple(place for place, _ in listing)
        if len(known) == len(listing):
            return replace(self, places=places, documents=tuple(known))
        clock = asyncio.get_running_loop().time
        give_up = clock() + _COUNT_S
        documents: list[JobDocument] = []
        first = 1
        for place, name in listing:
            pages, error = 1, None
            try:
                if clock() < give_up:
                    pages = await count(place)
                else:
                    error = _GIVEN_UP
            except DocumentRejected as reason:
                error = str(reason)
            documents.append(
                JobDocument(filename=name, first_page_number=first, pages=pages, error=error)
            )
            first += pages
        log.info(
            "a ZIP was opened",
            documents=len(documents),
            unreadable=sum(each.error is not None for each in documents),
        )
        return replace(self, places=places, documents=tuple(documents))
