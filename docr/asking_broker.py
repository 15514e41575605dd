"""The connection of a command that looks after a broker's jobs itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.connection import Broker, BrokerAddress
from docr.logs import configure_logging
from docr.settings import Settings


@asynccontextmanager
async def client_of(settings: Settings) -> AsyncIterator[Broker]:
    """A connection of somebody who asks, and sets nothing up. Raises: BrokerUnavailable."""
    configure_logging(settings.log_level or "error")
    address = BrokerAddress(url=settings.nats_url, credentials=settings.nats_creds)
    async with await Broker.connect(address, name="docr client") as broker:
        yield broker
