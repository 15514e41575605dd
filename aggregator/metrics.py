"""The exact figures of a job, added up page by page."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aggregator.format_files import ABOUT_FORMAT
from contracts.jobs import JobManifest, JobSummary, Status, WorkerMetrics
from contracts.pages import PageFailed, PageResult

_BYTES_PER_MB: Final = 1024 * 1024


@dataclass(kw_only=True)
class _Share:
    pages: int = 0
    rounds: int = 0
    errors: int = 0
    total_time_ms: float = 0.0


@dataclass(kw_only=True)
class JobMetrics:
    """A running total. Feed it every page of the job once, then ask for the summary."""

    manifest: JobManifest
    processed: int = 0
    failed: int = 0
    words: int = 0
    chars: int = 0
    lines: int = 0
    cancelled: bool = False
    errors: list[str] = field(default_factory=list)
    _confidences: list[float] = field(default_factory=list)
    _read_time_ms: float = 0.0
    _shares: dict[str, _Share] = field(default_factory=dict)

    def add(self, result: PageResult) -> None:
        """Counts a page."""
        if isinstance(result, PageFailed):
            self.failed += 1
        else:
            self.processed += 1
            self.words += len(result.text.split())
            self.chars += len(result.text)
            self.lines += len(result.lines)
            self._read_time_ms += result.duration_ms
            if result.lines:
                self._confidences.append(result.confidence)
        if result.error is not None:
            # Of a page that was read in part, too.
            self.errors.append(_about_page(result, result.error))
        if result.worker is not None:
            share = self._shares.setdefault(result.worker, _Share())
            share.pages += 1
            share.rounds += isinstance(result, PageFailed) or (
                result.source == "ocr" and not result.reused
            )
            share.errors += isinstance(result, PageFailed)
            share.total_time_ms += result.duration_ms

    def reject(self, reason: str) -> None:
        """Notes why the document as a whole could not be read."""
        self.errors.insert(0, reason)

    def carry_over(self, before: JobSummary) -> None:
        """Notes what an earlier revision says of the job as a whole: all but what is wrong with
        single pages and formats."""
        self.cancelled = before.status == "cancelled"
        self.errors.extend(
            error for error in before.errors if not error.startswith(("page ", ABOUT_FORMAT))
        )

    def cancel(self) -> None:
        """Notes that the job ends before its last page because somebody wanted it so."""
        self.cancelled = True
        read, total = self.processed + self.failed, self.manifest.total_pages
        self.errors.append(f"cancelled after {read} of {total} pages")

    def summary(self, *, end_time: datetime) -> JobSummary:
        """The job's summary, without its outputs."""
        confidences = self._confidences
        return JobSummary(
            job_id=self.manifest.job_id,
            filename=self.manifest.filename,
            status=self._status(),
            total_pages=self.manifest.total_pages,
            pages_processed=self.processed,
            pages_failed=self.failed,
            total_words=self.words,
            total_chars=self.chars,
            total_lines=self.lines,
            avg_confidence=round(sum(confidences) / len(confidences), 6) if confidences else 0.0,
            start_time=self.manifest.start_time,
            end_time=end_time,
            total_duration_ms=round(
                (end_time - self.manifest.start_time).total_seconds() * 1000.0, 3
            ),
            avg_page_time_ms=round(self._read_time_ms / self.processed, 3)
            if self.processed
            else 0.0,
            file_size_bytes=self.manifest.file_size_bytes,
            file_size_mb=round(self.manifest.file_size_bytes / _BYTES_PER_MB, 6),
            ocr_rounds_per_worker={
                worker: share.rounds
                for worker, share in sorted(self._shares.items())
                if share.rounds
            },
            worker_metrics=tuple(
                WorkerMetrics(
                    worker=worker,
                    pages=share.pages,
                    total_time_ms=round(share.total_time_ms, 3),
                    avg_time_ms=round(share.total_time_ms / share.pages, 3),
                    errors=share.errors,
                )
                for worker, share in sorted(self._shares.items())
            ),
            errors=tuple(self.errors),
            document_sha256=self.manifest.document_sha256,
            tenant=self.manifest.tenant,
            language=self.manifest.options.language if self.manifest.options else "en",
            options=self.manifest.options.to_headers() if self.manifest.options else {},
            documents=self.manifest.documents,
        )

    def _status(self) -> Status:
        if self.cancelled:
            return "cancelled"
        if self.processed == 0:
            return "failed"
        return "partial_success" if self.failed or self.errors else "success"


def _about_page(result: PageResult, reason: str) -> str:
    page = f"page {result.page_index + 1}"
    of = f" ({result.document})" if result.document is not None else ""
    # Some reasons say by themselves which page it is.
    if reason.startswith(f"{page} "):
        return f"{page}{of}{reason[len(page) :]}"
    return f"{page}{of}: {reason}"
