"""Opening and closing a puller of what is asked for in other words than messages."""

from types import TracebackType
from typing import Self

from broker.pull import Puller


class Pulling:
    """Opens and closes the puller of what is asked for in other words than messages."""

    def __init__(self, puller: Puller) -> None:
        self._puller = puller

    async def __aenter__(self) -> Self:
        await self._puller.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._puller.__aexit__(kind, value, trace)
