"""A client that stops when it is told to."""

import asyncio

from broker.connection import Broker


async def test_a_cancellation_is_heard_while_a_large_message_is_being_sent(broker: Broker) -> None:
    """nats-py waits for the wire when much is pending, and loses a cancellation there."""
    client = broker.client
    client._max_pending_size = 1
    payload = bytes(4 * 2**20)
    rounds = 0

    async def send_for_ever() -> None:
        nonlocal rounds
        while True:
            await client.publish("nobody.listens", payload)
            rounds += 1

    for delay_s in (0.0, 0.001, 0.002, 0.005, 0.01, 0.02):
        sender = asyncio.create_task(send_for_ever())
        await asyncio.wait({sender}, timeout=0.01 + delay_s)
        sender.cancel()
        done, _ = await asyncio.wait({sender}, timeout=5)
        assert done, "the cancellation was lost"
        assert sender.cancelled()
    assert rounds > 0
