"""Words that are printed twice at nearly the same place are one."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ingest.text_layer import LayerWord

_NEAR_EM: Final = 0.2
# pt; further apart than any two words of a page.
_FAR_PT: Final = 1e6
_ROUNDING_PT: Final = 0.01


def once(words: Sequence[LayerWord]) -> list[LayerWord]:
    """Without the copies by which some programs make print bold, or give it a shadow."""
    if not _any_near(words):
        return list(words)
    # Where words of one text begin, by the height at which they stand.
    seen: dict[str, dict[int, list[float]]] = {}
    kept = []
    for word in words:
        left, height = word.box[0], int(word.box[1])
        places = seen.get(word.text)
        if places is None:
            seen[word.text] = {height: [left]}
        else:
            near = _NEAR_EM * word.run.em_pt
            begins = (
                *places.get(height - 1, ()),
                *places.get(height, ()),
                *places.get(height + 1, ()),
            )
            if begins and any(abs(begin - left) < near for begin in begins):
                continue
            places.setdefault(height, []).append(left)
        kept.append(word)
    return kept


def _any_near(words: Sequence[LayerWord]) -> bool:
    """Whether any two words, whatever they say, begin so near to each other that they may be
    copies: on most pages none do, and that is told of all at once."""
    if len(words) < 2:
        return False
    left = np.array([word.box[0] for word in words])
    if not (np.abs(left) < _FAR_PT / 4).all():
        return True
    near = _NEAR_EM * max(word.run.em_pt for word in words) + _ROUNDING_PT
    # Rows of a point's height one after the other, as one long row.
    place = left + _FAR_PT * np.array([int(word.box[1]) for word in words], dtype=np.float64)
    place.sort()
    if bool((place[1:] - place[:-1] < near).any()):
        return True
    above = place + _FAR_PT
    return bool(
        (
            np.searchsorted(place, above - near, side="left")
            < np.searchsorted(place, above + near, side="right")
        ).any()
    )
