"""Who is next where one is served at a time."""

import asyncio

from ingest.gateway.web.turns import Turns
from tests.waiting import wait_until


async def test_who_asks_for_much_lets_each_other_tenant_and_document_pass() -> None:
    turns, served = Turns(), list[str]()
    go_on = asyncio.Event()

    async def ask(tenant: str, document: str) -> None:
        async with turns.of(tenant=tenant, document=document):
            served.append(f"{tenant} {document}")
            await go_on.wait()

    asked = ["a large"] * 4 + ["a small"] + ["b other"] * 2 + ["a gone"]
    tasks = [asyncio.create_task(ask(*each.split())) for each in asked]
    await wait_until(lambda: served == ["a large"], "the first turn")
    assert (turns.waiting_of("a"), turns.waiting_of("b")) == (5, 2)
    tasks[-1].cancel()
    # Whoever leaves at the moment of their turn holds nobody up.
    tasks[0].cancel()
    go_on.set()
    await asyncio.wait(tasks)
    assert served == ["a large", "b other", "a small", "b other", *["a large"] * 3]
    assert turns.waiting_of("a") == 0
    async with asyncio.timeout(1), turns.of(tenant="c", document="late"):
        pass
