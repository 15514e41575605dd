"""What each maker of an output format gets, and has to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contracts.jobs import JobSummary
from contracts.pages import PageResult


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that an output can be made of.

    `pages`: results in page order, failed ones included; iterated once, and never a list, since a
    document may have 10,000 pages. `document`: the file as it was submitted, None where it is no
    longer kept; `password` opens it.
    """

    summary: JobSummary
    language: str
    pages: Iterable[PageResult]
    document: Path | None = None
    password: str | None = None


class Exporter(Protocol):
    """Makes one format."""

    def __call__(self, material: Material, out: Path) -> None:
        """Writes the file `out`. Raises: FormatUnavailable with a sentence for the user."""
        ...
