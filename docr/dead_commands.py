"""`docr dead`: pages that were given up."""

import asyncio
import io
import json
from pathlib import Path
from typing import Final

from PIL import Image
from rich.table import Table
from rich.text import Text

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_control import JobControl
from broker.job_store import JobStore
from contracts.dead_pages import DeadPageRecord
from contracts.errors import InvalidOption
from contracts.ids import checked_token
from contracts.job_options import checked_dpi
from contracts.jobs import JobSummary
from contracts.languages import script_of
from contracts.pages import PageTask
from docr.asking_broker import client_of
from docr.drawing import drawn
from docr.settings import load_settings
from docr.terminal import print_out, printable, say

_LOOK_EVERY_S: Final = 0.2
_SUFFIXES: Final = {b"\x89P": ".png", b"\xff\xd8": ".jpg"}


async def list_dead(job_id: str | None, *, as_json: bool) -> None:
    """Prints a table, or JSON Lines, of dead pages."""
    if job_id is not None:
        checked_token(job_id, what="job id")
    async with client_of(load_settings()) as broker:
        records = await _records(broker, job_id)
    if as_json:
        for record in records:
            print_out(json.dumps(_about(record)) + "\n")
        return
    if not records:
        say("no dead pages")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("job", "page", "died at", "attempts", "reason"):
        table.add_column(name, overflow="fold")
    for record in records:
        about = _about(record)
        table.add_row(*(Text(printable(str(about[name]))) for name in about if name != "worker"))
    print_out(drawn(lambda console: console.print(table)))


async def show_dead(job_id: str, page_index: int, *, save: Path | None) -> None:
    """Prints what is known of a dead page, and writes its image to `save`."""
    checked_token(job_id, what="job id")
    async with client_of(load_settings()) as broker:
        record = await JobControl(broker).dead_page(job_id, page_index)
    for name, value in _about(record).items():
        print_out(f"{name}: {printable(str(value))}\n")
    task = record.task
    if task is None:
        print_out("image: none, the message could not be decoded\n")
        return
    print_out(f"image: {task.width_px} x {task.height_px} px, {task.dpi} dpi\n")
    if save is not None:
        try:
            await asyncio.to_thread(save.write_bytes, _as_named(task.image, save))
        except OSError as wrong:
            raise InvalidOption(
                f"--save {save} cannot be written ({wrong.strerror}); choose another file"
            ) from None
        print_out(f"saved: {printable(str(save))}\n")


async def replay_dead(
    job_id: str, page_index: int | None, *, dpi: int | None, language: str | None, wait: bool
) -> bool:
    """Replays dead pages; whether all were read (True without `wait`)."""
    checked_token(job_id, what="job id")
    if dpi is not None:
        checked_dpi(dpi)
    if language is not None:
        script_of(language)
    settings = load_settings()
    async with client_of(settings) as broker:
        jobs = JobStore(broker)
        replay_id, pages = await JobControl(broker).replay(
            job_id,
            page_index=page_index,
            language=language,
            dpi=dpi,
            deadline_s=settings.job_deadline_seconds,
            resize=resized,
        )
        count = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
        say(f"{count} of job {job_id} in the queue again")
        if not wait:
            return True
        summary = await _revision_by(jobs, job_id, replay_id)
        still = {page for job, page in await DeadPageStore(broker).all_of(job_id) if job == job_id}
    again = still & set(pages)
    print_out(
        f"job {job_id} has revision {summary.revision}: {summary.status}, "
        f"{summary.pages_processed} of {summary.total_pages} pages read\n"
    )
    for error in summary.errors:
        print_out(f"{printable(error)}\n")
    return not again


async def _revision_by(jobs: JobStore, job_id: str, replay_id: str) -> JobSummary:
    """The summary that the replay leads to; its deadline bounds the wait."""
    while True:
        summary = await jobs.summary(job_id)
        ended = await jobs.manifest(replay_id, certain=True) is None
        if summary is not None and replay_id in summary.replayed_by and ended:
            return summary
        if ended:
            raise InvalidOption(
                f"the outputs of job {job_id} have expired or were deleted; submit it again"
            )
        await asyncio.sleep(_LOOK_EVERY_S)


def resized(task: PageTask, dpi: int) -> PageTask:
    """The page with its image scaled to another dpi, and its known lines with it."""
    factor = dpi / task.dpi
    with Image.open(io.BytesIO(task.image)) as image:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        scaled = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    scaled.save(out, format="JPEG", quality=95, subsampling=0)
    across, down = size[0] / task.width_px, size[1] / task.height_px
    return task.model_copy(
        update={
            "image": out.getvalue(),
            "width_px": size[0],
            "height_px": size[1],
            "dpi": dpi,
            "known_lines": tuple(line.scaled(across, down) for line in task.known_lines),
        }
    )


async def _records(broker: Broker, job_id: str | None) -> list[DeadPageRecord]:
    store = DeadPageStore(broker)
    found = [
        await store.get(job_id=job, page_index=page_index, with_image=False)
        for job, page_index in await store.all_of(job_id)
    ]
    return [record for record in found if record is not None]


def _about(record: DeadPageRecord) -> dict[str, object]:
    return {
        "job": record.job_id,
        "page": record.page_index + 1,
        "died_at": record.died_at.isoformat(timespec="seconds"),
        "attempts": record.attempts,
        "worker": record.worker,
        "reason": record.reason,
    }


def _as_named(image: bytes, path: Path) -> bytes:
    """The image in the format that the file's name asks for, if it is in another."""
    wanted = path.suffix.lower()
    if wanted not in {".png", ".jpg", ".jpeg"} or _SUFFIXES.get(image[:2]) == wanted.replace(
        ".jpeg", ".jpg"
    ):
        return image
    out = io.BytesIO()
    with Image.open(io.BytesIO(image)) as opened:
        opened.convert("RGB").save(out, format="PNG" if wanted == ".png" else "JPEG")
    return out.getvalue()
