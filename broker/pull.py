"""Pulling messages from consumers by the JetStream protocol itself.

nats-py's fetch waits out its whole timeout after a server restart, strands a message when it is
cancelled, and takes from one consumer only. A raw pull request answers every outcome at once:
404 nothing there, 408 expired, 409 consumer gone or changed, 503 no such consumer.
"""

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from broker.connection import Broker
from broker.delivery import Delivery
from broker.failures import in_our_words
from broker.open_requests import OpenRequests
from contracts.errors import BrokerUnavailable

log = structlog.get_logger(__name__)

# How long an idle request stays with the server. Short, because a puller that finds work on one
# consumer still holds its requests to the others, and what they catch waits for it.
IDLE_WAIT_S: Final = 1.0
# Answers that come back without a wait take 1 ms; beyond this the server or its link is gone.
_ANSWER_S: Final = 2.0
# A consumer that had nothing is not asked again at once: where pages take milliseconds, asking all
# of them for each page would cost more than the page.
_STAYS_EMPTY_S: Final = 0.05


async def _nak(delivery: Delivery) -> None:
    await delivery.nak(0)


class Puller:
    """Takes messages from one or more consumers of a stream, the first named preferred.

    An async context manager. `batch`: how many messages one request may bring. `keep_alive_s`: how
    often the lease of a message is renewed that arrived while its predecessor is being worked on;
    None for consumers without acks. `give_back` settles what arrived and was never taken; by
    default it is naked.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        stream: str,
        consumers: Sequence[str],
        batch: int = 1,
        keep_alive_s: float | None = 10.0,
        give_back: Callable[[Delivery], Awaitable[None]] | None = None,
    ) -> None:
        self._broker = broker
        self._stream = stream
        self._consumers = tuple(consumers)
        self._batch = batch
        self._keep_alive_s = keep_alive_s
        self._give_back = give_back or _nak
        # False once the server refused a request, or left it without any answer.
        self.consumer_answers = True
        self._inbox = broker.client.new_inbox()
        self._tokens = itertools.count(1)
        self._empty_until: dict[str, float] = {}  # by consumer, on the loop's clock
        self._idle = False  # whether the last wait brought nothing
        self._open = OpenRequests()
        self._ready: deque[Delivery] = deque()
        self._changed = asyncio.Event()
        self._subscription: Subscription | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        with in_our_words("subscribing to an inbox"):
            self._subscription = await self._broker.client.subscribe(
                f"{self._inbox}.*", cb=self._receive
            )
        if self._keep_alive_s is not None:
            self._keeper = asyncio.create_task(self._keep_ready_alive(self._keep_alive_s))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        # Requests still open may catch a message: wait for them, and give back what they caught.
        if not self._broker.client.is_closed and self._broker.client.is_connected:
            await self._wait_until(lambda: not self._open, IDLE_WAIT_S + 0.5)
            while self._ready and self._keeper is not None:
                with contextlib.suppress(BrokerUnavailable):
                    await self._give_back(self._ready.popleft())
            if self._subscription is not None:
                with contextlib.suppress(Exception):
                    await self._subscription.unsubscribe()

    async def next(self) -> Delivery | None:
        """The next message, or None after about a second without one.

        Raises: BrokerUnavailable.
        """
        if self._ready:
            return self._ready.popleft()
        # Who waited in vain is told of what comes by the requests below. To ask for what is there
        # before would double what idle nodes cost the broker.
        if len(self._consumers) > 1 and not self._idle:
            await self.ask_ahead()
            if self._ready:
                return self._ready.popleft()
        # Also when some are open still: what comes to the others must not wait until those expire.
        asked = self._open.consumers()
        for consumer in self._consumers:
            if consumer not in asked:
                await self._request(
                    consumer, {"batch": self._batch, "expires": int(IDLE_WAIT_S * 1e9)}
                )
        await self._wait_until(lambda: bool(self._ready) or not self._open, IDLE_WAIT_S + 0.5)
        if self._ready:
            return self._ready.popleft()
        self._idle = True
        if self._open:
            # Not even an expiry came back: the server was restarted, and the requests with it.
            self._open.clear()
            self.consumer_answers = False
        return None

    async def ask_ahead(self) -> None:
        """Asks for a message without waiting for one to come, in the order of the consumers; what
        there is stays here for `next`, on a lease that is renewed. Not while `next` is under way.

        Raises: BrokerUnavailable.
        """
        clock = asyncio.get_running_loop().time
        asked = self._open.consumers()
        for consumer in self._consumers:
            if self._ready:
                return
            if consumer in asked or clock() < self._empty_until.get(consumer, 0.0):
                continue
            token = await self._request(consumer, {"batch": 1, "no_wait": True})
            await self._wait_until(lambda t=token: t not in self._open, _ANSWER_S)
            if not self._ready:
                self._empty_until[consumer] = clock() + _STAYS_EMPTY_S

    async def _request(self, consumer: str, request: dict[str, Any]) -> str:
        if not self._broker.client.is_connected:
            await asyncio.sleep(0.1)  # the client reconnects by itself; do not spin meanwhile
            raise BrokerUnavailable("the connection to the broker is lost; waiting for it")
        token = str(next(self._tokens))
        self._open.begin(token, consumer, may_bring=request["batch"])
        with in_our_words("asking for messages"):
            await self._broker.client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{consumer}",
                json.dumps(request).encode(),
                reply=f"{self._inbox}.{token}",
            )
        return token

    async def _receive(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if message.reply.startswith("$JS.ACK."):
            self._idle = False
            self._ready.append(Delivery(message))
            self._open.brought_one(message.metadata.consumer)
        elif status != "100":  # 100 is a heartbeat; every other status is a request's last answer
            self._open.end(message.subject.rpartition(".")[2])
            if status not in {"404", "408"}:
                self.consumer_answers = False
                log.debug("pull request refused", stream=self._stream, status=status)
        self._changed.set()

    async def _wait_until(self, condition: Any, timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()

    async def _keep_ready_alive(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            for delivery in tuple(self._ready):
                with contextlib.suppress(BrokerUnavailable):
                    await delivery.renew()
