"""A system that has seen much, for who measures its web page."""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx
from PIL import Image, ImageDraw, ImageFont

from broker.connection import Broker, BrokerAddress
from broker.job_store import JobStore
from contracts.ids import new_job_id
from ingest.gateway.web.files import web_files
from samples.born_digital import text_pdf
from tests.documents import NONE, encoded, pdf
from tests.gateway.conftest import System
from tests.waiting import block_until
from tests.web.conftest import KEYS, WebSystem
from tests.web.screenshots import all_ended, hand_in
from tests.web.standing_system import standing_system

ENDED, OPEN = 2000, 200  # documents
LONG: Final = 1000  # pages
A3_AT_600_DPI: Final = (7016, 9921)
_SENTENCES: Final = (
    "the pressure in the northern main was measured again this morning and the valve at station "
    "seven closed before noon so that repair of the pump could begin on Monday as was ordered"
)
_WORDS: Final = _SENTENCES.split()


@dataclass(frozen=True, kw_only=True)
class View:
    """`shown`: a selector of what the view is there for."""

    name: str
    address: str
    shown: str


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A system that has seen much. `large`, `long`: addresses of results."""

    views: list[View]
    large: str
    long: str


@contextmanager
def running() -> Iterator[tuple[System, str, str]]:
    """With a gateway that asks for no keys, and one that does."""
    with standing_system() as system:
        system.start("node", OCR_ENGINE="onnxruntime")
        system.start("node", OCR_LANGUAGES="korean", OCR_ECHO_DELAY_MS="100000")
        locked = system.address_of(system.start("gateway", OCR_API_KEYS=KEYS))
        yield system, WebSystem(system).address, locked


def prepare(system: System, address: str, locked: str) -> Prepared:
    say(f"preparing: {ENDED} ended documents, {OPEN} that go on, {LONG} pages, one page of A3")
    large = hand_in(address, large_page(), "plan-a3-600dpi.jpg")
    pages = [lines_of(number) for number in range(LONG)]
    long = hand_in(address, text_pdf(pages, headings=NONE), "long.pdf")
    block_until(lambda: all_ended(address, [large, long]), "the results", 600.0)
    asyncio.run(store_ended_jobs(system.broker.url, long))
    options = {"language": "korean"}
    for number in range(OPEN):
        hand_in(address, pdf(2), f"waiting-{number}.pdf", **options)
    watched = hand_in(address, pdf(90), "watched.pdf", **options)
    block_until(lambda: state_of(address, watched) == "running", "a document to be opened", 120.0)
    views = {
        # What any page costs here.
        "a picture, nothing else": (f"{address}/web/files/{web_files().version}/icon.svg", "svg"),
        "sign in": (f"{locked}/", "#key"),
        "documents": (f"{address}/", ".job-name"),
        "a document that goes on": (f"{address}/#/job/{watched}", ".cells i"),
        "check": (f"{address}/#/job/{long}", ".text .line"),
        "take away": (f"{address}/#/job/{long}/take", ".format"),
        "operation": (f"{address}/#/operation", "tbody tr"),
        "API": (f"{address}/docs", ".call"),
    }
    return Prepared(
        views=[View(name=name, address=at, shown=shown) for name, (at, shown) in views.items()],
        large=f"{address}/#/job/{large}",
        long=f"{address}/#/job/{long}",
    )


async def store_ended_jobs(url: str, job_id: str) -> None:
    """The end of a job, many times over."""
    async with await Broker.connect(BrokerAddress(url=url), name="figures") as broker:
        jobs = JobStore(broker)
        summary = await jobs.summary(job_id)
        assert summary is not None
        for number in range(ENDED):
            changes = {"job_id": new_job_id(), "filename": f"report-{number}.pdf"}
            await jobs.publish_summary(summary.model_copy(update=changes))


def lines_of(number: int) -> list[str]:
    dice = random.Random(number)  # noqa: S311
    return [" ".join(dice.choices(_WORDS, k=10)) for _ in range(36)]


def large_page() -> bytes:
    image = Image.new("L", A3_AT_600_DPI, 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=84)
    dice = random.Random(7)  # noqa: S311
    for y in range(400, A3_AT_600_DPI[1] - 400, 140):
        for x in (400, 3700):
            draw.text((x, y), " ".join(dice.choices(_WORDS, k=8))[:66], fill=0, font=font)
    return encoded(image, "JPEG", quality=85, dpi=(600, 600))


def state_of(address: str, job_id: str) -> str:
    return str(httpx.get(f"{address}/jobs/{job_id}", timeout=30).json()["state"])


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
