"""A client that stops when it is told to, and leaves no connection open."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats.errors
import psutil
import pytest

from broker.announcements import Announcements
from broker.connection import Broker, BrokerAddress
from broker.job_store import JobStore
from broker.publishing import publish
from contracts.errors import BrokerUnavailable
from tests.chaos.proxy import Link
from tests.examples import job_summary
from tests.nats_server import NatsServer
from tests.waiting import wait_until


@asynccontextmanager
async def through_link(server: NatsServer) -> AsyncIterator[tuple[Link, Broker]]:
    """A link to the server that can be made to fail, and a connection through it."""
    async with (
        Link(target_port=int(server.url.rpartition(":")[2])) as link,
        await Broker.connect(BrokerAddress(url=link.url), name="test") as through,
    ):
        yield link, through


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


async def test_attempts_that_come_to_nothing_leave_no_connection_open(
    nats_server: NatsServer,
) -> None:
    """A link that takes connections and carries nothing, as a half-dead router does."""
    async with through_link(nats_server) as (link, through):
        through.client.options["connect_timeout"] = 0.05
        link.fail("cut")
        link.fail("drop")
        server = through.client._server_pool[0]
        tries = server.reconnects
        await wait_until(lambda: server.reconnects >= tries + 5, "five attempts", 20.0)
        connections = psutil.Process().net_connections("tcp4")
        ours = [each for each in connections if each.raddr and each.raddr.port == link.port]
        # The last attempt may be under way.
        assert len(ours) <= 1
        link.heal()
        await wait_until(lambda: through.client.is_connected, "the connection", 20.0)


async def test_a_flush_that_is_cancelled_does_not_make_the_client_deaf(broker: Broker) -> None:
    """Its pong comes all the same, and nats-py stops reading over it."""
    for _ in range(20):
        flush = asyncio.create_task(broker.client.flush())
        await asyncio.sleep(0)
        flush.cancel()
        await asyncio.wait({flush})
    await broker.client.flush()
    reading = broker.client._reading_task
    assert reading is not None
    assert not reading.done()
    await broker.jetstream.account_info()


async def test_who_waits_for_an_answer_is_told_at_once_that_the_connection_has_ended(
    nats_server: NatsServer,
) -> None:
    """A time-out of 10 s would say so too, to a door's client that has waited all the while."""
    async with through_link(nats_server) as (link, through):
        link.fail("drop")
        questions = [
            asyncio.create_task(through.jetstream.account_info()),
            asyncio.create_task(publish(through, "ocr.nobody", b"")),
            asyncio.create_task(JobStore(through).summary("a-job", certain=True)),
        ]
        await wait_until(lambda: len(through.client._resp_map) == 3, "three questions to be asked")
        began = asyncio.get_running_loop().time()
        link.fail("cut")
        found = await asyncio.gather(*questions, return_exceptions=True)
        assert asyncio.get_running_loop().time() - began < 2
        assert [type(each) for each in found] == [
            nats.errors.ConnectionClosedError,
            BrokerUnavailable,
            BrokerUnavailable,
        ]
        link.heal()
        await wait_until(lambda: through.client.is_connected, "the connection", 20.0)
        await through.jetstream.account_info()


async def test_who_waits_for_an_answer_is_told_when_our_own_side_closes(
    nats_server: NatsServer,
) -> None:
    async with through_link(nats_server) as (link, through):
        link.fail("drop")
        question = asyncio.create_task(through.jetstream.account_info())
        await wait_until(lambda: bool(through.client._resp_map), "the question to be asked")
        await through.close()
        with pytest.raises(nats.errors.ConnectionClosedError):
            await asyncio.wait_for(question, 2)


async def test_an_answer_that_nobody_waits_for_is_not_reported_at_the_end(
    nats_server: NatsServer,
) -> None:
    """nats-py keeps the place of an answer whose question could not be sent."""
    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: reported.append(about))
    async with through_link(nats_server) as (link, through):
        with pytest.raises(nats.errors.MaxPayloadError):
            await through.client.request("ocr.nobody", bytes(through.client.max_payload + 1))
        assert len(through.client._resp_map) == 1
        link.fail("cut")
        await wait_until(lambda: not through.client._resp_map, "its place to be given up")
    gc.collect()
    assert reported == []


async def test_a_subscription_that_was_not_confirmed_is_made_on_the_next_connection(
    nats_server: NatsServer,
) -> None:
    async with (
        through_link(nats_server) as (link, through),
        await Broker.connect(BrokerAddress(url=nats_server.url), name="other") as other,
    ):
        link.fail("drop")
        listening = contextlib.AsyncExitStack()
        entering = asyncio.create_task(
            listening.enter_async_context(Announcements(through).endings())
        )
        await wait_until(lambda: bool(through.client._pongs), "the subscription to be sent")
        link.fail("cut")
        endings = await asyncio.wait_for(entering, 5)
        link.heal()
        await wait_until(lambda: through.client.is_connected, "the connection", 20.0)
        await through.client.flush()
        await other.client.publish("ocr.done.a-job", job_summary().model_dump_json().encode())
        await asyncio.wait_for(endings.get(), 5)
        await listening.aclose()
