"""The formats of one job as files: what a maker needs is laid beside them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from aggregator.ending import Ending
from aggregator.format_maker import FormatMaker
from broker.kept_documents import KeptDocuments
from broker.object_reading import ObjectMissing
from broker.once_kept import once_kept
from contracts.errors import DocumentRejected, FormatUnavailable
from contracts.jobs import JobManifest, JobSummary
from contracts.output_formats import MADE_WHEN_ASKED, OutputFormat
from contracts.sealed_password import PasswordSeal

log = structlog.get_logger(__name__)

# How an entry of a summary's `errors` that is about a format begins.
ABOUT_FORMAT: Final = "format "
_FILE: Final = "made"


@dataclass(frozen=True, kw_only=True)
class FormatFile:
    """A format that was made. `suffix`: what it is called behind the document's name."""

    path: Path
    suffix: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of the formats that were asked for. `errors`: why others could not be made."""

    files: Mapping[OutputFormat, FormatFile] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


NOTHING: Final = Made()


def formats_asked_for(manifest: JobManifest) -> tuple[OutputFormat, ...]:
    """Those that are to be made before the job's summary is told."""
    options = manifest.options
    return tuple(each for each in options.formats if each in MADE_WHEN_ASKED) if options else ()


class FormatFiles:
    """Makes them one after the other. `patience_s`: how long after the end of its job a document
    may still be on its way to where it is kept. `seal`: opens the passwords of documents."""

    def __init__(
        self,
        maker: FormatMaker,
        documents: KeptDocuments,
        *,
        patience_s: float = 0.0,
        seal: PasswordSeal | None = None,
    ) -> None:
        self._maker = maker
        self._documents = documents
        self._seal = seal
        self._patience_s = patience_s

    async def one(
        self, output_format: OutputFormat, *, summary: JobSummary, pages: Path
    ) -> FormatFile:
        """A format, beside `pages`, which is a file of JSON Lines in a folder of its own. Raises:
        FormatUnavailable; BrokerUnavailable; OSError."""
        if not summary.pages_processed:
            raise FormatUnavailable(_nothing_was_read(summary))
        folder = pages.parent
        out = folder / f"{_FILE}.{output_format}"
        document, password = None, None
        # Of a ZIP there is no PDF, and its maker says so.
        if output_format == "pdf" and not summary.documents:
            document, password = await self._document(summary, folder)
        suffix = await self._maker.make(
            output_format,
            summary=summary,
            pages=pages,
            document=document,
            password=password,
            out=out,
        )
        return FormatFile(path=out, suffix=suffix)

    async def all_of(
        self, wanted: Iterable[OutputFormat], *, summary: JobSummary, pages: Path
    ) -> Made:
        """Those that can be made; each of the others costs nothing but itself. Raises:
        BrokerUnavailable, OSError."""
        files: dict[OutputFormat, FormatFile] = {}
        errors: list[str] = []
        async for output_format, found in self._each(wanted, summary, pages):
            if isinstance(found, FormatUnavailable):
                log.warning("a format was not made", job_id=summary.job_id, reason=str(found))
                errors.append(about(output_format, str(found)))
            else:
                files[output_format] = found
        return Made(files=files, errors=tuple(errors))

    async def _each(
        self, wanted: Iterable[OutputFormat], summary: JobSummary, pages: Path
    ) -> AsyncIterator[tuple[OutputFormat, FormatFile | FormatUnavailable]]:
        for each in wanted:
            try:
                yield each, await self.one(each, summary=summary, pages=pages)
            except FormatUnavailable as reason:
                yield each, reason

    async def _document(self, summary: JobSummary, folder: Path) -> tuple[Path, str | None]:
        """The document as it was submitted, and what opens it."""
        path = folder / "document"
        try:
            sealed = await once_kept(
                lambda: self._documents.save(summary.job_id, path),
                ended_at=summary.end_time,
                patience_s=self._patience_s,
            )
        except ObjectMissing:
            path.unlink(missing_ok=True)
            raise FormatUnavailable(
                f"the document of job {summary.job_id} is not kept any more, and its PDF is made "
                "of it; submit it again with format pdf, or have documents kept with "
                "KEEP_DOCUMENTS=true"
            ) from None
        return path, None if sealed is None else self._opened(sealed)

    def _opened(self, sealed: str) -> str:
        if self._seal is None:
            raise FormatUnavailable(
                "the document came with a password, which this aggregator cannot open; set its "
                "OCR_SECRET_KEY to the same text as that of gateways and ingest, then ask again"
            )
        try:
            return self._seal.open(sealed)
        except DocumentRejected as wrong:
            raise FormatUnavailable(str(wrong)) from wrong


def about(output_format: OutputFormat, reason: str) -> str:
    """How a format's reason stands in `errors`."""
    beginning = f"{ABOUT_FORMAT}{output_format}"
    return reason if reason.startswith(f"{beginning} ") else f"{beginning}: {reason}"


def left_s(manifest: JobManifest, ending: Ending) -> float:
    """How long the formats of a job that ends may take, in s; 0 for one that is late already."""
    if ending != "complete":
        return 0.0
    return max((manifest.deadline - datetime.now(UTC)).total_seconds(), 0.0)


def _nothing_was_read(summary: JobSummary) -> str:
    why = summary.errors[0] if summary.errors else "no page of it was read"
    return f"job {summary.job_id} is {summary.status}, so that there is nothing to make: {why}"
