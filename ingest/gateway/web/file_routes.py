"""`/`, `/docs` and `/web/files/...`: the files of the page."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Response

from ingest.gateway.output_routes import takes_gzip
from ingest.gateway.problems import Refused
from ingest.gateway.web.files import FIRST, PAGES, REFERENCE, WebFile, web_files

# None of them stands in the description of the interface: it is for the page alone.
router = APIRouter(include_in_schema=False)

# Nothing but what comes from here, and no script or style that stands in a page or an attribute.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ASKED_AGAIN: Final = "no-cache"
_KEPT: Final = "public, max-age=31536000, immutable"

Encodings = Annotated[str, Header(alias="Accept-Encoding")]
KnownTag = Annotated[str | None, Header(alias="If-None-Match")]


@router.api_route("/", methods=["GET", "HEAD"])
async def first(accept_encoding: Encodings = "", if_none_match: KnownTag = None) -> Response:
    """The page."""
    return _sent(web_files().by_name[FIRST], accept_encoding, if_none_match, keep=_ASKED_AGAIN)


@router.api_route("/docs", methods=["GET", "HEAD"])
async def reference(accept_encoding: Encodings = "", if_none_match: KnownTag = None) -> Response:
    """The interface for programs, for people."""
    return _sent(web_files().by_name[REFERENCE], accept_encoding, if_none_match, keep=_ASKED_AGAIN)


@router.api_route("/web/files/{version}/{name}", methods=["GET", "HEAD"])
async def file(
    version: Annotated[str, Path(pattern="^[0-9a-f]{16}$")],
    name: Annotated[str, Path(max_length=64)],
    accept_encoding: Encodings = "",
    if_none_match: KnownTag = None,
) -> Response:
    """A script, a style, a picture of the page. Raises: Refused (404)."""
    files = web_files()
    found = files.by_name.get(name)
    if found is None or name in PAGES:
        raise Refused(404, "the page has no such file; load it anew")
    # While releases change, one gateway's page may ask another gateway for its files.
    keep = _KEPT if version == files.version else _ASKED_AGAIN
    return _sent(found, accept_encoding, if_none_match, keep=keep)


def _sent(file: WebFile, accept_encoding: str, if_none_match: str | None, *, keep: str) -> Response:
    packed = takes_gzip(accept_encoding)
    etag = f'"{file.etag}-gzip"' if packed else f'"{file.etag}"'
    headers = {
        "ETag": etag,
        "Cache-Control": keep,
        "Vary": "Accept-Encoding",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(
        file.packed if packed else file.content, headers=headers, media_type=file.media_type
    )
