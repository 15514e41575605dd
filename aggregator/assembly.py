"""The end of a job: outputs, summary, and then the removal of what led to them."""

import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import structlog

from aggregator.metrics import JobMetrics
from aggregator.outputs import OutputFiles
from broker.announcements import Announcements
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.results import Results
from contracts.events import JobFinished
from contracts.jobs import JobManifest, JobSummary, Outputs
from contracts.pages import PageFailed

log = structlog.get_logger(__name__)


class Assembler:
    """Ends jobs. Several may try at once, or one again after a crash: the first summary counts."""

    def __init__(
        self,
        *,
        results: Results,
        jobs: JobStore,
        outputs: ObjectBucket,
        announcements: Announcements,
        temp_dir: Path,
    ) -> None:
        self._results = results
        self._jobs = jobs
        self._outputs = outputs
        self._announcements = announcements
        self._temp_dir = temp_dir

    async def finish(self, manifest: JobManifest) -> None:
        """Ends a job whose pages have all ended, or whose document was rejected.

        Raises: BrokerUnavailable, StoreFull: call again.
        """
        job_id = manifest.job_id
        if await self._jobs.summary(job_id) is None:
            summary = await self._assemble(manifest)
            # From here on the job has ended, whatever dies.
            if await self._jobs.publish_summary(summary):
                log.info("job ended", job_id=job_id, status=summary.status)
                await self._announcements.tell(JobFinished(job_id=job_id, status=summary.status))
        await self.clear(job_id)

    async def clear(self, job_id: str) -> None:
        """Removes what an ended job left: results and manifest."""
        await self._results.purge(job_id)
        await self._jobs.delete(job_id)

    async def _assemble(self, manifest: JobManifest) -> JobSummary:
        job_id = manifest.job_id
        metrics = JobMetrics(manifest=manifest)
        rejection = await self._results.rejection(job_id)
        if rejection is not None:
            metrics.reject(rejection.error)
        with tempfile.TemporaryDirectory(dir=self._temp_dir, prefix="outputs-") as folder:
            files = OutputFiles(Path(folder))
            try:
                for page_index in manifest.selected.indexes():
                    result = await self._results.page(job_id=job_id, page_index=page_index)
                    if result is None:
                        result = PageFailed(
                            job_id=job_id,
                            page_index=page_index,
                            error="the page was not read, because its document was given up",
                        )
                    metrics.add(result)
                    files.add(result)
                summary = metrics.summary(end_time=datetime.now(UTC))
                files.finish(summary)
            finally:
                files.close()
            return summary.model_copy(update={"outputs": await self._store(job_id, files)})

    async def _store(self, job_id: str, files: OutputFiles) -> Outputs:
        # A name of its own for every attempt: two that overlap must not mix their chunks. Those of
        # an attempt whose summary came second are removed by the bucket's ttl.
        prefix = f"{job_id}/{secrets.token_hex(4)}"
        names = Outputs(
            result=f"{prefix}/result.json",
            text=f"{prefix}/text.txt",
            markdown=f"{prefix}/markdown.md",
        )
        for name, path in (
            (names.result, files.result),
            (names.text, files.text),
            (names.markdown, files.markdown),
        ):
            with path.open("rb") as file:
                await self._outputs.put(name, file)
        return names
