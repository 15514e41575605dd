"""The connection of a command that looks after a broker's jobs itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.connection import Broker
from docr.broker_address import broker_address
from docr.logs import configure_logging
from docr.settings import Settings


@asynccontextmanager
async def client_of(settings: Settings) -> AsyncIterator[Broker]:
    """A connection of somebody who asks, and sets nothing up. Raises: BrokerUnavailable."""
    configure_logging(settings.log_level or "error")
    async with await Broker.connect(broker_address(settings), name="docr client") as broker:
        yield broker
