"""Which frames of a TIFF are pages: one rule for who reads them and for who makes a PDF of them."""

import contextlib
from typing import Final

from PIL import Image

_SUBFILE_TAG: Final = 254
# Smaller copies of a page, and masks of one, are no pages (TIFF 6.0, NewSubfileType).
_NO_PAGE_OF_ITS_OWN: Final = 0b101


def page_frames(image: Image.Image) -> list[int]:
    """The frames of an open TIFF that are pages, from 0; it stands at the first frame then."""
    frames = []
    for frame in range(getattr(image, "n_frames", 1)):
        kind = 0
        # One that is broken, or of a kind that nobody knows, is a page that says so.
        with contextlib.suppress(Exception):
            image.seek(frame)
            kind = int(image.tag_v2.get(_SUBFILE_TAG, 0))  # type: ignore[attr-defined]
        if not kind & _NO_PAGE_OF_ITS_OWN:
            frames.append(frame)
    with contextlib.suppress(Exception):
        image.seek(0)
    return frames or [0]
