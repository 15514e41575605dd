"""What a document may ask for: pages of one job, and time until it is opened."""

from datetime import UTC, datetime

from broker.submissions import Submission
from contracts.errors import DocumentRejected
from contracts.job_options import JobOptions
from contracts.page_ranges import SelectedPages


def check_pages(selected: SelectedPages, *, page_count: int, limit: int) -> None:
    """What counts is what is to be read: of a huge document, some pages can be asked for.

    Raises: DocumentRejected."""
    if len(selected) > limit:
        asked_for = (
            f"the document has {page_count} pages"
            if len(selected) == page_count
            else f"{len(selected)} pages of the document were asked for"
        )
        raise DocumentRejected(
            f"{asked_for}, over the limit of {limit} for one job (MAX_PAGES_PER_DOCUMENT); submit "
            f"it in parts, with the pages of each (1-{limit}, {limit + 1}-...) as option or in "
            "header Ocr-Pages"
        )


def check_deadline(submission: Submission, options: JobOptions) -> None:
    """Raises: DocumentRejected if the job's time was over before it began."""
    waited_s = (datetime.now(UTC) - submission.stored_at).total_seconds()
    if waited_s > options.deadline_s:
        raise DocumentRejected(
            f"the document waited {waited_s:.0f} s to be opened, longer than its deadline of "
            f"{options.deadline_s:g} s; see that ingest runs, then submit it again"
        )
