"""Room in the queue of pages, asked for: that costs a fraction of an image that is sent in vain."""

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import topology


async def has_room(broker: Broker, subject: str, *, size: int) -> bool:
    """Whether the queue would take a page of so many bytes under `subject`, a job's, and some more:
    an eighth of what one job may have in it. Raises: BrokerUnavailable."""
    with in_our_words("looking at the queue of pages"):
        info = await broker.jetstream.stream_info(topology.PAGES, subjects_filter=subject)
    of_job, of_all = info.config.max_msgs_per_subject or 0, info.config.max_bytes or 0
    queued = (info.state.subjects or {}).get(subject, 0)
    if of_all > 0 and info.state.bytes + size >= of_all:
        return False
    return of_job <= 0 or queued <= of_job * 7 // 8
