"""Folding results into the state of a job: pure, the same under any order and any duplication."""

from dataclasses import dataclass, replace

from contracts.page_ranges import SelectedPages


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """Which pages of a job have ended. `arrived`: bit n is set when page index n has.

    One integer, so that ten thousand pages take a kilobyte and folding one of them a microsecond.
    """

    selected: SelectedPages
    arrived: int = 0
    rejected: bool = False

    @property
    def done(self) -> int:
        """How many of the job's pages have ended."""
        return self.arrived.bit_count()

    @property
    def total(self) -> int:
        return len(self.selected)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to wait for."""
        # A job without pages is one whose rejection is on its way.
        return self.rejected or self.done >= self.total > 0


def page_ended(progress: JobProgress, page_index: int) -> JobProgress:
    """The progress after a page's result; the same object if that page was not waited for."""
    bit = 1 << page_index
    if progress.arrived & bit or page_index not in progress.selected:
        return progress
    return replace(progress, arrived=progress.arrived | bit)


def document_failed(progress: JobProgress) -> JobProgress:
    """The progress after the document as a whole was rejected."""
    return progress if progress.rejected else replace(progress, rejected=True)
