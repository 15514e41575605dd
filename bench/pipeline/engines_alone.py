"""Engines that are fed images from memory, without a broker or a service."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bench.pipeline.taken import NOTHING, Taken
from bench.pipeline.turns import Side
from bench.process_tree import Tree
from guard.guarded_child import GuardedChild
from ocr_node.engine_process import ENGINE_CHILD

_PAGE_TIMEOUT_S: Final = 600.0
_MEMORY_BYTES: Final = 16 * 2**30


class EnginesAlone:
    """Engines that are fed images from memory: what `loading` takes, and then `reading`."""

    def __init__(self, pages: Sequence[bytes], *, engine: dict[str, Any], engines: int) -> None:
        self._pages = pages
        self._children = [
            GuardedChild(
                target=ENGINE_CHILD,
                settings=engine,
                what="the OCR engine",
                memory_limit_bytes=_MEMORY_BYTES,
                start_timeout_s=_PAGE_TIMEOUT_S,
            )
            for _ in range(engines)
        ]
        self.loading = self.reading = NOTHING

    def trees(self) -> list[Tree]:
        return [Tree(pid=child.pid) for child in self._children if child.pid is not None]

    async def read_all(self, side: Side) -> None:
        """Raises: what a page raises that cannot be read."""
        left = iter(enumerate(self._pages))
        try:
            began = side.clock()
            await asyncio.gather(*(child.start() for child in self._children))
            self.loading = loading = self._taken(side, began)
            await asyncio.gather(*(_read(child, left) for child in self._children))
            whole = self._taken(side, began)
        finally:
            for child in self._children:
                await child.stop()
        self.reading = Taken(
            core_s=whole.core_s - loading.core_s, wall_s=whole.wall_s - loading.wall_s
        )

    def _taken(self, side: Side, began: float) -> Taken:
        core_s = sum(tree.cpu_s() for tree in self.trees())
        return Taken(core_s=core_s, wall_s=side.clock() - began)


async def _read(child: GuardedChild, left: Iterator[tuple[int, bytes]]) -> None:
    for page_index, image in left:
        request = {"image": image, "language": "en", "page_index": page_index, "handed_in": False}
        await child.call(request, timeout_s=_PAGE_TIMEOUT_S)
