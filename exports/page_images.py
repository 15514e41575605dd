"""What the image of a page is called: the document, or its member of a ZIP."""

from bisect import bisect_right

from contracts.jobs import JobSummary
from contracts.pages import PageResult
from exports.clean_text import cleaned


def document_name(page: PageResult, summary: JobSummary) -> str:
    """The name of the document that the page is of."""
    return cleaned(page.document or summary.filename)


def image_name(page: PageResult, summary: JobSummary) -> str:
    """The same with the page in it, if there are several: the fragment with which PDF viewers open
    a page (RFC 8118). "unknown" for a document without a name."""
    name, number = document_name(page, summary) or "unknown", page.page_index + 1
    alone = summary.total_pages == 1 and number == 1
    after = bisect_right(summary.documents, number, key=lambda each: each.first_page_number)
    if page.document and after:
        member = summary.documents[after - 1]
        number -= member.first_page_number - 1
        alone = member.pages == 1
    return name if alone else f"{name}#page={number}"
