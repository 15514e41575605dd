"""The top of a JPEG tells of print only what the whole would tell."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

import ingest.blank_images
from ingest.blank_images import image_shows_nothing, jpeg_shows_nothing
from ingest.jpeg_top import top_of
from ingest.page_image import PageImage
from tests.documents import encoded


def _page(seed: int) -> Image.Image:
    """Paper, rough or smooth, with some of: dust, shadows along edges, words, grey ground."""
    draw = random.Random(seed)  # noqa: S311 - a picture
    noise = np.random.default_rng(seed)
    width, height = draw.choice([(1240, 1754), (1654, 2339), (827, 1169), (2480, 900)])
    grey = noise.normal(draw.choice([250.0, 235.0, 90.0]), draw.choice([0.0, 3.0, 9.0]),
                        (height, width))  # fmt: skip
    for y, x in noise.integers(0, (height - 3, width - 3), (draw.choice([0, 30, 300]), 2)):
        grey[y : y + 3, x : x + 3] = 40.0
    if draw.random() < 0.5:
        grey[: draw.randrange(1, 90)] -= 120.0
    image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    for _ in range(draw.choice([0, 0, 1, 40])):
        at = draw.randrange(width), draw.randrange(height)
        ImageDraw.Draw(image).text(at, "A few words of print", fill=draw.choice([0, 60, 150]))
    return image.convert(draw.choice(["L", "RGB"]))


def test_its_rows_are_those_of_the_whole_image() -> None:
    with_rows = 0
    for seed in range(12):
        data = encoded(_page(seed), "JPEG", quality=92)
        top = top_of(data, factor=8, whole_rows=2)
        if top is None:
            continue
        with_rows += 1
        assert top.height % 2 == 0
        with Image.open(io.BytesIO(data)) as image:
            image.draft("L", (image.width // 8, image.height // 8))
            whole = image.convert("L").crop((0, 0, *top.size))
        assert whole.tobytes() == top.tobytes()
    assert with_rows >= 3


def test_a_progressive_jpeg_has_no_top() -> None:
    # Its first sixth shows all of the page, but not yet as it will be.
    assert top_of(encoded(_page(0), "JPEG", quality=92), factor=8, whole_rows=1) is not None
    data = encoded(_page(0), "JPEG", quality=92, progressive=True)
    assert top_of(data, factor=8, whole_rows=1) is None


@pytest.mark.parametrize("profile_bytes", [60_000, 200_000])
def test_a_blank_page_behind_long_headers_is_blank(profile_bytes: int) -> None:
    paper = np.random.default_rng(3).normal(240.0, 2.0, (2339, 1654)).astype(np.uint8)
    profile = bytes(profile_bytes)
    data = encoded(Image.fromarray(paper), "JPEG", quality=75, icc_profile=profile)
    assert 64 * 1024 < len(data) < 6 * profile_bytes
    page = PageImage(data=data, width_px=1654, height_px=2339, dpi=200)
    assert image_shows_nothing(page)


@pytest.mark.parametrize("dpi", [72, 150, 200, 400])
def test_no_page_is_taken_for_another_by_its_top(monkeypatch: pytest.MonkeyPatch, dpi: int) -> None:
    pages = [encoded(_page(seed), "JPEG", quality=60 + seed % 38) for seed in range(60)]
    by_top = [jpeg_shows_nothing(page, dpi=dpi) for page in pages]
    monkeypatch.setattr(ingest.blank_images, "top_of", lambda *_, **__: None)
    assert by_top == [jpeg_shows_nothing(page, dpi=dpi) for page in pages]
    assert True in by_top
    assert False in by_top
