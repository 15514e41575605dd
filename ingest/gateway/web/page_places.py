"""Where each page lies in a job's JSON Lines: found out once, then pages are read one at a time."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from broker.object_reading import ObjectMissing
from broker.output_reader import OutputFacts, OutputReader
from ingest.gateway.web.page_lines import entry_of, head_of

# Some 500 bytes a page; the latest output is kept, however many it has.
_MOST_PAGES_KNOWN: Final = 60_000
_MOST_JOBS: Final = 24
# Outputs that are read as a whole at the same time; whoever comes then waits.
_AT_ONCE: Final = 2
_MOST_PAGES_FOUND: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page's line: the chunk in which it begins, by its place in the bucket's stream, the bytes
    of the output before that chunk, and the line's first byte and length."""

    chunk: int
    before: int
    first: int
    length: int


@dataclass(kw_only=True)
class Pages:
    """All pages of an output, in its order. `entries`: see page_lines.entry_of."""

    places: list[Place] = field(default_factory=list)
    entries: list[list[Any]] = field(default_factory=list)


class PagePlaces:
    """Reads pages of ended jobs, and remembers where those of the latest ones lie."""

    def __init__(self, reader: OutputReader) -> None:
        self._reader = reader
        self._known: OrderedDict[str, asyncio.Task[Pages]] = OrderedDict()
        self._reading = asyncio.Semaphore(_AT_ONCE)

    async def pages(self, output: OutputFacts) -> Pages:
        """Raises: ObjectMissing, BrokerUnavailable."""
        task = self._known.get(output.name)
        if task is None:
            task = self._known[output.name] = asyncio.create_task(self._look(output))
        self._known.move_to_end(output.name)
        try:
            # Others may wait for it as well.
            pages = await asyncio.shield(task)
        except Exception:
            self._known.pop(output.name, None)
            raise
        self._forget_some()
        return pages

    def _forget_some(self) -> None:
        while len(self._known) > 1 and (
            len(self._known) > _MOST_JOBS or self._pages_known() > _MOST_PAGES_KNOWN
        ):
            self._known.popitem(last=False)

    def _pages_known(self) -> int:
        tasks = self._known.values()
        return sum(len(each.result().places) for each in tasks if _is_good(each))

    async def page(self, output: OutputFacts, index: int) -> bytes:
        """The report of a page, in JSON; `index` from 0, in the output. Raises: IndexError,
        ObjectMissing, BrokerUnavailable."""
        place = (await self.pages(output)).places[index]
        skip, end = place.first - place.before, place.first - place.before + place.length
        found = bytearray()
        async for _, data in self._reader.chunks(output, begin=place.chunk, before=place.before):
            found += data
            if len(found) >= end:
                return bytes(found[skip:end])
        raise ObjectMissing("the pages of this job are incomplete; submit the document again")

    async def find(self, output: OutputFacts, text: str) -> list[tuple[int, int]]:
        """Pages on which the text stands, in either case, by their index in the output, and how
        often. Raises: ObjectMissing, BrokerUnavailable."""
        wanted = text.casefold()
        found: list[tuple[int, int]] = []
        index = 0
        async with self._reading:
            async for _, lines in self._lines(output):
                counts = await asyncio.to_thread(_counts, lines, wanted)
                found += [(index + n, count) for n, count in enumerate(counts) if count]
                index += len(counts)
                if len(found) >= _MOST_PAGES_FOUND:
                    break
        return found

    async def _look(self, output: OutputFacts) -> Pages:
        pages = Pages()
        async with self._reading:
            async for places, lines in self._lines(output):
                pages.places += places
                pages.entries += await asyncio.to_thread(_entries, lines)
        return pages

    async def _lines(self, output: OutputFacts) -> AsyncIterator[tuple[list[Place], list[bytes]]]:
        """Whole lines, as many at a time as a chunk ends."""
        before = 0  # bytes of the chunks that have been read
        rest = bytearray()
        begun: tuple[int, int, int] | None = None  # where the line in `rest` begins
        async for chunk, data in self._reader.chunks(output):
            places: list[Place] = []
            lines: list[bytes] = []
            at = 0
            while (end := data.find(b"\n", at)) >= 0:
                in_chunk, its_before, first = begun or (chunk, before, before + at)
                line = bytes(rest) + data[at:end]
                places.append(
                    Place(chunk=in_chunk, before=its_before, first=first, length=len(line))
                )
                lines.append(line)
                rest.clear()
                begun, at = None, end + 1
            if at < len(data):
                begun = begun or (chunk, before, before + at)
                rest += data[at:]
            before += len(data)
            if lines:
                yield places, lines


def _is_good(task: asyncio.Task[Pages]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _entries(lines: list[bytes]) -> list[list[Any]]:
    return [entry_of(line) for line in lines]


def _counts(lines: list[bytes], wanted: str) -> list[int]:
    return [str(head_of(line).get("text", "")).casefold().count(wanted) for line in lines]
