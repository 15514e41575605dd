"""The outputs of a document, from the broker into files: NAME.txt, NAME.md and NAME.json."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from broker.connection import Broker
from broker.objects import ObjectBucket
from contracts import topology
from contracts.errors import BrokerUnavailable
from contracts.jobs import JobSummary, Outputs
from contracts.output_formats import OutputFormat, suffix_of
from docr.format_files import file_of, remove_stale
from docr.patience import patiently


class Fetcher:
    """Writes files below `out`."""

    def __init__(self, broker: Broker, *, out: Path) -> None:
        self._outputs = ObjectBucket(broker, name=topology.OUTPUTS)
        self._out = out

    async def fetch(
        self, output: Path, summary: JobSummary, *, formats: Sequence[OutputFormat] = ()
    ) -> Path | None:
        """Writes the files of `output`, a path below the output folder without an ending, in
        `formats` beside; those of an earlier run go. Returns that of the text, None if none of it
        was read.

        Raises: OSError, ObjectMissing, BrokerUnavailable.
        """
        outputs = summary.outputs
        if outputs is None:
            return None
        base = self._out / output
        base.parent.mkdir(parents=True, exist_ok=True)
        json, text, markdown = (
            base.with_name(base.name + ending) for ending in (".json", ".txt", ".md")
        )
        if summary.pages_processed:
            # The result last: who sees it finds the others.
            await self._save({outputs.text: text, outputs.markdown: markdown, outputs.result: json})
        else:
            await self._save({outputs.result: json})
            for stale in (text, markdown):
                stale.unlink(missing_ok=True)
        made = {}
        for each in formats:
            remove_stale(base, each)
            if (name := outputs.name_of(each)) is not None and summary.pages_processed:
                made[name] = file_of(base, each, suffix=suffix_of(name, each))
        # For itself: what there is no room for costs none of the others.
        await self._save(made)
        await self._forget(outputs)
        return text if summary.pages_processed else None

    async def _save(self, wanted: Mapping[str, Path]) -> None:
        """Writes objects into files, none before all have been fetched."""
        # Aside first: a run that is stopped leaves no half of a file, and the older one as it was.
        # Another run may write the same file at the same time: the last one counts, and is whole.
        mark = f".docr-{os.getpid()}-{secrets.token_hex(4)}"
        aside = {
            path: path.with_name(f"{mark}-{number}.part")
            for number, path in enumerate(wanted.values())
        }
        try:
            await _side_by_side(
                patiently(partial(self._outputs.save, name, aside[path]))
                for name, path in wanted.items()
            )
            for path, part in aside.items():
                part.replace(path)
        finally:
            for part in aside.values():
                part.unlink(missing_ok=True)

    async def _forget(self, outputs: Outputs) -> None:
        """Thousands of documents must not fill the store of a broker that ends with them."""
        with contextlib.suppress(BrokerUnavailable):
            await _side_by_side(self._outputs.delete(name) for name in outputs.names())


async def _side_by_side(work: Iterable[Awaitable[object]]) -> None:
    """All of it, to its end; then the first error is raised, if there was one."""
    for each in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each
