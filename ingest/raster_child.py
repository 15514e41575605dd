"""The child process in which documents are opened and rendered (see guard.child)."""

from pathlib import Path
from typing import Any

from contracts.errors import PageUnreadable
from contracts.pages import PageSucceeded
from guard.child import Handler
from ingest.page_lines import LINES
from ingest.page_taking import take_page
from ingest.rasterise import Document, open_document


def serve(_settings: dict[str, Any]) -> Handler:
    """Answers `{"open": path, "dpi": n}` with `{"page_count": n}`, `{"render": page_index,
    "mode", "running_heads"}` with the fields of a PageImage, or with a PageSucceeded in `finished`;
    lines, and results, are JSON."""
    document: Document | None = None

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        nonlocal document
        if "open" in request:
            if document is not None:
                document.close()
                document = None
            document = open_document(Path(request["open"]), dpi=request["dpi"])
            return {"page_count": document.page_count}
        if document is None:
            raise PageUnreadable("no document is open")
        image = take_page(
            document,
            request["render"],
            mode=request["mode"],
            running_heads=request["running_heads"],
        )
        if isinstance(image, PageSucceeded):
            return {"finished": image.model_dump_json().encode()}
        return {
            "known_lines": LINES.dump_json(image.known_lines),
            "data": image.data,
            "width_px": image.width_px,
            "height_px": image.height_px,
            "dpi": image.dpi,
        }

    return handle
