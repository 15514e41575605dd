"""Who is next at something that serves one at a time."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(kw_only=True, eq=False)
class _Waiting:
    tenant: str
    document: str
    turn: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Turns:
    """One at a time, in turn by tenant, of a tenant by document, of a document by who came first:
    who asks for much waits for all that others ask, and they wait for one turn of each."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []  # in the order in which they came
        self._busy = False
        self._count = itertools.count(1)
        # When a tenant, or a document of one, had its last turn, for as long as anybody waits.
        self._served: dict[tuple[str, ...], int] = {}

    @asynccontextmanager
    async def of(self, *, tenant: str, document: str) -> AsyncIterator[None]:
        """The turn of somebody who wants something of that document."""
        mine = _Waiting(tenant=tenant, document=document)
        self._waiting.append(mine)
        self._call_next()
        try:
            await mine.turn
            yield
        finally:
            if mine in self._waiting:  # gave up before its turn
                self._waiting.remove(mine)
            else:
                self._busy = False
            self._call_next()

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a turn, nor waits for one."""
        return not self._busy and not self._waiting

    def waiting_of(self, tenant: str) -> int:
        """How many wait of a tenant, without the one whose turn it is."""
        return sum(each.tenant == tenant for each in self._waiting)

    def _call_next(self) -> None:
        if self._busy:
            return
        waiting = [each for each in self._waiting if not each.turn.done()]  # others are giving up
        if not waiting:
            self._served.clear()
            return
        # The least recently served; of equals, min() takes the one that came first.
        chosen = min(
            waiting,
            key=lambda each: (
                self._served.get((each.tenant,), 0),
                self._served.get((each.tenant, each.document), 0),
            ),
        )
        self._waiting.remove(chosen)
        self._busy = True
        now = next(self._count)
        self._served[chosen.tenant,] = self._served[chosen.tenant, chosen.document] = now
        chosen.turn.set_result(None)
