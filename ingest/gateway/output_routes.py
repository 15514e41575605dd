"""The outputs of ended jobs, streamed from the object store."""

import re
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import StreamingResponse

from broker.job_store import JobStore
from broker.output_reader import OutputFacts, OutputReader
from contracts.errors import JobStateConflict
from contracts.jobs import JobSummary
from ingest.gateway.job_routes import JobId
from ingest.gateway.keys import Authenticated, Principal, connected
from ingest.gateway.parts import Gateway, Parts
from ingest.gateway.problems import Refused, problems

router = APIRouter(prefix="/jobs/{job_id}", tags=["outputs"], dependencies=[Depends(connected)])

Kind = Literal["result", "text", "markdown"]
_TYPES: Final[Mapping[Kind, tuple[str, str]]] = {
    "result": ("application/json", "json"),
    "text": ("text/plain; charset=utf-8", "txt"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
}
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
# Whatever a file is called, its name in a header is harmless to write to a disk.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|;%]|^\.+')
# Shorter than that, gzip makes it longer.
_GZIP_FROM_BYTES: Final = 1024
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
    kind: Kind,
    *,
    if_none_match: str | None = None,
    byte_range: str | None = None,
    if_range: str | None = None,
    accept_encoding: str = "",
) -> Response:
    """An output as it was asked for. Raises: ObjectMissing, Refused, BrokerUnavailable."""
    if summary.outputs is None:
        raise JobStateConflict(f"job {summary.job_id} has no outputs")
    facts = await reader.facts(getattr(summary.outputs, kind))
    media_type, ending = _TYPES[kind]
    headers = {
        "ETag": f'"{facts.sha256}"',
        "Accept-Ranges": "bytes",
        "Vary": "Accept-Encoding",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": _disposition(summary.filename, ending),
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
    if _takes_gzip(accept_encoding) and facts.size >= _GZIP_FROM_BYTES:
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


def _takes_gzip(accept_encoding: str) -> bool:
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


def _disposition(filename: str, ending: str) -> str:
    stem = _UNSAFE.sub("_", filename.rpartition(".")[0] or filename)[:100].strip() or "document"
    name = f"{stem}.{ending}"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _add(kind: Kind, what: str) -> None:
    media_type, _ = _TYPES[kind]

    @router.get(
        f"/{kind}",
        response_class=Response,
        operation_id=f"get_{kind}",
        summary=what,
        description=f"{what} Supports Range, ETag with If-None-Match, and gzip.",
        responses={
            200: {
                "description": what,
                "content": {
                    media_type.partition(";")[0]: {
                        "schema": {"type": "object" if kind == "result" else "string"}
                    }
                },
            },
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
        return await output_response(
            gateway.outputs,
            await summary_of(gateway, job_id, principal),
            kind,
            if_none_match=if_none_match,
            byte_range=range_,
            if_range=if_range,
            accept_encoding=accept_encoding,
        )


_add("result", "Metrics, pages with lines and polygons, text and Markdown, as JSON.")
_add("text", "The text of all pages that were read.")
_add("markdown", "The same as Markdown.")
