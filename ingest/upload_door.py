"""The bucket door: `nats object put UPLOADS scan.pdf` starts a job."""

import asyncio
from typing import Final

import structlog

from broker.connection import Broker
from broker.uploads import UploadedObject, UploadQueue
from contracts.errors import BrokerUnavailable, MessageUndecodable, StoreFull
from contracts.option_headers import HEADER_JOB_ID
from faults.fail_points import fail_point

log = structlog.get_logger(__name__)

_RETRY_S: Final = 1.0
# Faults of our own: somebody has to look at them, and other objects come first.
_LATER_S: Final = 60.0


class UploadDoor:
    """Submits what is put into the bucket, one after the other. Any number of them share it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, or it is cancelled: the next one finds what is left."""
        while not stop.is_set():
            try:
                async with UploadQueue(self._broker) as queue:
                    while not stop.is_set():
                        await self._one(queue)
            except (BrokerUnavailable, StoreFull) as wait:
                # The object stays in its bucket, and comes again.
                log.debug("the bucket door waits", reason=str(wait))
                await asyncio.sleep(_RETRY_S)

    async def _one(self, queue: UploadQueue) -> None:
        upload = await queue.pull()
        if upload is None:
            return
        fail_point("ingest.upload_seen")
        try:
            await self._submit(queue, upload)
        except (BrokerUnavailable, StoreFull, asyncio.CancelledError):
            await upload.delivery.nak(_RETRY_S)
            raise
        except MessageUndecodable as wrong:
            log.warning("an object was passed over", reason=str(wrong))
        except Exception:
            log.exception("an object could not be submitted", subject=upload.delivery.subject)
            await upload.delivery.nak(_LATER_S)
            return
        await upload.delivery.ack()

    async def _submit(self, queue: UploadQueue, upload: UploadedObject) -> None:
        headers = upload.submission()
        if headers is None:
            return
        await queue.submit(headers)
        fail_point("ingest.upload_submitted")
        log.info("an uploaded object was submitted", job_id=headers[HEADER_JOB_ID])
