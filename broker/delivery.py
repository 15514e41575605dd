"""One hand-over of a message: to be renewed while it is worked on, and settled exactly once."""

from typing import Final

import nats.errors
import structlog
from nats.aio.msg import Msg

from broker.failures import in_our_words
from contracts.errors import BrokerUnavailable

log = structlog.get_logger(__name__)

# A confirmation takes 1 ms; one that takes seconds was lost with its connection.
_CONFIRM_S: Final = 5.0


class Delivery:
    """A message that this process holds on a lease.

    `number` counts hand-overs of the message from 1. Exactly one of `ack`, `nak` and `term` ends
    it; without any, the queue hands the message to somebody else when the lease runs out.
    """

    def __init__(self, message: Msg) -> None:
        self._message = message
        self.settled = False  # or being settled
        metadata = message.metadata
        self.number: int = metadata.num_delivered
        self.stream_sequence: int = metadata.sequence.stream
        self.stored_at = metadata.timestamp  # UTC, aware

    @property
    def payload(self) -> bytes:
        return self._message.data

    @property
    def subject(self) -> str:
        return self._message.subject

    @property
    def headers(self) -> dict[str, str]:
        return dict(self._message.headers or {})

    async def renew(self) -> None:
        """Prolongs the lease by the consumer's ack_wait. Raises: BrokerUnavailable."""
        with in_our_words("renewing a lease"):
            await self._message.in_progress()

    async def ack(self) -> None:
        """Done: the message leaves the queue. Returns once the server has confirmed it.

        Raises: BrokerUnavailable; the message is then handed over again, which is harmless.
        """
        self._settle()
        with in_our_words("acknowledging a message"):
            await self._message.ack_sync(timeout=_CONFIRM_S)

    async def nak(self, delay_s: float) -> None:
        """Back to the queue, to be handed over again after `delay_s`. Counts as a delivery."""
        self._settle()
        try:
            await self._message.nak(delay=delay_s)
        except nats.errors.Error as lost:
            # The lease runs out by itself and has the same effect, later.
            log.debug("a nak was lost", error=type(lost).__name__)

    async def term(self, reason: str) -> None:
        """Out of the queue for good; the reason goes to the advisory, and so to stream DEAD."""
        self._settle()
        # nats-py's term() takes no reason; the protocol does.
        line = " ".join(reason.split())[:500]
        try:
            await self._message._client.request(
                self._message.reply, f"+TERM {line}".encode(), timeout=_CONFIRM_S
            )
        except nats.errors.Error as lost:
            raise BrokerUnavailable(
                f"the broker did not confirm the end of a message ({type(lost).__name__})"
            ) from lost

    def _settle(self) -> None:
        if self.settled:
            raise RuntimeError("a delivery is settled exactly once")
        self.settled = True
