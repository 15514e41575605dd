"""A node: pulls pages and works on them one at a time, until it is told to stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from broker.connection import Broker
from broker.page_queue import PageDelivery, PagePuller
from contracts.errors import BrokerUnavailable, EngineUnavailable, StoreFull, TransientError
from contracts.languages import SCRIPTS, Script
from guard.beside import beside
from ocr_node.activity import Activity
from ocr_node.disposition import RetryPolicy
from ocr_node.in_hand import InHand
from ocr_node.page_work import PageWork
from ocr_node.reader import Reader
from ocr_node.reused_readings import ReusedReadings

log = structlog.get_logger(__name__)

# An engine that ends while it starts may have been ended by somebody who needed its memory.
_START_PAUSES_S: Final = (0.5, 2.0, 5.0)
# Where pages take longer, fetching the next one takes no share of the time that counts.
_QUICK_S: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """How a node works. `name` stands in every result of this node."""

    name: str
    scripts: tuple[Script, ...] = SCRIPTS  # of the pages that it takes
    page_timeout_s: float
    retry: RetryPolicy
    # A third of the consumer's ack_wait of 30 s: two renewals may be lost.
    renew_every_s: float = 10.0
    # What a page may still take after the node was told to stop; then it goes back to the queue.
    stop_grace_s: float = 30.0
    # Pages that were read before are not read again (see ocr_node.reused_readings).
    reuses_readings: bool = False


class Node:
    """One engine and the loop that feeds it."""

    def __init__(
        self, broker: Broker, *, reader: Reader, activity: Activity, settings: NodeSettings
    ) -> None:
        self._broker = broker
        self._reader = reader
        self._activity = activity
        self._settings = settings
        self._pages_are_quick = False
        self._work = PageWork(
            broker,
            reader=reader,
            activity=activity,
            worker=settings.name,
            page_timeout_s=settings.page_timeout_s,
            retry=settings.retry,
            renew_every_s=settings.renew_every_s,
            reused=ReusedReadings(broker, engine=reader.engine)
            if settings.reuses_readings
            else None,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; a page that it has begun is finished within the grace time,
        one that it has not is given back.

        Cancelling it gives up the pages in its hands, which are handed to other nodes.
        Raises: EngineUnavailable if the engine cannot start.
        """
        in_hand = InHand()
        try:
            await self._start_engine()
            self._activity.engine_is_ready()
            async with PagePuller(
                self._broker,
                scripts=self._settings.scripts,
                renew_every_s=self._settings.renew_every_s,
            ) as puller:
                log.info("node is ready", worker=self._settings.name)
                while not stop.is_set():
                    try:
                        # While the door has the engine, other nodes are quicker.
                        async with self._reader.turn:
                            pass
                        page = await puller.pull()
                        if page is not None:
                            await self._one(page, puller, in_hand, stop)
                    except (BrokerUnavailable, StoreFull) as wait:
                        log.debug("node waits", worker=self._settings.name, reason=str(wait))
                    except EngineUnavailable:
                        raise
                    except Exception:
                        log.exception("a page could not be taken, for a reason that is ours")
                await in_hand.all_settled()
        finally:
            await in_hand.give_up()
            await self._reader.stop()

    async def _start_engine(self) -> None:
        """Raises: EngineUnavailable; how its process ended, when it does so again and again."""
        for pause_s in _START_PAUSES_S:
            try:
                await self._reader.start()
            except TransientError as ended:
                log.warning(
                    "the engine did not start", worker=self._settings.name, reason=str(ended)
                )
                await asyncio.sleep(pause_s)
            else:
                return
        await self._reader.start()

    async def _one(
        self, page: PageDelivery, puller: PagePuller, in_hand: InHand, stop: asyncio.Event
    ) -> None:
        """Returns when the engine is free for the next page. Raises: EngineUnavailable."""
        if stop.is_set():
            await puller.give_back(page)
            return
        clock = asyncio.get_running_loop().time
        began = clock()
        # Of slow pages none is held that another node could begin.
        ahead = asyncio.create_task(_fetched(puller)) if self._pages_are_quick else None
        try:
            await in_hand.read(lambda free: self._handle(page, puller, stop, free))
            self._pages_are_quick = clock() - began < _QUICK_S
        except BaseException:
            if ahead is not None:
                ahead.cancel()
            raise
        finally:
            if ahead is not None:
                await asyncio.wait({ahead})

    async def _handle(
        self,
        page: PageDelivery,
        puller: PagePuller,
        stop: asyncio.Event,
        engine_is_free: Callable[[], None],
    ) -> None:
        try:
            async with _limited_once_stopped(stop, self._settings.stop_grace_s):
                await self._work.handle(page, engine_is_free=engine_is_free)
        except TimeoutError:
            log.warning(
                "a page takes longer than the node may",
                worker=self._settings.name,
                **page.about(),
            )
            if not page.delivery.settled:
                await page.delivery.nak(0)
        except (BrokerUnavailable, StoreFull) as wait:
            # Nothing is lost: what was not settled is handed over again.
            log.debug("node waits", worker=self._settings.name, reason=str(wait))
        except EngineUnavailable:
            # This node cannot read anything: its supervisor must know, and others take over.
            await puller.give_back(page)
            raise
        except Exception:
            # It comes again, to another node too, until its attempts are spent.
            log.exception("a page failed for a reason that is ours")


async def _fetched(puller: PagePuller) -> None:
    # Without a connection the next pull finds out by itself.
    with contextlib.suppress(BrokerUnavailable):
        await puller.ask_ahead()


@asynccontextmanager
async def _limited_once_stopped(stop: asyncio.Event, grace_s: float) -> AsyncIterator[None]:
    """Lets the body go on for `grace_s` after `stop` is set. Raises: TimeoutError."""
    async with asyncio.timeout(None) as limit:

        async def set_limit() -> None:
            await stop.wait()
            limit.reschedule(asyncio.get_running_loop().time() + grace_s)

        async with beside(set_limit()):
            yield
