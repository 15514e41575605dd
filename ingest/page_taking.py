"""One page of a document, by the mode that its job asks for: finished, or an image to be read."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.blank_images import image_shows_nothing
from ingest.finished_page import FinishedPage
from ingest.page_image import PageImage
from ingest.rasterise import Document

if TYPE_CHECKING:
    from contracts.job_options import Mode, RunningHeads
    from contracts.pages import PageSucceeded


def take_page(
    document: Document, page_index: int, *, mode: "Mode", running_heads: "RunningHeads" = "keep"
) -> "PageImage | PageSucceeded":
    """auto: the text layer if it can be trusted, blank, or an image with the lines that are known;
    ocr: blank, or an image; text: never an image. Raises: PageUnreadable."""
    began = time.perf_counter()

    def finished(page: FinishedPage) -> "PageSucceeded":
        taken_ms = (time.perf_counter() - began) * 1000.0
        # Pydantic and the layout take as long to load as ten scans to be taken out.
        from ingest.finished_result import result_of  # noqa: PLC0415

        return result_of(
            page, page_index=page_index, duration_ms=taken_ms, running_heads=running_heads
        )

    told = document.told(page_index, mode=mode) if mode != "ocr" else ()
    if isinstance(told, FinishedPage):
        return finished(told)
    image = document.render(page_index)
    if told:
        return replace(image, known_lines=told)
    blank = image.blank if image.blank is not None else image_shows_nothing(image)
    if blank or mode == "text":
        return finished(
            FinishedPage(
                source="blank" if blank else "text_layer",
                width_px=image.width_px,
                height_px=image.height_px,
                dpi=image.dpi,
            )
        )
    return image
