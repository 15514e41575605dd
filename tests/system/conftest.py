"""A client of the bare NATS protocol."""

from collections.abc import AsyncIterator

import pytest

from broker.connection import Broker
from tests.raw_nats import RawNats


@pytest.fixture
async def raw(broker: Broker, broker_url: str) -> AsyncIterator[RawNats]:
    """A client over a plain socket, to a broker with the topology."""
    async with RawNats.connect(broker_url) as client:
        yield client
