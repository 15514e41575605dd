"""The links of one client to all brokers of a cluster, which fail together; and those between the
brokers."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from tests.chaos.proxy import Link, Mode


class _Several:
    """Opens and closes links together."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._all = tuple(links)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for link in self._all:
            await self._stack.enter_async_context(link)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()


class Links(_Several):
    """One link to each broker, in their order. Fails and heals as one link does."""

    def __init__(self, *, target_ports: Sequence[int]) -> None:
        super().__init__(Link(target_port=port) for port in target_ports)

    @property
    def url(self) -> str:
        """All of them, with commas."""
        return ",".join(link.url for link in self._all)

    def fail(self, mode: Mode, *, delay_s: float = 0.0, toward_broker: bool = False) -> None:
        """See Link."""
        for link in self._all:
            link.fail(mode, delay_s=delay_s, toward_broker=toward_broker)

    def heal(self) -> None:
        """See Link."""
        for link in self._all:
            link.heal()


class Routes(_Several):
    """The links between brokers: one from each to each other one, which it finds by it alone."""

    def __init__(self, *, ports: dict[str, int]) -> None:
        self._links = {
            (one, other): Link(target_port=ports[other])
            for one in ports
            for other in ports
            if one != other
        }
        super().__init__(self._links.values())

    def from_(self, broker: str) -> list[int]:
        """The ports by which a broker finds the others."""
        return [link.port for (one, _), link in self._links.items() if one == broker]

    def cut_off(self, broker: str) -> None:
        """Neither hears the others nor is heard, until `join`. Its clients stay connected."""
        for link in self._of(broker):
            link.fail("drop")

    def join(self, broker: str) -> None:
        """Takes `cut_off` back."""
        for link in self._of(broker):
            link.heal()

    def _of(self, broker: str) -> Iterator[Link]:
        return (link for ends, link in self._links.items() if broker in ends)
