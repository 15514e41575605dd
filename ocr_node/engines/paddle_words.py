"""Where words stand, from the pieces that PaddleOCR finds in a line (its return_word_box)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.line_words import LineWord, spans


def words_of_pieces(
    text: str,
    confidence: float,
    pieces: Sequence[str],
    regions: Sequence[Sequence[Sequence[float]]],
    box: NDArray[np.float32],
) -> tuple[LineWord, ...]:
    """The words of a line `text` in `box`: see page_lines.

    `pieces` make up the text: runs of letters and digits, runs of signs and spaces, or single
    Chinese characters; `regions`, as many, are level boxes around them, px of the page. PaddleOCR
    has no confidence of its own for each. Empty where pieces and text do not agree, as in
    Arabic, which PaddleOCR turns round afterwards.
    """
    if "".join(pieces) != text or len(pieces) != len(regions):
        return ()
    along = (box[1] + box[2] - box[0] - box[3]).astype(float) / 2
    axis = int(abs(along[1]) > abs(along[0]))
    start, length = float(box[0][axis] + box[3][axis]) / 2, along[axis] or 1.0
    edges: list[tuple[float, float]] = []  # of each character, shares of the line
    for piece, region in zip(pieces, regions, strict=True):
        shares = [(float(point[axis]) - start) / length for point in region]
        left, right = min(shares), max(shares)
        each = (right - left) / max(len(piece), 1)
        edges += [(left + n * each, left + (n + 1) * each) for n in range(len(piece))]
    return tuple(
        LineWord(
            text=text[first:end],
            confidence=confidence,
            left=min(max(edges[first][0], 0.0), 1.0),
            right=min(max(edges[end - 1][1], 0.0), 1.0),
        )
        for first, end in spans(text)
    )
