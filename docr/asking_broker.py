"""The connection of a command that looks after a broker's jobs itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.connection import Broker
from broker.refusals import refusals_told
from docr.broker_address import broker_address
from docr.logs import configure_logging
from docr.settings import Settings


@asynccontextmanager
async def client_of(settings: Settings) -> AsyncIterator[Broker]:
    """A connection of somebody who asks, and sets nothing up. Raises: BrokerUnavailable,
    BrokerUnsuitable if it does not let this user ask."""
    configure_logging(settings.log_level or "error")
    address = broker_address(settings)
    async with await Broker.connect(address, name="docr client", quiet=True) as broker:
        with refusals_told(broker):
            yield broker
