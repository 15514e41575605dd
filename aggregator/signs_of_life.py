"""Work that several aggregators could do, and one does: it shows the others that it goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from contracts.errors import BrokerUnavailable, StoreFull
from guard.beside import beside

# Who has said nothing for so long may have died: another begins.
OTHERS_TURN_S: Final = 5.0
LOOK_EVERY_S: Final = 0.25
# Less than a third of it: two signs may be lost.
SIGN_EVERY_S: Final = 1.5


@asynccontextmanager
async def signs_of_life(sign: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Gives a sign now and then for as long as the body runs; one that cannot be given costs
    nothing but work done twice."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(SIGN_EVERY_S)
            with contextlib.suppress(BrokerUnavailable, StoreFull):
                await sign()

    async with beside(tell()):
        yield


async def done_by_another(
    *, is_over: Callable[[], Awaitable[bool]], sign: Callable[[], Awaitable[bytes | None]]
) -> bool:
    """Waits for as long as somebody else gives signs of life; whether it is over then. `sign`:
    what changes with each sign."""
    clock = asyncio.get_running_loop().time
    give_up = clock() + OTHERS_TURN_S
    last = await sign()
    while clock() < give_up:
        await asyncio.sleep(LOOK_EVERY_S)
        if await is_over():
            return True
        if (newer := await sign()) != last:
            last, give_up = newer, clock() + OTHERS_TURN_S
    return False
