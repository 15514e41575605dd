"""The outputs of a document, from the broker into files: NAME.txt, NAME.md and NAME.json."""

import contextlib
import os
import secrets
from pathlib import Path

from broker.connection import Broker
from broker.objects import ObjectBucket
from contracts import topology
from contracts.errors import BrokerUnavailable
from contracts.jobs import JobSummary, Outputs
from docr.patience import patiently


class Fetcher:
    """Writes files below `out`."""

    def __init__(self, broker: Broker, *, out: Path) -> None:
        self._outputs = ObjectBucket(broker, name=topology.OUTPUTS)
        self._out = out

    async def fetch(self, output: Path, summary: JobSummary) -> Path | None:
        """Writes the files of `output`, a path below the output folder without an ending; those
        of an earlier run go. Returns that of the text, None if none of it was read.

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
            await self._save(outputs.text, text)
            await self._save(outputs.markdown, markdown)
        else:
            for stale in (text, markdown):
                stale.unlink(missing_ok=True)
        await self._save(outputs.result, json)
        await self._forget(outputs)
        return text if summary.pages_processed else None

    async def _save(self, name: str, path: Path) -> None:
        # Aside first: a run that is stopped leaves no half of a file, and the older one as it was.
        # Another run may write the same file at the same time: the last one counts, and is whole.
        partial = path.with_name(f".docr-{os.getpid()}-{secrets.token_hex(4)}.part")
        try:
            await patiently(lambda: self._outputs.save(name, partial))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    async def _forget(self, outputs: Outputs) -> None:
        """Thousands of documents must not fill the store of a broker that ends with them."""
        with contextlib.suppress(BrokerUnavailable):
            for name in (outputs.result, outputs.text, outputs.markdown):
                await self._outputs.delete(name)
