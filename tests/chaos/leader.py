"""Ends the broker that leads a stream, while a message is on its way into it."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import subjects, topology

# Subjects of those who publish there, seen before any broker has stored what they carry.
_SUBJECTS: Final = {
    topology.PAGES: subjects.PAGES_ALL,
    topology.RESULTS: subjects.RESULTS_ALL,
    topology.SUBMIT: subjects.SUBMIT,
    topology.SUMMARY: subjects.SUMMARY_ALL,
}
_ANSWERS: Final = "_INBOX.>"
_LOOK_AGAIN_S: Final = 0.3
# Without work nobody publishes: the leader is ended all the same.
_LONGEST_WAIT_S: Final = 5.0
_TROUBLE: Final = (nats.errors.Error, nats.js.errors.APIError, OSError, TimeoutError)


async def end_leader(client: Client, stream: str, end: Callable[[str], None]) -> tuple[str, bool]:
    """Calls `end` with the name of the leading broker at the moment when somebody publishes; that
    name, and whether a message was under way: sent, and not acknowledged before the broker was
    gone."""
    leader = await _leader_of(client, stream)
    sent: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    answered: set[str] = set()

    async def see(message: Msg) -> None:
        if message.reply and not sent.done():
            end(leader)
            sent.set_result(message.reply)

    async def hear(message: Msg) -> None:
        answered.add(message.subject)

    heard = [await client.subscribe(_ANSWERS, cb=hear)]
    try:
        await client.flush()
        heard.append(await client.subscribe(_SUBJECTS[stream], cb=see))
        async with asyncio.timeout(_LONGEST_WAIT_S):
            reply = await sent
        with contextlib.suppress(*_TROUBLE):
            await client.flush(timeout=1)
    except (*_TROUBLE, asyncio.CancelledError) as trouble:
        if not sent.done() or sent.cancelled():
            end(leader)
        if isinstance(trouble, asyncio.CancelledError):
            raise
        return leader, False
    else:
        return leader, reply not in answered
    finally:
        for each in heard:
            with contextlib.suppress(*_TROUBLE):
                await each.unsubscribe()


async def _leader_of(client: Client, stream: str) -> str:
    """Asks until there is one."""
    while True:
        with contextlib.suppress(*_TROUBLE):
            cluster = (await client.jetstream().stream_info(stream)).cluster
            if cluster is not None and cluster.leader:
                return cluster.leader
        await asyncio.sleep(_LOOK_AGAIN_S)
