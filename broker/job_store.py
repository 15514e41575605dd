"""What is known of a job beside its pages: manifest and checkpoint (KV JOBS), and its summary."""

import contextlib
from datetime import timedelta

import structlog
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.key_values import KeyValues
from broker.publishing import publish_next
from broker.purging import purge
from broker.stored_messages import last_message
from contracts import subjects, topology
from contracts.errors import SchemaVersionUnknown
from contracts.ids import is_token
from contracts.jobs import JobManifest, JobSummary
from tracing.work import trace_headers

log = structlog.get_logger(__name__)


class JobStore:
    """Manifests, checkpoints and summaries, by job id."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._values = KeyValues(broker)

    async def put_manifest(self, manifest: JobManifest) -> None:
        await self._values.put(f"{manifest.job_id}.manifest", manifest.model_dump_json().encode())

    async def manifest(self, job_id: str, *, certain: bool = False) -> JobManifest | None:
        """None before ingest has opened the document, and after the job has ended. `certain`: as
        for KeyValues.get. Raises: BrokerUnavailable, SchemaVersionUnknown."""
        value = await self._values.get(f"{job_id}.manifest", certain=certain)
        if value is None:
            return None
        try:
            manifest = JobManifest.model_validate_json(value)
        except ValidationError as wrong:
            raise SchemaVersionUnknown(
                f"the manifest of job {job_id} was written by another release; "
                "run the same release of distributed-ocr on every machine"
            ) from wrong
        if manifest.job_id != job_id:
            raise SchemaVersionUnknown(
                f"what stands in the place of the manifest of job {job_id} is another job's; "
                "remove it, nothing but distributed-ocr writes to KV JOBS"
            )
        return manifest

    async def is_open(self, job_id: str) -> bool:
        """Whether the job has a manifest, for who may not read it. Raises: BrokerUnavailable."""
        return await self._values.has(f"{job_id}.manifest")

    async def open_jobs(self) -> set[str]:
        """The ids of all jobs that have a manifest: those that have not ended, and those whose
        manifest came back (see docs/adr/0006-what-was-removed-may-come-back.md)."""
        return await self._values.jobs_with("manifest")

    async def noted_jobs(self) -> set[str]:
        """The ids of all jobs of which anything is noted: a manifest, or a mark."""
        return await self._values.jobs_with(">")

    async def put_checkpoint(self, job_id: str, page_index: int) -> None:
        """Remembers that all selected pages up to this one (0-based) are in the queue."""
        await self._values.put(f"{job_id}.checkpoint", str(page_index).encode())

    async def checkpoint(self, job_id: str) -> int:
        """The last page index known to be in the queue; -1 before the first."""
        # Of a new job there is none, which the leader has to say anyway.
        value = await self._values.get(f"{job_id}.checkpoint", certain=True)
        with contextlib.suppress(TypeError, ValueError):
            return int(value)  # type: ignore[arg-type] # None is the first of what is suppressed
        return -1

    async def forget(self, job_id: str) -> None:
        """Removes all but the summary, which says all that is left to know."""
        await self._values.remove_all_of(job_id)

    async def publish_summary(self, summary: JobSummary, *, after: int | None = None) -> bool:
        """Ends a job, which `ocr.done` tells once. `after`: the stream sequence of the revision
        before, None for the first. False if that revision has its successor already."""
        if after is None:
            known, after = await self.latest_summary(summary.job_id)
            if known is not None:
                return known == summary
        payload = summary.model_dump_json().encode()
        return await publish_next(
            self._broker, subjects.summary(summary.job_id), payload, trace_headers(), after=after
        )

    async def tell_tenant(self, job_id: str) -> None:
        """Tells the latest revision on `ocr.done_of.<tenant>.<job>`, once, whoever calls it how
        often; nothing while the job goes on. Raises: BrokerUnavailable."""
        summary, _ = await self.latest_summary(job_id)
        if summary is None or not is_token(summary.tenant):
            return
        subject = subjects.ending(tenant=summary.tenant, job_id=job_id)
        payload = summary.model_dump_json().encode()
        with in_our_words("looking for what a tenant was told"):
            try:
                found = await self._broker.jetstream.get_last_msg(topology.ENDINGS, subject)
            except NotFoundError:
                told, after = b"", 0
            else:
                told, after = found.data or b"", found.seq or 0
        if told != payload:
            await publish_next(self._broker, subject, payload, after=after)

    async def summary(self, job_id: str, *, certain: bool = False) -> JobSummary | None:
        """The latest revision; None while the job goes on. `certain`: as for KeyValues.get.
        Raises: BrokerUnavailable."""
        return (await self.latest_summary(job_id, certain=certain))[0]

    async def latest_summary(
        self, job_id: str, *, certain: bool = True
    ) -> tuple[JobSummary | None, int]:
        """The latest revision and its stream sequence, (None, 0) while the job goes on.

        What cannot be read counts as none, and gives its sequence, after which one can be stored.
        """
        with in_our_words("reading a job's summary"):
            try:
                found = await last_message(
                    self._broker.jetstream,
                    topology.SUMMARY,
                    subjects.summary(job_id),
                    certain=certain,
                )
            except NotFoundError:
                return None, 0
        try:
            return JobSummary.model_validate_json(found.data or b""), found.seq or 0
        except ValidationError:
            log.warning("something else stands in a summary's place", job_id=job_id)
            return None, found.seq or 0

    async def bury(self, job_id: str) -> None:
        """Notes that the job is deleted: what is still under way of it comes to nothing."""
        await self._values.bury(job_id)

    async def is_buried(self, job_id: str) -> bool:
        """Whether the job was deleted lately, so that its id is not free. Raises:
        BrokerUnavailable."""
        return await self._values.is_buried(job_id)

    async def clear_tombstones(self, older_than: timedelta) -> None:
        """Frees the ids of jobs that were deleted before that. Raises: BrokerUnavailable."""
        await self._values.clear_tombstones(older_than)

    async def delete_summary(self, job_id: str) -> None:
        """Removes every revision: the job is forgotten. Raises: BrokerUnavailable."""
        for stream, subject in (
            (topology.ENDINGS, subjects.endings_of_job(job_id)),
            (topology.SUMMARY, subjects.summary(job_id)),
        ):
            await purge(self._broker, stream, subject=subject, doing="removing a summary")
