"""The results of a job in page order, several of them asked for at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import batched
from typing import Final

from broker.results import Results
from contracts.pages import PageResult

# An answer takes a millisecond, most of which is waiting. Results have 20 KB, and 8 MB at the most.
_AT_ONCE: Final = 8


async def in_page_order(
    results: Results, job_id: str, indexes: Iterable[int]
) -> AsyncIterator[tuple[int, PageResult | None, bytes | None]]:
    """Each page index with its result, None for one that has none, and the JSON that the result was
    told in, if it was. Raises: BrokerUnavailable."""
    for some in batched(indexes, _AT_ONCE):
        found = await asyncio.gather(
            *(results.page_as_told(job_id=job_id, page_index=index) for index in some),
            return_exceptions=True,  # so that all have ended when one of them is raised
        )
        for index, result in zip(some, found, strict=True):
            if isinstance(result, BaseException):
                raise result
            yield index, *result
