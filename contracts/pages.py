"""One page on its way: the task that a node pulls, and the result that it publishes."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter
from pydantic_core import to_json

from contracts.job_options import Priority, Quality, RunningHeads

Source = Literal["ocr", "text_layer", "blank"]
# The worker of pages that no node has read: blank ones, and those with a text layer of their own.
INGEST: Final = "ingest"
ReadingPass = Literal["first", "larger", "larger_model"]
Point = tuple[FiniteFloat, FiniteFloat]  # px from the left, px from the top
Confidence = Annotated[float, Field(ge=0.0, le=1.0)]


# 4 points, clockwise from the top left of the text as it is read; px of the page image.
Polygon = tuple[Point, Point, Point, Point]


class Word(BaseModel):
    """A word of a line: what stands between two spaces."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    confidence: Confidence
    polygon: Polygon


class Line(BaseModel):
    """A line of text. `words`, in their order in `text`; empty where the engine tells no words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    confidence: Confidence
    polygon: Polygon
    words: tuple[Word, ...] = ()
    source: Source = "ocr"

    def scaled(self, across: float, down: float) -> Self:
        """The same line on an image that is so many times as wide, and as high."""

        def on_it(polygon: Polygon) -> Polygon:
            a, b, c, d = ((round(x * across, 1), round(y * down, 1)) for x, y in polygon)
            return a, b, c, d

        words = tuple(
            word.model_copy(update={"polygon": on_it(word.polygon)}) for word in self.words
        )
        return self.model_copy(update={"polygon": on_it(self.polygon), "words": words})


_LINES: Final = TypeAdapter(tuple[Line, ...])


def lines_to_json(lines: tuple[Line, ...]) -> bytes:
    """As JSON in UTF-8: a dense page has 600 words, and Python's objects for their 5,000 numbers
    take longer than their digits."""
    return _LINES.dump_json(lines)


def lines_of_json(json: bytes) -> tuple[Line, ...]:
    """Raises: ValueError for anything but lines."""
    return _LINES.validate_json(json)


class PageTask(BaseModel):
    """Command: read this page. The image is in `image`, or, if too large, in bucket PAGE_IMAGES."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    page_index: int  # from 0, in the document
    image: bytes  # PNG or JPEG; empty when image_object names an object
    image_object: str | None = None
    width_px: int
    height_px: int
    dpi: int
    language: str
    tenant: str
    priority: Priority
    quality: Quality = "balanced"
    running_heads: RunningHeads = "keep"
    # Lines that the page's own text layer tells, and that can be trusted: what the engine reads
    # where they stand is left out, and they are part of the result.
    known_lines: tuple[Line, ...] = ()


# The first two fields of a page: its report belongs to one job, and numbers pages from 1.
_NOT_REPORTED: Final = {"job_id", "page_index"}


class PageSucceeded(BaseModel):
    """Event: a page was read. Lines stand in reading order."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    job_id: str
    page_index: int  # from 0, in the document
    source: Source = "ocr"
    text: str
    markdown: str
    confidence: Confidence  # mean over lines, weighted by characters; 0 on a page without lines
    width_px: int
    height_px: int
    dpi: int
    lines: tuple[Line, ...]
    worker: str
    attempts: int
    duration_ms: float
    # By how much the text is turned against an upright page, clockwise, -180 < angle <= 180;
    # polygons are in px of the page as submitted all the same.
    angle_deg: float = 0.0
    # first: the whole page in one go; larger: again at a higher resolution; larger_model: again
    # with a larger model.
    read_in: ReadingPass = "first"
    # Taken from a page with the same pixels that was read before, with the same options and models.
    reused: bool = False
    # What of the page could not be read, and why; its known lines are there all the same.
    error: str | None = None
    # The member of a ZIP that the page is of; the aggregator says it, out of the manifest.
    document: str | None = None

    def report(self) -> dict[str, Any]:
        """The page as users see it in `results`."""
        return {
            "page_number": self.page_index + 1,
            "status": "success",
            **self.model_dump(mode="json", exclude=_NOT_REPORTED),
        }

    def report_json(self, told: bytes | None = None) -> bytes:
        """The report as JSON, in UTF-8, without a line break: a dense page has 60 KB of it.
        `told`: the JSON that this page, as it is, was read from."""
        # Not through Python's objects, which takes six times as long.
        rest = self._told_rest(told) or self.model_dump_json(exclude=_NOT_REPORTED).encode()[1:]
        return b'{"page_number":%d,"status":"success",%b' % (self.page_index + 1, rest)

    def _told_rest(self, told: bytes | None) -> bytes | None:
        """What follows the fields that are not reported, if they come first, all others are there,
        and it is one line."""
        if told is None or len(self.model_fields_set) < len(type(self).model_fields):
            return None
        begin = b'{"job_id":%b,"page_index":%d,' % (to_json(self.job_id), self.page_index)
        return told[len(begin) :] if told.startswith(begin) and b"\n" not in told else None


class PageFailed(BaseModel):
    """Event: a page could not be read. `worker` is None when no node held it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    page_index: int  # from 0, in the document
    error: str
    width_px: int = 0
    height_px: int = 0
    dpi: int = 0
    worker: str | None = None
    attempts: int = 0
    duration_ms: float = 0.0
    document: str | None = None  # as in PageSucceeded

    def report(self) -> dict[str, Any]:
        """The page as users see it in `results`: the same fields as a page that was read."""
        return {
            "page_number": self.page_index + 1,
            "status": "failed",
            "source": "ocr",
            "text": "",
            "markdown": "",
            "confidence": 0.0,
            **self.model_dump(mode="json", exclude={"job_id", "page_index", "error"}),
            "lines": [],
            "angle_deg": 0.0,
            "read_in": "first",
            "reused": False,
            "error": self.error,
        }

    def report_json(self, told: bytes | None = None) -> bytes:
        """As PageSucceeded.report_json."""
        del told
        return to_json(self.report())


PageResult = PageSucceeded | PageFailed


def from_report(job_id: str, report: dict[str, Any]) -> PageResult:
    """The result of which `report` is the report. Raises: ValueError if it is none."""
    kind = PageSucceeded if report["status"] == "success" else PageFailed
    return kind.model_validate(
        {
            "job_id": job_id,
            "page_index": report["page_number"] - 1,
            **{name: value for name, value in report.items() if name in kind.model_fields},
        }
    )
