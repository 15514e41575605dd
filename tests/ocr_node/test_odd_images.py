"""Images that no scanner makes: each is read, or refused in a sentence."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import PageUnreadable
from ocr_node.engines import EngineSettings
from ocr_node.handed_in_image import checked
from ocr_node.reader import Limits, Reader
from tests.documents import encoded, picture
from tests.examples import page_task

TEXT = "Total 1728.00"


def odd_images() -> dict[str, bytes]:
    print_ = picture(TEXT)
    deep = Image.fromarray(np.asarray(print_.convert("L"), dtype=np.uint16) * 257)
    return {
        "CMYK": encoded(print_.convert("CMYK"), "JPEG"),
        "16 bits": encoded(deep),
        "1 bit": encoded(print_.convert("1")),
        "1 x 1": encoded(Image.new("L", (1, 1))),
        "1 x 2000": encoded(Image.new("L", (1, 2000), 255)),
        "20000 x 50": encoded(Image.new("L", (20_000, 50), 255)),
        "50 x 20000": encoded(Image.new("L", (50, 20_000), 255), "JPEG"),
        "66000 x 20 in colours of a palette": encoded(Image.new("P", (66_000, 20), 255)),
        "all black": encoded(Image.new("RGB", (500, 400))),
        "no numbers": encoded(Image.fromarray(np.full((50, 60), np.nan, np.float32)), "TIFF"),
    }


async def test_odd_images_are_read(model_cache: Path) -> None:
    one = Reader(
        worker="node-a",
        engine=EngineSettings(cache_dir=model_cache),
        limits=Limits(page_timeout_s=120.0, memory_limit_bytes=4 * 2**30),
    )
    texts = {}
    try:
        for name, image in odd_images().items():
            task = page_task(image=image, page_index=0)
            texts[name] = (await one.read(task, attempt=1, handed_in=True)).text
    finally:
        await one.stop()
    read = {"CMYK", "16 bits", "1 bit"}
    assert texts == {name: TEXT if name in read else "" for name in texts}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_an_image_that_was_cut_off_is_refused_and_not_read_in_part(kind: str) -> None:
    whole = encoded(picture(TEXT), kind)
    for length in (1, 40, len(whole) // 2, len(whole) - 40):
        with pytest.raises(PageUnreadable, match=r"get a complete copy|not an image that can"):
            _as_an_engine_does(whole[:length])


def test_a_whole_jpeg_with_something_behind_it_is_taken() -> None:
    image = encoded(picture(TEXT), "JPEG") + b"a camera's own notes"
    assert checked(image)[0] == image


def _as_an_engine_does(image: bytes) -> None:
    data, _ = checked(image)
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
    except OSError as wrong:  # the engine's decoder says so
        raise PageUnreadable("get a complete copy") from wrong
