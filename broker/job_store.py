"""What is known of a job beside its pages: manifest and checkpoint (KV JOBS), and its summary."""

from nats.js.errors import KeyNotFoundError, NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.publishing import publish_first
from contracts import subjects, topology
from contracts.jobs import JobManifest, JobSummary


class JobStore:
    """Manifests, checkpoints and summaries, by job id."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def put_manifest(self, manifest: JobManifest) -> None:
        await self._put(f"{manifest.job_id}.manifest", manifest.model_dump_json().encode())

    async def manifest(self, job_id: str) -> JobManifest | None:
        """None before ingest has opened the document. Raises: BrokerUnavailable."""
        value = await self._get(f"{job_id}.manifest")
        return None if value is None else JobManifest.model_validate_json(value)

    async def put_checkpoint(self, job_id: str, page_index: int) -> None:
        """Remembers that all selected pages up to this one (0-based) are in the queue."""
        await self._put(f"{job_id}.checkpoint", str(page_index).encode())

    async def checkpoint(self, job_id: str) -> int:
        """The last page index known to be in the queue; -1 before the first."""
        value = await self._get(f"{job_id}.checkpoint")
        return -1 if value is None else int(value)

    async def delete(self, job_id: str) -> None:
        """Forgets manifest and checkpoint: the summary says all that is left to know."""
        with in_our_words("forgetting a job's manifest"):
            values = await self._broker.jetstream.key_value(topology.JOBS)
            for key in (f"{job_id}.checkpoint", f"{job_id}.manifest"):
                await values.purge(key)

    async def publish_summary(self, summary: JobSummary) -> bool:
        """Ends a job, which `ocr.done` tells once. False if the job had its summary already."""
        return await publish_first(
            self._broker, subjects.summary(summary.job_id), summary.model_dump_json().encode()
        )

    async def summary(self, job_id: str) -> JobSummary | None:
        """None while the job goes on. Raises: BrokerUnavailable."""
        with in_our_words("reading a job's summary"):
            try:
                found = await self._broker.jetstream.get_last_msg(
                    topology.SUMMARY, subjects.summary(job_id), direct=True
                )
            except NotFoundError:
                return None
        return JobSummary.model_validate_json(found.data or b"")

    async def _put(self, key: str, value: bytes) -> None:
        with in_our_words("noting a job's state"):
            values = await self._broker.jetstream.key_value(topology.JOBS)
            await values.put(key, value)

    async def _get(self, key: str) -> bytes | None:
        with in_our_words("reading a job's state"):
            values = await self._broker.jetstream.key_value(topology.JOBS)
            try:
                return (await values.get(key)).value
            except (KeyNotFoundError, NotFoundError):
                return None
