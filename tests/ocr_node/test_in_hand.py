"""The next page is read while the result of the one before is on its way, but only so far."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ocr_node.in_hand import InHand
from tests.waiting import wait_until

Free = Callable[[], None]


def page(stored: asyncio.Event) -> Callable[[Free], Awaitable[None]]:
    async def work(engine_is_free: Free) -> None:
        engine_is_free()
        await stored.wait()

    return work


async def test_a_page_may_begin_while_one_result_waits_and_not_while_two_do() -> None:
    in_hand, first, second = InHand(), asyncio.Event(), asyncio.Event()
    await in_hand.read(page(first))
    next_page = asyncio.create_task(in_hand.read(page(second)))
    done, _ = await asyncio.wait({next_page}, timeout=0.05)
    assert not done
    second.set()
    await next_page
    first.set()
    await in_hand.all_settled()


async def test_what_fails_before_the_engine_is_free_is_raised_and_the_rest_can_be_given_up() -> (
    None
):
    async def broken(_: Free) -> None:
        raise LookupError("no engine")

    in_hand, never = InHand(), asyncio.Event()
    await in_hand.read(page(never))
    with pytest.raises(LookupError, match="no engine"):
        await in_hand.read(broken)
    await in_hand.give_up()
    await wait_until(lambda: len(asyncio.all_tasks()) == 1, "the page to be given up")
