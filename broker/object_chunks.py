"""The chunks of an object, in order, several of them asked for at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Final

from nats.js.api import RawStreamMsg

# One that the broker looks up, one on its way, one that is worked on.
AT_ONCE: Final = 3
# An answer waits behind those that were asked for before it, and each may take 10 s: on a line
# where one takes as long as this, they are asked for one by one.
_SLOW_S: Final = 1.0

FirstFrom = Callable[[int], Coroutine[Any, Any, RawStreamMsg]]


async def chunks_in_order(
    first_from: FirstFrom, *, begin: int, size: int, at_once: int
) -> AsyncGenerator[tuple[int, bytes]]:
    """Each chunk with its place in the stream, until `size` bytes have come. `first_from`: the
    first chunk at a place of the stream or behind it; `begin`: the place of the first one, or any
    before it. Close it (contextlib.aclosing). Raises: what `first_from` raises.

    Where the next chunk lies, only the one before tells. Mostly it is the next place, which is
    asked for beforehand; where another object's chunk lies there, the answer is one that comes
    twice, and is left out.
    """
    asked: deque[asyncio.Task[tuple[RawStreamMsg, bool]]] = deque()
    next_place, last, left = begin, begin - 1, size
    at_once_now, likely_bytes = 1, size
    try:
        while left > 0:
            while not asked or (len(asked) < at_once_now and len(asked) * likely_bytes < left):
                asked.append(asyncio.create_task(_timed(first_from, next_place)))
                next_place += 1
            chunk, was_quick = await asked.popleft()
            data, place = chunk.data or b"", chunk.seq or 0
            if place > last:
                follows = place == last + 1 or last < begin
                at_once_now = min(at_once_now + 1, at_once) if follows and was_quick else 1
                last, left, likely_bytes = place, left - len(data), max(len(data), 1)
                yield place, data
            if not asked:
                next_place = last + 1
    finally:
        for task in asked:
            task.cancel()
        # Looked at, so that asyncio does not report errors that nobody waits for any more.
        await asyncio.gather(*asked, return_exceptions=True)


async def _timed(first_from: FirstFrom, place: int) -> tuple[RawStreamMsg, bool]:
    """The answer, and whether it came soon."""
    clock = asyncio.get_running_loop().time
    began = clock()
    return await first_from(place), clock() - began < _SLOW_S
