"""The child process in which documents are opened and rendered (see guard.child).

Of a PDF of scans it loads neither NumPy nor pydantic: what needs them is imported where a page with
a text layer is met, or one that may be blank.
"""

from pathlib import Path
from typing import Any, Final

from contracts.errors import PageUnreadable
from guard.child import Handler
from guard.page_sized_blocks import keep_page_sized_blocks
from guard.uncompiled import load_uncompiled
from ingest.page_image import PageImage
from ingest.page_picture import picture_of
from ingest.page_taking import take_page
from ingest.rasterise import Document, open_document
from ingest.zip_document import ZipDocument, is_zip

# What is imported for some documents only.
_LATER: Final = (
    "numpy",
    "pydantic",
    "pypdfium2",
    "contracts.pages",
    "ingest.pdf_document",
    "ingest.image_document",
    "ingest.blank_pages",
    "ingest.page_ink",
    "ingest.copies",
    "ingest.layer_lines",
    "ingest.page_lines",
    "ingest.finished_result",
)


def serve(_settings: dict[str, Any]) -> Handler:
    """Answers `{"open": path, "dpi": n, "password": text or None, "members": [...], "folder":
    path}` with `{"page_count": n}`, or, for a ZIP whose members were not counted, with `{"listing":
    [[place, name], ...]}`; then `{"count": place}` with `{"page_count": n}`. Answers `{"render":
    page_index, "mode", "running_heads"}` with the fields of a PageImage, or with a PageSucceeded in
    `finished`; lines, and results, are JSON. Answers `{"picture": page_index, "width_px": n}` with
    a JPEG in `data`. Answers `{"close": True}` with nothing: the document is let go of."""
    keep_page_sized_blocks()
    load_uncompiled(_LATER)
    document: Document | None = None

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        nonlocal document
        if "open" in request or "close" in request:
            if document is not None:
                document.close()
                document = None
            if "close" in request:
                return {}
            document = _opened(request)
            if isinstance(document, ZipDocument) and not request["members"]:
                return {"listing": document.listing()}
            return {"page_count": document.page_count}
        if "count" in request and isinstance(document, ZipDocument):
            return {"page_count": document.count(request["count"])}
        if document is None:
            raise PageUnreadable("no document is open")
        if "picture" in request:
            return {"data": picture_of(document, request["picture"], width_px=request["width_px"])}
        return _taken(document, request)

    return handle


def _taken(document: Document, request: dict[str, Any]) -> dict[str, Any]:
    image = take_page(
        document, request["render"], mode=request["mode"], running_heads=request["running_heads"]
    )
    if not isinstance(image, PageImage):
        return {"finished": image.model_dump_json().encode()}
    return {
        "known_lines": _as_json(image),
        "data": image.data,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "dpi": image.dpi,
    }


def _as_json(image: PageImage) -> bytes:
    """Its known lines."""
    if not image.known_lines:
        return b"[]"
    from ingest.page_lines import LINES  # noqa: PLC0415 - pydantic, as above

    return LINES.dump_json(image.known_lines)


def _opened(request: dict[str, Any]) -> Document:
    path, dpi, password = Path(request["open"]), request["dpi"], request["password"]
    if is_zip(path):
        return ZipDocument(
            path,
            dpi=dpi,
            password=password,
            members=request["members"],
            folder=Path(request["folder"]),
        )
    return open_document(path, dpi=dpi, password=password)
