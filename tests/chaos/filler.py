"""Fills a stream, or the server's whole store, with messages that mean nothing, and takes them out
again: what a disk that is too small does."""

import asyncio
import contextlib
from typing import Final

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from tests.chaos.schedule import STORE

_FILLER_STREAM: Final = "CHAOS_FILLER"
# Subjects that the stream holds and nobody works on: no consumer's filter, no job's name. The
# aggregator sees the one in RESULTS, and must find neither a job nor a summary to it.
_SUBJECTS: Final = {
    STORE: ("chaos.filler", _FILLER_STREAM),
    "PAGES": ("ocr.page.chaos.filler", "PAGES"),
    "RESULTS": ("ocr.result.chaos-filler.0", "RESULTS"),
    "SUMMARY": ("ocr.summary.chaos-stuffing", "SUMMARY"),
    "JOBS": ("$KV.JOBS.chaos-filler.{}", "KV_JOBS"),
    "OUTPUTS": ("$O.OUTPUTS.C.chaos-filler", "OBJ_OUTPUTS"),
    "UPLOADS": ("$O.UPLOADS.C.chaos-filler", "OBJ_UPLOADS"),
    "PAGE_IMAGES": ("$O.PAGE_IMAGES.C.chaos-filler", "OBJ_PAGE_IMAGES"),
}
_LARGEST_BYTES: Final = 4 * 2**20
_SMALLEST_BYTES: Final = 1024
_RETRY_S: Final = 0.3
FULL: Final = frozenset({10077, 10023})


async def fill(jetstream: JetStreamContext, target: str) -> None:
    """Publishes until not even a small message is taken any more; then goes on, so that it stays
    full, until cancelled."""
    subject, stream = _SUBJECTS[target]
    number = 0
    size = _LARGEST_BYTES
    if target == STORE:
        await _make_stream(jetstream, subject)
    while True:
        number += 1
        try:
            await jetstream.publish(subject.format(number), bytes(size), stream=stream, timeout=5)
        except nats.js.errors.APIError as refused:
            if refused.err_code not in FULL:
                await asyncio.sleep(_RETRY_S)
            elif size > _SMALLEST_BYTES:
                size //= 4
            else:
                await asyncio.sleep(_RETRY_S)
        except (nats.errors.Error, OSError, TimeoutError):
            await asyncio.sleep(_RETRY_S)  # the broker is away


async def empty(jetstream: JetStreamContext, target: str) -> None:
    """Removes the filler; returns once it is gone, however long the broker is away."""
    subject, stream = _SUBJECTS[target]
    while True:
        try:
            if target == STORE:
                with contextlib.suppress(nats.js.errors.NotFoundError):
                    await jetstream.delete_stream(stream)
            else:
                await jetstream.purge_stream(stream, subject=subject.replace("{}", "*"))
        except (nats.errors.Error, nats.js.errors.APIError, OSError, TimeoutError):
            await asyncio.sleep(_RETRY_S)
        else:
            return


async def sweep(jetstream: JetStreamContext) -> None:
    """Removes all filler once more: a message that was on its way when `empty` came, or one that a
    killed server brought back."""
    for target in _SUBJECTS:
        await empty(jetstream, target)


async def _make_stream(jetstream: JetStreamContext, subject: str) -> None:
    while True:
        try:
            await jetstream.add_stream(StreamConfig(name=_FILLER_STREAM, subjects=[subject]))
        except (nats.errors.Error, nats.js.errors.APIError, OSError, TimeoutError):
            await asyncio.sleep(_RETRY_S)
        else:
            return
