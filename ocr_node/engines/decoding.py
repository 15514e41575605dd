"""From the bytes of a page image to pixels."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.errors import PageUnreadable


def decode_image(image: bytes, *, page_index: int) -> NDArray[np.uint8]:
    """Pixels as uint8, shape (height, width, 3), channels red, green, blue.

    Raises: PageUnreadable.
    """
    with _opened(image, page_index=page_index) as opened:
        return np.asarray(opened.convert("RGB"))


def size_of_decoded(image: bytes, *, page_index: int) -> tuple[int, int]:
    """Width and height in px, once all pixels could be decoded. Raises: PageUnreadable."""
    with _opened(image, page_index=page_index) as opened:
        opened.load()
        return opened.size


@contextmanager
def _opened(image: bytes, *, page_index: int) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(image)) as opened:
            yield opened
    except Exception as wrong:  # decoders raise whatever they like on broken files
        raise PageUnreadable(
            f"the image of page {page_index + 1} cannot be decoded ({type(wrong).__name__}); "
            "submit the document again, or get a complete copy of it"
        ) from wrong
