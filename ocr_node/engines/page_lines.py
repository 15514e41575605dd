"""What was read in boxes, as lines of a page."""

import numpy as np
from numpy.typing import NDArray

from contracts.pages import Line, Word
from ocr_node.engines.doubt import Reading
from ocr_node.engines.polygons import polygon, share


def page_line(reading: Reading, box: NDArray[np.float32], *, width_px: int, height_px: int) -> Line:
    """`box` (4, 2): clockwise from the top left of the text as it is read, px of the page, which is
    `width_px` x `height_px`."""
    # Boxes around slanted lines reach beyond the edge of the page.
    box = np.clip(box, 0.0, np.array([width_px, height_px], np.float32))
    return Line(
        text=reading.text.strip(),
        confidence=share(reading.confidence),
        polygon=polygon(box),
        words=_words(reading, box),
    )


def _words(reading: Reading, box: NDArray[np.float32]) -> tuple[Word, ...]:
    begin_side, end_side = box[[0, 3]].astype(float), box[[1, 2]].astype(float)
    lefts = np.array([word.left for word in reading.words])[:, None, None]
    rights = np.array([word.right for word in reading.words])[:, None, None]
    # Shape (words, 2, 2): the upper and the lower end of the side where a word begins, or ends.
    begins = (begin_side + (end_side - begin_side) * lefts).round(2).tolist()
    ends = (begin_side + (end_side - begin_side) * rights).round(2).tolist()
    return tuple(
        Word(
            text=word.text,
            confidence=share(word.confidence),
            polygon=polygon((begin[0], end[0], end[1], begin[1])),
        )
        for word, begin, end in zip(reading.words, begins, ends, strict=True)
    )
