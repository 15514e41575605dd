"""Which subjects a stream holds messages of."""

import asyncio

import pytest
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.stream_subjects import subjects_of

# What the server tells in one answer (JSMaxSubjectDetails).
_AT_ONCE = 100_000


async def test_more_subjects_are_listed_than_the_server_tells_at_once(broker: Broker) -> None:
    await broker.jetstream.add_stream(name="MANY", subjects=["many.>"], storage="memory")
    for number in range(_AT_ONCE + 5):
        await broker.client.publish(f"many.{number}", b"")
    await broker.client.publish("many.7", b"again")
    await broker.client.flush()

    async def stored() -> int:
        return (await broker.jetstream.stream_info("MANY")).state.messages

    async with asyncio.timeout(60):
        while await stored() < _AT_ONCE + 6:
            pass
    found = await subjects_of(broker, "MANY", "many.*")
    assert len(found) == _AT_ONCE + 5
    assert found["many.7"] == 2
    assert found[f"many.{_AT_ONCE + 4}"] == 1
    assert await subjects_of(broker, "MANY", "many.7") == {"many.7": 2}


async def test_what_matches_nothing_and_no_stream_are_told_apart(broker: Broker) -> None:
    await broker.jetstream.add_stream(name="EMPTY", subjects=["empty.>"], storage="memory")
    assert await subjects_of(broker, "EMPTY", "empty.*") == {}
    with pytest.raises(NotFoundError):
        await subjects_of(broker, "NONE", "none.*")
