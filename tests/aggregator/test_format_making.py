"""Formats for who asks: many requests at a time."""

import asyncio
import io
from pathlib import Path

from aggregator.format_files import FormatFile, FormatFiles
from aggregator.format_maker import FormatMaker
from aggregator.format_making import FormatMaking
from broker.connection import Broker
from broker.job_store import JobStore
from broker.kept_documents import KeptDocuments
from broker.objects import ObjectBucket
from contracts import topology
from contracts.jobs import JobSummary, Outputs
from contracts.output_formats import OutputFormat
from tests.examples import job_summary


class _SlowFiles(FormatFiles):
    """Holds on to what it is given until a second one has come."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        super().__init__(FormatMaker(folder), KeptDocuments(broker))
        self._folder = folder
        self._two = asyncio.Barrier(2)
        self.most_folders = 0

    async def one(
        self, output_format: OutputFormat, *, summary: JobSummary, pages: Path
    ) -> FormatFile:
        await self._two.wait()
        self.most_folders = max(self.most_folders, len(list(self._folder.iterdir())))
        out = pages.parent / output_format
        out.write_text(summary.job_id)
        return FormatFile(path=out, suffix=".tsv")


async def test_what_waits_to_be_made_fills_no_folder_meanwhile(
    broker: Broker, tmp_path: Path
) -> None:
    outputs = ObjectBucket(broker, name=topology.OUTPUTS)
    job_ids = [f"job-{number}" for number in range(6)]
    for job_id in job_ids:
        names = Outputs(
            **{name: f"{job_id}/0/{name}" for name in ("result", "text", "markdown", "pages")}
        )
        await outputs.put(names.pages, io.BytesIO(b"{}\n"))
        await JobStore(broker).publish_summary(job_summary(job_id=job_id, outputs=names))
    files = _SlowFiles(broker, tmp_path)
    making = FormatMaking(broker, files, temp_dir=tmp_path)
    made = await asyncio.gather(*(making.make(job_id, "tsv") for job_id in job_ids))
    assert [each.name for each in made] == [f"{job_id}/0/tsv.tsv" for job_id in job_ids]
    assert files.most_folders == 2
    assert list(tmp_path.iterdir()) == []
