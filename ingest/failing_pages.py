"""How much one document may cost by pages that fail: a page of it, or a few, but not its slot."""

from typing import Final

from contracts.errors import PageUnreadable

# Three pages one after the other that end the renderer: it is the document.
_MOST_IN_A_ROW: Final = 3
# The first page that hangs is tried twice, a minute each time; two more of them, and it is enough.
_MOST_S: Final = 240.0


class PageEndedRenderer(PageUnreadable):
    """The process that rendered a page crashed, hung, or took too much memory over it."""


class FailingPages:
    """Of one document."""

    def __init__(self) -> None:
        self._in_a_row: list[int] = []  # numbers of pages that ended the renderer, none between
        self._failed = 0
        self._seconds = 0.0

    def note_success(self) -> None:
        self._in_a_row.clear()

    def note_failure(self, page_index: int, *, seconds: float, reason: PageUnreadable) -> None:
        self._failed += 1
        self._seconds += seconds
        if isinstance(reason, PageEndedRenderer):
            self._in_a_row.append(page_index + 1)
        else:
            self.note_success()

    def verdict(self, page_index: int) -> str | None:
        """Why this page is not tried any more; None: it is."""
        if len(self._in_a_row) >= _MOST_IN_A_ROW:
            numbers = ", ".join(map(str, sorted(self._in_a_row)))
            why = f"pages {numbers} one after the other ended the renderer"
        elif self._failed > 1 and self._seconds >= _MOST_S:
            why = f"{self._failed} pages before it failed, and took {self._seconds:.0f} s over it"
        else:
            return None
        return (
            f"page {page_index + 1} was not tried: {why}; repair the document (a PDF: qpdf in.pdf "
            "out.pdf), or submit the pages that you need with --pages"
        )
