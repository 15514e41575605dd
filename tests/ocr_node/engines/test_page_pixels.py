"""Decoding for OpenCV, beside Pillow's."""

import io

import numpy as np
import pytest
from PIL import Image

from contracts.errors import PageUnreadable
from ocr_node.engines.decoding import decode_image
from ocr_node.engines.page_pixels import decode_for_opencv
from tests.documents import encoded

NOISE = np.random.default_rng(5).integers(0, 256, (60, 80, 3), np.uint8)
SMOOTH = Image.fromarray(NOISE).resize((320, 240), Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG"), ("L", "PNG"), ("P", "PNG"),
     ("1", "PNG"), ("RGBA", "PNG"), ("RGB", "TIFF")],
)  # fmt: skip
def test_pixels_are_those_of_pillow_in_the_order_of_opencv(mode: str, kind: str) -> None:
    image = encoded(SMOOTH.convert(mode), kind)
    theirs = decode_image(image, page_index=0)[:, :, ::-1]
    ours = decode_for_opencv(image, page_index=0)
    assert ours.shape == theirs.shape
    # Two decoders of JPEG round in their own ways.
    assert np.abs(ours.astype(int) - theirs).mean() < 2.0


def test_a_turned_photograph_is_left_as_it_lies() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    SMOOTH.save(out, format="JPEG", exif=exif)
    assert decode_for_opencv(out.getvalue(), page_index=0).shape == (240, 320, 3)


def test_what_is_no_image_costs_the_page() -> None:
    for image in (b"", b"no image", encoded(SMOOTH)[:40]):
        with pytest.raises(PageUnreadable, match="page 3 cannot be decoded"):
            decode_for_opencv(image, page_index=2)
