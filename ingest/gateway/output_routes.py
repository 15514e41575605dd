"""The outputs of ended jobs in each format, streamed from the object store."""

import re
import zlib
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import StreamingResponse

from broker.job_store import JobStore
from broker.output_reader import OutputFacts, OutputReader
from contracts.errors import JobStateConflict
from contracts.jobs import JobSummary
from contracts.output_formats import (
    ALWAYS_MADE,
    MEDIA_TYPES,
    ZIP_MEDIA_TYPE,
    OutputFormat,
    media_type_of,
    suffix_of,
    suffixes_of,
)
from ingest.gateway.job_routes import JobId
from ingest.gateway.keys import Authenticated, Principal, connected
from ingest.gateway.made_formats import made_format
from ingest.gateway.parts import Gateway, Parts
from ingest.gateway.problems import Refused, problems

router = APIRouter(prefix="/jobs/{job_id}", tags=["outputs"], dependencies=[Depends(connected)])

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
# Whatever a file is called, its name in a header is harmless to write to a disk.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|;%]|^\.+')
# Shorter than that, gzip makes it longer; and these are compressed already.
_GZIP_FROM_BYTES: Final = 1024
_COMPRESSED: Final = {"application/pdf", ZIP_MEDIA_TYPE}
_GZIP: Final = 16 + zlib.MAX_WBITS


async def summary_of(parts: Parts, job_id: str, principal: Principal) -> JobSummary:
    """The summary of an ended job. Raises: JobUnknown, JobStateConflict."""
    state = await parts.job(job_id, principal)
    summary = await JobStore(parts.broker).summary(job_id)
    if summary is None or summary.outputs is None:
        raise JobStateConflict(
            f"job {job_id} is {state.state}; wait for its end, /jobs/{job_id}/events tells it"
        )
    return summary


async def output_response(
    reader: OutputReader,
    summary: JobSummary,
    output_format: OutputFormat,
    facts: OutputFacts,
    *,
    if_none_match: str | None = None,
    byte_range: str | None = None,
    if_range: str | None = None,
    accept_encoding: str = "",
) -> Response:
    """An output as it was asked for. Raises: ObjectMissing, Refused, BrokerUnavailable."""
    suffix = suffix_of(facts.name, output_format)
    media_type = media_type_of(output_format, suffix=suffix)
    headers = {
        "ETag": f'"{facts.sha256}"',
        "Accept-Ranges": "bytes",
        "Vary": "Accept-Encoding",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": _disposition(summary.filename, suffix),
    }
    if if_none_match is not None and (
        if_none_match.strip() == "*" or facts.sha256 in if_none_match
    ):
        return Response(status_code=304, headers=headers)
    if if_range is not None and if_range.strip() != headers["ETag"]:
        byte_range = None  # of another revision
    if byte_range is not None and (span := _span(byte_range, facts)) is not None:
        first, end = span
        headers |= {
            "Content-Range": f"bytes {first}-{end - 1}/{facts.size}",
            "Content-Length": str(end - first),
        }
        part = reader.read(facts, first=first, end=end)
        return StreamingResponse(part, 206, headers=headers, media_type=media_type)
    content = reader.read(facts)
    if (
        takes_gzip(accept_encoding)
        and facts.size >= _GZIP_FROM_BYTES
        and media_type not in _COMPRESSED
    ):
        headers |= {"ETag": f'"{facts.sha256}-gzip"', "Content-Encoding": "gzip"}
        return StreamingResponse(_gzipped(content), headers=headers, media_type=media_type)
    headers["Content-Length"] = str(facts.size)
    return StreamingResponse(content, headers=headers, media_type=media_type)


def _span(asked_for: str, facts: OutputFacts) -> tuple[int, int] | None:
    """First byte and end of one range; None for what is to be ignored. Raises: Refused (416)."""
    if (parsed := _RANGE.fullmatch(asked_for.strip())) is None or not (parsed[1] or parsed[2]):
        return None
    if not parsed[1]:
        first, end = max(facts.size - int(parsed[2]), 0), facts.size
    else:
        first = int(parsed[1])
        end = min(int(parsed[2]) + 1, facts.size) if parsed[2] else facts.size
    if first >= end:
        raise Refused(
            416,
            f"the output has {facts.size} bytes; ask for a range within them",
            headers={"Content-Range": f"bytes */{facts.size}"},
        )
    return first, end


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client that says so reads what gzip has packed."""
    for each in accept_encoding.lower().split(","):
        name, _, quality = each.strip().partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


async def _gzipped(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    async for chunk in content:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _disposition(filename: str, suffix: str) -> str:
    stem = _UNSAFE.sub("_", filename.rpartition(".")[0] or filename)[:100].strip() or "document"
    name = f"{stem}{suffix}"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _add(path: str, output_format: OutputFormat, what: str) -> None:
    whole: dict[str, Any] = {"type": "object" if output_format == "json" else "string"}
    media_type = MEDIA_TYPES[output_format].partition(";")[0]
    contents: dict[str, Any] = {media_type: {"schema": whole}}
    if len(suffixes_of(output_format)) > 1:
        contents[ZIP_MEDIA_TYPE] = {"schema": {"type": "string"}}
    made = "" if output_format in ALWAYS_MADE else " Made when it is first asked for, then kept."

    @router.get(
        f"/{path}",
        response_class=Response,
        operation_id=f"get_{path}",
        summary=what,
        description=f"{what}{made} Supports Range, ETag with If-None-Match, and gzip.",
        responses={
            200: {"description": what, "content": contents},
            206: {"description": "the bytes that were asked for"},
            304: {"description": "what you have is up to date"},
            **problems(400, 401, 404, 409, 410, 416, 422, 503),
        },
    )
    async def get(  # noqa: PLR0917 - FastAPI passes them by name
        job_id: JobId,
        gateway: Gateway,
        principal: Authenticated,
        if_none_match: Annotated[str | None, Header()] = None,
        range_: Annotated[str | None, Header(alias="Range")] = None,
        if_range: Annotated[str | None, Header()] = None,
        accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> Response:
        summary = await summary_of(gateway, job_id, principal)
        return await output_response(
            gateway.outputs,
            summary,
            output_format,
            await made_format(gateway, summary, output_format),
            if_none_match=if_none_match,
            byte_range=range_,
            if_range=if_range,
            accept_encoding=accept_encoding,
        )


_RESULT: Final = "Metrics, pages with lines and polygons, text and Markdown, as JSON."
_add("result", "json", _RESULT)
_add("text", "text", "The text of all pages that were read.")
_add("markdown", "markdown", "The same as Markdown.")
_add("json", "json", f"{_RESULT} The same as /result.")
_add("jsonl", "jsonl", "A page a line, as in `results` of the JSON.")
_add("pdf", "pdf", "The document as it was, as a PDF whose text can be searched and selected.")
_add("hocr", "hocr", "Text and boxes as hOCR.")
_add("alto", "alto", "Text and boxes as ALTO XML, version 4.")
_add("tsv", "tsv", "Words, boxes and confidences in the columns of Tesseract's TSV.")
_add("page", "page", "Text and polygons as PAGE-XML 2019; several pages are a ZIP, one file each.")
