"""Kept documents: those that give way to new ones, and those whose time is over."""

import asyncio
from typing import Final

import structlog

from broker.connection import Broker
from broker.kept_documents import KeptDocuments
from contracts.errors import BrokerUnavailable, StoreFull

log = structlog.get_logger(__name__)

# A bucket that gets full is seen in time by who puts 500 MB/s into one of 5 GB.
_EVERY_S: Final = 2.0


class DocumentTidier:
    """`keep`: whether documents are kept beyond the end of their jobs."""

    def __init__(self, broker: Broker, *, keep: bool) -> None:
        self._documents = KeptDocuments(broker)
        self._keep = keep

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self._documents.tidy(keep=self._keep)
            except (BrokerUnavailable, StoreFull) as wait:
                log.debug("tidying of documents waits", reason=str(wait))
            except Exception:
                log.exception("tidying of documents failed")
