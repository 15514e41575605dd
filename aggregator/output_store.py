"""The outputs of ended jobs, in bucket OUTPUTS."""

import asyncio
import contextlib
import secrets

from aggregator.format_files import NOTHING, Made
from aggregator.outputs import OutputFiles
from broker.objects import ObjectBucket
from contracts.errors import BrokerUnavailable
from contracts.jobs import Outputs
from contracts.output_formats import MADE_WHEN_ASKED


class OutputStore:
    """Puts outputs, and removes those that no summary names."""

    def __init__(self, bucket: ObjectBucket) -> None:
        self.bucket = bucket

    async def store(self, job_id: str, files: OutputFiles, made: Made = NOTHING) -> Outputs:
        """Stores finished files; returns their names. Raises: StoreFull, BrokerUnavailable,
        OSError."""
        # A name of its own for every attempt: two that overlap must not mix their chunks. Those of
        # an attempt that died are removed by the bucket's ttl.
        prefix = f"{job_id}/{secrets.token_hex(4)}"
        names = Outputs(
            result=f"{prefix}/result.json",
            text=f"{prefix}/text.txt",
            markdown=f"{prefix}/markdown.md",
            pages=f"{prefix}/pages.jsonl",
        )
        formats = {name: names.name_for(name, each.suffix) for name, each in made.files.items()}
        names = names.model_copy(update={"formats": formats})
        paths = {
            names.result: files.result,
            names.text: files.text,
            names.markdown: files.markdown,
            names.pages: files.pages,
            **{formats[name]: each.path for name, each in made.files.items()},
        }
        stored = await asyncio.gather(
            *(self.bucket.put_new(name, path) for name, path in paths.items()),
            return_exceptions=True,  # so that all have ended when one of them is raised
        )
        failures = [each for each in stored if each is not None]
        if failures:
            # The next attempt stores all of them anew, twice a second perhaps.
            with contextlib.suppress(BrokerUnavailable):
                await self.remove(names)
            raise failures[0]
        return names

    async def remove(self, names: Outputs | None) -> None:
        """Removes outputs, also formats that were made afterwards; those that are gone are fine.
        Raises: BrokerUnavailable."""
        if names is not None:
            later = (name for each in MADE_WHEN_ASKED for name in names.possible_names(each))
            for name in dict.fromkeys((*names.names(), *later)):
                await self.bucket.delete(name)
