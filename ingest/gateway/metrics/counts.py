"""What a gateway counts itself, since it started."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from contracts.events import JobEvent, PageDone, PageLost
from contracts.jobs import JobSummary

# From a blank page with engine echo to one that needs all of WORKER_REQUEST_TIMEOUT.
_PAGE_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120)
# Requests that wait for a job, and those that follow one, take as long as it does.
_HTTP_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_STATUSES: Final = ("success", "partial_success", "failed", "cancelled")


class Counts:
    """Counters and histograms; they begin at 0 with each gateway."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # When each of them began is of no use here, and doubles the output.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._jobs_ended = Counter(
            "docr_jobs_ended", "Jobs that ended.", ["status"], registry=registry
        )
        self._pages = Counter(
            "docr_pages", "Pages that ended, read or failed.", ["result"], registry=registry
        )
        self._more_attempts = Counter(
            "docr_page_attempts_over_one",
            "Attempts beyond the first at pages that ended.",
            registry=registry,
        )
        self._page_seconds = Histogram(
            "docr_page_seconds",
            "Time that an engine took to read a page, in seconds.",
            buckets=_PAGE_BUCKETS_S,
            registry=registry,
        )
        self._requests = Counter(
            "docr_http_requests",
            "HTTP requests that were answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "docr_http_seconds",
            "Time from a request to the end of its answer, in seconds.",
            ["route"],
            buckets=_HTTP_BUCKETS_S,
            registry=registry,
        )
        self._upload_bytes = Counter(
            "docr_upload_bytes", "Bytes of documents that came in.", registry=registry
        )
        # A rate over something that is not there yet is nothing, and an alert on it silent.
        for status in _STATUSES:
            self._jobs_ended.labels(status)
        for result in ("success", "failed"):
            self._pages.labels(result)

    def page_told(self, event: JobEvent) -> None:
        """Counts the end of a page; other events are nothing to count."""
        match event:
            case PageDone(attempts=attempts, duration_ms=duration_ms):
                self._pages.labels("success").inc()
                self._page_seconds.observe(duration_ms / 1000.0)
            case PageLost(attempts=attempts):
                self._pages.labels("failed").inc()
            case _:
                return
        self._more_attempts.inc(max(attempts - 1, 0))

    def job_ended(self, summary: JobSummary) -> None:
        """Counts the end of a job; revisions of its summary are no further ends."""
        if summary.revision == 1:
            self._jobs_ended.labels(summary.status).inc()

    def uploaded(self, size: int) -> None:
        """Counts bytes of a document."""
        self._upload_bytes.inc(size)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request. `route`: a template, of which there are few."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
