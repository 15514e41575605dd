"""A job from its acceptance to its summary."""

from bisect import bisect_right
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

from contracts.job_options import JobOptions
from contracts.output_formats import OutputFormat, suffixes_of
from contracts.page_ranges import SelectedPages

Status = Literal["success", "partial_success", "failed", "cancelled"]


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """A UTC moment as text, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[datetime, AfterValidator(as_utc), PlainSerializer(rfc3339, when_used="json")]


class JobDocument(BaseModel):
    """One of the documents that were handed in together: a member of a ZIP."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    filename: str  # for people: it never becomes a path
    first_page_number: int  # from 1, in the job, whose pages run on over all documents
    pages: int
    error: str | None = None  # why it could not be opened; it has one page then, which failed


class JobManifest(BaseModel):
    """What ingest found out about a document, written before its first page is published.

    In JSON, so that people can read it with `nats kv get`; `schema_version` as in contracts.codec.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1
    job_id: str
    filename: str
    options: JobOptions | None  # None when the options themselves could not be read
    selected: SelectedPages
    file_size_bytes: int
    start_time: UtcTime  # when the submission was stored
    deadline: UtcTime  # pages that have no result by then have failed
    document_sha256: str  # hex; empty when the document could not be fetched
    # The job whose dead pages are read again here; its summary gets a new revision.
    replays: str | None = None
    tenant: str = "default"
    traceparent: str | None = None  # W3C trace context of the submission
    documents: tuple[JobDocument, ...] = ()  # in page order; empty for a job of one document

    @property
    def total_pages(self) -> int:
        return len(self.selected)

    def document_of(self, page_index: int) -> str | None:
        """The name of the document that a page is of; None in a job of one document."""
        after = bisect_right(
            self.documents, page_index + 1, key=lambda each: each.first_page_number
        )
        return self.documents[after - 1].filename if after else None


class DocumentFailed(BaseModel):
    """Event: the document as a whole cannot be read; the job ends with this reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    error: str


class WorkerMetrics(BaseModel):
    """One node's share of a job; of ingest, the pages that it took from text layers, or blank."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    worker: str
    pages: int
    total_time_ms: float
    avg_time_ms: float
    errors: int


class Outputs(BaseModel):
    """Names of a job's outputs in bucket OUTPUTS."""

    # As JobSummary, of which it is a part.
    model_config = ConfigDict(frozen=True, extra="ignore")

    result: str  # JSON: {metrics, results, combined_text, combined_markdown}
    text: str
    markdown: str
    pages: str  # JSON Lines: one entry of `results` a line, in page order
    # Those beyond the four that were asked for at submission, and could be made.
    formats: dict[OutputFormat, str] = {}

    def names(self) -> tuple[str, ...]:
        """Of all that the summary tells of."""
        return (self.result, self.text, self.markdown, self.pages, *self.formats.values())

    def name_of(self, output_format: OutputFormat) -> str | None:
        """The name of a format that was made before the job ended, None for one that was not."""
        always: dict[OutputFormat, str] = {
            "json": self.result,
            "text": self.text,
            "markdown": self.markdown,
            "jsonl": self.pages,
        }
        return always.get(output_format, self.formats.get(output_format))

    def name_for(self, output_format: OutputFormat, suffix: str) -> str:
        """The name of a format that is made afterwards; a new revision has other names."""
        return f"{self.result.rpartition('/')[0]}/{output_format}{suffix}"

    def possible_names(self, output_format: OutputFormat) -> tuple[str, ...]:
        """All under which a format may be found."""
        if (made := self.name_of(output_format)) is not None:
            return (made,)
        return tuple(self.name_for(output_format, each) for each in suffixes_of(output_format))


_ABOUT_KEEPING: Final = {
    "outputs", "revision", "replayed_by", "document_sha256", "tenant", "language", "options",
}  # fmt: skip


class JobSummary(BaseModel):
    """How a job ended, and its exact metrics, in JSON. Each revision is published once."""

    # Readers of other releases ignore what they do not know: the summary is kept for 30 days.
    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    filename: str
    status: Status
    total_pages: int
    pages_processed: int  # read, with or without text on them
    pages_failed: int
    total_words: int
    total_chars: int
    total_lines: int
    avg_confidence: float  # 0..1, mean over the pages that have lines
    start_time: UtcTime
    end_time: UtcTime
    total_duration_ms: float
    avg_page_time_ms: float  # mean engine time over processed pages
    file_size_bytes: int
    file_size_mb: float  # 1 MB = 1024 * 1024 bytes
    ocr_rounds_per_worker: dict[str, int]  # pages that were read, by node; text layers are not
    worker_metrics: tuple[WorkerMetrics, ...]
    errors: tuple[str, ...]
    outputs: Outputs | None = None
    # Counts up when dead pages of the job are replayed; every revision is told once.
    revision: int = 1
    # The jobs by which dead pages of this one were read again.
    replayed_by: tuple[str, ...] = ()
    document_sha256: str = ""
    tenant: str = "default"
    language: str = "en"  # that it was read in
    # What was asked for, as headers say it (JobOptions.to_headers); empty where that was not to be
    # read, and of releases that did not keep it.
    options: dict[str, str] = {}
    documents: tuple[JobDocument, ...] = ()  # of a ZIP, in page order

    def metrics(self) -> dict[str, Any]:
        """The job's metrics as users see them, without what is about their keeping."""
        return self.model_dump(mode="json", exclude=_ABOUT_KEEPING)
