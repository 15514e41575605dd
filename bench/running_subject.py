"""A subject that is up: its processes, the files that they share, and what that takes."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from bench.page_images import PageImage
from bench.process_tree import MemoryWatch, Tree
from bench.subjects import Subject
from contracts.errors import OcrError
from guard.guarded_child import GuardedChild

# PaddleX takes a minute to load on a busy machine.
_START_TIMEOUT_S: Final = 600.0
# A slow peer on a large page; over it, the page counts as failed.
_PAGE_TIMEOUT_S: Final = 900.0


@dataclass(frozen=True, kw_only=True)
class FileRead:
    """What became of one file. `core_s`: of the process that read it, in steps of 10 ms.

    `error`: why it could not be read; its text is empty then.
    """

    text: str
    core_s: float
    wall_s: float
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What became of some files that were read at one go, by name, and what all of them took."""

    files: dict[str, FileRead]
    core_s: float
    wall_s: float


class RunningSubject:
    """See `running`. `start_s`: loading the engines, `warm_up_s`: the first page of each."""

    def __init__(self, subject: Subject, *, language: str, memory_limit_bytes: int) -> None:
        self.subject = subject
        self._language = language
        self._children = [
            GuardedChild(
                target=subject.target,
                settings=subject.settings,
                what=subject.title,
                memory_limit_bytes=memory_limit_bytes,
                start_timeout_s=_START_TIMEOUT_S,
            )
            for _ in range(subject.processes)
        ]
        self.start_s = 0.0
        self.warm_up_s = 0.0

    async def start(self, first: PageImage) -> Self:
        """Loads the engines, and lets each read a page. Raises: OcrError if that fails."""
        began = time.perf_counter()
        await asyncio.gather(*(child.start() for child in self._children))
        self.start_s = time.perf_counter() - began
        began = time.perf_counter()
        request = self._request(first)
        await asyncio.gather(
            *(child.call(request, timeout_s=_PAGE_TIMEOUT_S) for child in self._children)
        )
        self.warm_up_s = time.perf_counter() - began
        return self

    async def read(self, images: Sequence[PageImage]) -> Reading:
        """Every process takes the next file as soon as it is free."""
        waiting = deque(images)
        files: dict[str, FileRead] = {}
        before_s, began = self._cpu_s(), time.perf_counter()

        async def share(child: GuardedChild) -> None:
            while waiting:
                image = waiting.popleft()
                files[image.name] = await self._file_read(child, image)

        await asyncio.gather(*(share(child) for child in self._children))
        wall_s = time.perf_counter() - began
        return Reading(files=files, core_s=self._cpu_s() - before_s, wall_s=wall_s)

    async def stop(self) -> None:
        await asyncio.gather(*(child.stop() for child in self._children))

    def trees(self) -> list[Tree]:
        """Its processes as they are now."""
        return [tree for child in self._children if (tree := self._tree(child)) is not None]

    def _tree(self, child: GuardedChild) -> Tree | None:
        if child.pid is None:
            return None
        return Tree(pid=child.pid, with_root=not self.subject.starts_programs)

    def _cpu_s(self) -> float:
        return sum(tree.cpu_s() for tree in self.trees())

    async def _file_read(self, child: GuardedChild, image: PageImage) -> FileRead:
        tree = self._tree(child)
        before_s, began = tree.cpu_s() if tree else 0.0, time.perf_counter()
        text, error = "", None
        try:
            answer = await child.call(self._request(image), timeout_s=_PAGE_TIMEOUT_S)
            text = answer["text"]
        except OcrError as wrong:
            error = str(wrong)
        wall_s = time.perf_counter() - began
        core_s = tree.cpu_s() - before_s if tree else 0.0
        return FileRead(text=text, core_s=max(core_s, 0.0), wall_s=wall_s, error=error)

    def _request(self, image: PageImage) -> dict[str, Any]:
        if not self.subject.handles_bytes:
            return {"path": str(image.path.absolute())}
        return {
            "image": image.path.read_bytes(),
            "language": self._language,
            "page_index": 0,
            "handed_in": False,
        }


@contextlib.asynccontextmanager
async def running(
    subject: Subject, *, first: PageImage, language: str, memory_limit_bytes: int
) -> AsyncIterator[tuple[RunningSubject, MemoryWatch]]:
    """A subject that has read `first`, and a watch over its memory since its start.

    `memory_limit_bytes`: of each process. Raises: OcrError if it cannot be started.
    """
    up = RunningSubject(subject, language=language, memory_limit_bytes=memory_limit_bytes)
    try:
        await up.start(first)
        memory = MemoryWatch(up.trees())
        watching = asyncio.create_task(memory.watch())
        try:
            yield up, memory
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
    finally:
        await up.stop()
