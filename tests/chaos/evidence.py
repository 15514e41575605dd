"""Everything that the broker holds at the end, read past every link, as plain data."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import nats.js.errors
from nats.js import JetStreamContext

from broker.connection import Broker
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from contracts import topology
from contracts.jobs import JobSummary

_WORK_QUEUES: Final = (topology.SUBMIT, topology.PAGES)


@dataclass(frozen=True, kw_only=True)
class Output:
    """A job's outputs as they stand in the bucket. `missing`: names that are not there, or whose
    bytes are not those that were stored."""

    result: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    markdown: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An object bucket: live objects by name, chunks that belong to none of them, and the age of
    the oldest message, in s."""

    ttl_s: float
    oldest_s: float
    objects: tuple[str, ...]
    nameless_chunks: int


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the checker judges."""

    accepted: frozenset[str]
    endings: dict[str, int]  # job id -> messages on ocr.done
    summaries: dict[str, list[JobSummary]]
    outputs: dict[str, Output]
    queued: dict[str, int]  # work queue -> messages
    unsettled: dict[str, int]  # consumer -> deliveries without an ack
    results: dict[str, int]  # subjects of RESULTS -> messages
    job_keys: tuple[str, ...]  # live keys of JOBS
    buckets: dict[str, Bucket]
    # Sentences about the processes: errors that nobody foresaw, what outlived its service.
    left_behind: tuple[str, ...] = ()


async def collect(broker: Broker, *, accepted: frozenset[str], endings: dict[str, int]) -> Evidence:
    """Reads streams and buckets. Nothing must be under way any more."""
    jetstream = broker.jetstream
    summaries: dict[str, list[JobSummary]] = {}
    for subject, count in (await subjects_of(jetstream, topology.SUMMARY)).items():
        job_id = subject.rpartition(".")[2]
        sequence = 0
        for _ in range(count):
            found = await jetstream.get_msg(
                topology.SUMMARY, seq=sequence + 1, subject=subject, next=True
            )
            sequence = found.seq or 0
            summary = JobSummary.model_validate_json(found.data or b"")
            summaries.setdefault(job_id, []).append(summary)
    outputs = {job_id: await _output(broker, each[0]) for job_id, each in summaries.items() if each}
    return Evidence(
        accepted=accepted,
        endings=endings,
        summaries=summaries,
        outputs=outputs,
        queued={name: await messages_in(jetstream, name) for name in _WORK_QUEUES},
        unsettled=await unsettled_of(jetstream),
        results=await subjects_of(jetstream, topology.RESULTS),
        job_keys=tuple(await live_keys(jetstream)),
        buckets={
            name: await _bucket(jetstream, name)
            for name in (topology.UPLOADS, topology.PAGE_IMAGES, topology.OUTPUTS)
        },
    )


async def unsettled_of(jetstream: JetStreamContext) -> dict[str, int]:
    """How many deliveries each consumer of a queue has not been told the end of."""
    return {
        consumer.name: consumer.num_ack_pending or 0
        for stream in (*_WORK_QUEUES, topology.DEAD)
        for consumer in await jetstream.consumers_info(stream)
    }


async def messages_in(jetstream: JetStreamContext, stream: str) -> int:
    """How many messages a stream holds."""
    return (await jetstream.stream_info(stream)).state.messages


async def subjects_of(
    jetstream: JetStreamContext, stream: str, pattern: str = ">"
) -> dict[str, int]:
    """The subjects of a stream that match, with the number of their messages."""
    state = (await jetstream.stream_info(stream, subjects_filter=pattern)).state
    return dict(state.subjects or {})


async def live_keys(jetstream: JetStreamContext) -> list[str]:
    """Keys of JOBS that have a value, not only the mark of a removal."""
    values = await jetstream.key_value(topology.JOBS)
    keys = []
    for subject in await subjects_of(jetstream, f"KV_{topology.JOBS}"):
        key = subject.removeprefix(f"$KV.{topology.JOBS}.")
        try:
            await values.get(key)
        except nats.js.errors.KeyNotFoundError:
            continue
        keys.append(key)
    return keys


async def _output(broker: Broker, summary: JobSummary) -> Output:
    if summary.outputs is None:
        return Output(missing=("all outputs: the summary names none",))
    missing: list[str] = []
    contents: list[str] = []
    bucket = ObjectBucket(broker, name=topology.OUTPUTS)
    names = summary.outputs
    for name in (names.result, names.text, names.markdown, names.pages):
        try:
            contents.append((await bucket.read_all(name)).decode())
        except ObjectMissing as wrong:
            missing.append(str(wrong))
            contents.append("")
    result, text, markdown, _ = contents
    return Output(
        result=json.loads(result or "{}"), text=text, markdown=markdown, missing=tuple(missing)
    )


async def _bucket(jetstream: JetStreamContext, name: str) -> Bucket:
    stream = f"OBJ_{name}"
    prefix = f"$O.{name}"
    info = await jetstream.stream_info(stream)
    chunks = await subjects_of(jetstream, stream, f"{prefix}.C.>")
    objects: list[str] = []
    for subject in await subjects_of(jetstream, stream, f"{prefix}.M.>"):
        meta = json.loads((await jetstream.get_last_msg(stream, subject)).data or b"{}")
        if not meta.get("deleted"):
            objects.append(base64.urlsafe_b64decode(subject.rpartition(".")[2]).decode())
            chunks.pop(f"{prefix}.C.{meta['nuid']}", None)
    oldest_s = 0.0
    if info.state.messages:
        oldest = await jetstream.get_msg(stream, seq=info.state.first_seq)
        if oldest.time is not None:
            oldest_s = (datetime.now(UTC) - oldest.time).total_seconds()
    return Bucket(
        ttl_s=info.config.max_age or 0.0,
        oldest_s=oldest_s,
        objects=tuple(objects),
        nameless_chunks=sum(chunks.values()),
    )
