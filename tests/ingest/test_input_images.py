"""Every kind of image that people hand in, made on the spot: what comes out is what is on it."""

import io
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.page_image import PageImage
from ingest.rasterise import open_document
from tests.ingest.image_kinds import GREY, KINDS


def page(folder: Path, content: bytes, index: int = 0, *, dpi: int = 200) -> PageImage:
    path = folder / "document"
    path.write_bytes(content)
    with closing(open_document(path, dpi=dpi)) as document:
        return document.render(index)


def shows(image: PageImage, wanted: Image.Image = GREY) -> bool:
    """Whether the pixels are those of the picture, but for what lossy encodings change."""
    with Image.open(io.BytesIO(image.data)) as decoded:
        assert decoded.mode in {"L", "RGB"}, "a node decodes nothing else as it is"
        assert decoded.format in {"PNG", "JPEG"}
        assert decoded.size == (image.width_px, image.height_px) == wanted.size
        found = np.asarray(decoded.convert("L"), dtype=np.int16)
    off = np.abs(found - np.asarray(wanted, dtype=np.int16))
    return float(off.mean()) < 12.0


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_on_an_image_of_each_kind_is_on_its_page(tmp_path: Path, kind: str) -> None:
    assert shows(page(tmp_path, KINDS[kind]()))
