"""What a broker has in its memory, and forgets when it is started anew: made again by who may, and
told of by who may not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from broker.apply_topology import apply_memory
from broker.check_topology import forgotten
from broker.connection import Broker
from broker.roles import Role
from contracts.errors import BrokerUnavailable, OcrError
from contracts.topology import Topology
from docr.patience import patiently
from guard.beside import beside

log = structlog.get_logger(__name__)

# What a broker has forgotten, nodes leave for so long to the few services that are no nodes.
_OTHERS_RESTORE_S: Final = 2.0
_LATER_S: Final = 30.0


@asynccontextmanager
async def restored_memory(
    broker: Broker, wanted: Topology, *, after_others: bool, give_up_after_s: float
) -> AsyncIterator[None]:
    """While the body runs, makes it anew whenever it is gone. `after_others`: if nobody else has
    done so soon. `give_up_after_s`: of each try, between which is a pause."""
    async with beside(_restore(broker, wanted, after_others, give_up_after_s)):
        yield


@asynccontextmanager
async def told_of_memory(broker: Broker, wanted: Topology, role: Role) -> AsyncIterator[None]:
    """While the body runs, says in the log what is gone for longer than others need to make it
    anew, and when it is there again: for a role that may not make it."""
    async with beside(_tell(broker, wanted, role)):
        yield


async def _restore(
    broker: Broker, wanted: Topology, after_others: bool, give_up_after_s: float
) -> None:
    while True:
        await broker.back.wait()
        broker.back.clear()
        try:
            if after_others:
                await asyncio.sleep(_OTHERS_RESTORE_S)
                if not await forgotten(broker, wanted):
                    continue
            await patiently(lambda: apply_memory(broker, wanted), give_up_after_s=give_up_after_s)
        except OcrError as wrong:
            # Progress is not told, nor nodes listed, until then; jobs end all the same.
            log.warning("progress and heartbeats cannot be stored", reason=str(wrong))
            await asyncio.sleep(_LATER_S)
            broker.back.set()


async def _tell(broker: Broker, wanted: Topology, role: Role) -> None:
    told: list[str] = []
    while True:
        broker.back.clear()
        await asyncio.sleep(_LATER_S)
        with contextlib.suppress(BrokerUnavailable):
            missing = await forgotten(broker, wanted, role)
            if missing and missing != told:
                log.warning(
                    "the broker was started anew and has forgotten what it had in memory: nodes "
                    "are not listed, progress is not told, and pages are read all the same; start "
                    "an aggregator, which makes it anew, or run 'docr setup' as the broker's "
                    "operator",
                    missing=", ".join(missing),
                )
            elif told and not missing:
                log.info("what the broker had forgotten is there again")
            told = missing
        if not told:
            await broker.back.wait()
