"""The outputs of ended jobs, in bucket OUTPUTS."""

import secrets

from aggregator.outputs import OutputFiles
from broker.objects import ObjectBucket
from contracts.jobs import Outputs


class OutputStore:
    """Puts outputs, and removes those that no summary names."""

    def __init__(self, bucket: ObjectBucket) -> None:
        self.bucket = bucket

    async def store(self, job_id: str, files: OutputFiles) -> Outputs:
        """Stores finished files; returns their names. Raises: StoreFull, BrokerUnavailable."""
        # A name of its own for every attempt: two that overlap must not mix their chunks. Those of
        # an attempt that died are removed by the bucket's ttl.
        prefix = f"{job_id}/{secrets.token_hex(4)}"
        names = Outputs(
            result=f"{prefix}/result.json",
            text=f"{prefix}/text.txt",
            markdown=f"{prefix}/markdown.md",
            pages=f"{prefix}/pages.jsonl",
        )
        for name, path in (
            (names.result, files.result),
            (names.text, files.text),
            (names.markdown, files.markdown),
            (names.pages, files.pages),
        ):
            with path.open("rb") as file:
                await self.bucket.put(name, file)
        return names

    async def remove(self, names: Outputs | None) -> None:
        """Removes outputs; those that are gone are fine. Raises: BrokerUnavailable."""
        if names is not None:
            for name in (names.result, names.text, names.markdown, names.pages):
                await self.bucket.delete(name)
