"""The documents of planned jobs, and what is to be read in them."""

import hashlib
import io
import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from contracts.errors import DocumentRejected, InvalidOption, PageUnreadable
from ingest.rasterise import open_document
from samples.born_digital import text_pdf
from tests.chaos.workload import PlannedJob
from tests.documents import NONE, drawn, encoded, encrypted_pdf

_PADDING_BYTES: Final = 1_200_000
_LARGE_PX: Final = (760, 640)  # of noise, three bytes each: 1.5 MB
_HUGE_PX: Final = (2000, 1500)  # 9 MB
_FRAME_PX: Final = (90, 120)
# 90,000 points square: too many pixels at any resolution.
_TOO_LARGE: Final = b"[0 0 90000 90000]"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What must come out: the text of each page that can be read, by page number, and the reason
    for each that cannot; or the reason why the document cannot be opened."""

    size_bytes: int
    texts: dict[int, str] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)
    rejection: str | None = None
    may_be_cancelled: bool = False

    @property
    def pages(self) -> set[int]:
        return self.texts.keys() | self.unreadable.keys()


def document(job: PlannedJob) -> bytes:  # noqa: PLR0911 - a kind, a document
    """The job's document: no page of it looks like one of another job."""
    match job.kind:
        case "pdf" | "selection":
            return _pdf(job)
        case "large_pdf":
            return _padded(_pdf(job))
        case "bad_page":
            # The last page's box; objects keep their lengths in the file, or PDFium repairs it.
            head, _, tail = _pdf(job).rpartition(b"[0 0 595 842]")
            return head + _TOO_LARGE + tail
        case "picture":
            return encoded(_noise(job, "page", (220, 160)))
        case "large_picture":
            return encoded(_noise(job, "page", _LARGE_PX), compress_level=0)
        case "huge_picture":
            return encoded(_noise(job, "page", _HUGE_PX), compress_level=0)
        case "frames":
            first, *others = (_noise(job, f"frame {n}", _FRAME_PX) for n in range(job.pages))
            out = io.BytesIO()
            first.save(out, format="TIFF", save_all=True, append_images=others)
            return out.getvalue()
        case "bad":
            return _bad(job)


def _pdf(job: PlannedJob) -> bytes:
    lines = [f"Job {job.job_id}, page {n} of {job.pages}" for n in range(1, job.pages + 1)]
    return drawn(text_pdf([[line] for line in lines], headings=NONE))


def _padded(content: bytes) -> bytes:
    """The PDF with a comment of over 1 MB before its table, which moves by as much."""
    body, _, rest = content.rpartition(b"xref\n0 ")
    padding = (b"%" + b"x" * 98 + b"\n") * (_PADDING_BYTES // 100)
    table = b"xref\n0 " + rest.partition(b"startxref")[0]
    return body + padding + table + b"startxref\n%d\n%%%%EOF\n" % (len(body) + len(padding))


def _noise(job: PlannedJob, what: str, size_px: tuple[int, int]) -> Image.Image:
    dice = random.Random(f"{job.job_id} {what}")  # noqa: S311 - a seed must replay
    return Image.frombytes("RGB", size_px, dice.randbytes(size_px[0] * size_px[1] * 3))


def _bad(job: PlannedJob) -> bytes:
    match job.flaw:
        case "empty":
            return b""
        case "text":
            return b"Dear all, this is no PDF.\n" * 20
        case "cut_off":
            return _pdf(job)[:150]
        case "encrypted":
            return encrypted_pdf()
        case "damaged_picture":
            whole = encoded(_noise(job, "page", (220, 160)))
            return whole[:100] + bytes(len(whole) - 100)
        case "no_such_page" | None:
            return _pdf(job)


def expected(job: PlannedJob) -> Expected:
    """What ingest's own rasteriser makes of the document, and engine echo of its pages."""
    content = document(job)
    texts: dict[int, str] = {}
    unreadable: dict[int, str] = {}
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            opened = open_document(Path(file.name), dpi=job.options.dpi)
            try:
                for page_index in job.options.pages.within(opened.page_count).indexes():
                    try:
                        image = opened.render(page_index).data
                    except PageUnreadable as reason:
                        unreadable[page_index + 1] = str(reason)
                    else:
                        digest = hashlib.sha256(image).hexdigest()
                        texts[page_index + 1] = f"{digest} {page_index + 1}"
            finally:
                opened.close()
        except (DocumentRejected, InvalidOption) as reason:
            return Expected(size_bytes=len(content), rejection=str(reason))
    return Expected(
        size_bytes=len(content),
        texts=texts,
        unreadable=unreadable,
        may_be_cancelled=job.cancelled_after_s is not None,
    )
