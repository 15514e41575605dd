"""One picture for all who decode a file: as a page of ingest, at a node's door, and in a PDF."""

import io
from contextlib import closing
from pathlib import Path

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image

from exports.pdf_images import write_image_pdf
from ingest.rasterise import open_document
from ocr_node.handed_in_image import checked
from tests.documents import encoded
from tests.ingest.image_kinds import GREY, KINDS, white_on_nothing

# A node's door has no use for the other kinds.
AT_A_DOOR = ("png", "apng", "jpeg", "webp", "bmp", "gif", "tiff", "bigtiff")
# With a viewer's own idea of what inks look like.
_WITHIN = 3.0


def grey(data: bytes) -> NDArray[np.int16]:
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.mode) in {
            (kind, mode) for kind in ("PNG", "JPEG") for mode in ("L", "RGB")
        }
        return np.asarray(image.convert("L"), dtype=np.int16)


def off(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    return float(np.abs(one - other).mean()) if one.shape == other.shape else 255.0


def as_a_page(path: Path) -> NDArray[np.int16]:
    with closing(open_document(path, dpi=200)) as document:
        return grey(document.render(0).data)


def in_a_pdf(path: Path) -> NDArray[np.int16]:
    out = path.with_name("out.pdf")
    write_image_pdf(path, out)
    with pypdfium2.PdfDocument(out) as pdf:
        shown = pdf[0].render(scale=GREY.width / pdf[0].get_width()).to_pil()
    return np.asarray(shown.convert("L").resize(GREY.size), dtype=np.int16)


def test_a_file_has_the_same_pixels_at_a_nodes_door_as_on_a_page(tmp_path: Path) -> None:
    path = tmp_path / "document"
    files = {kind: make() for kind, make in KINDS.items()}
    files = {
        kind: content
        for kind, content in files.items()
        if kind.split()[0] in AT_A_DOOR and not kind.startswith("jpeg 2000")
    }
    files["white on nothing"] = encoded(white_on_nothing())
    half = GREY.resize((GREY.width, GREY.height // 2)).convert("1")
    files["fax"] = encoded(half, "TIFF", compression="group3", dpi=(204, 102))
    different = {}
    for kind, content in files.items():
        path.write_bytes(content)
        difference = off(as_a_page(path), grey(checked(content)[0]))
        if difference > 0.5:
            different[kind] = difference
    assert different == {}


def test_a_file_has_the_same_pixels_in_a_pdf_as_on_a_page(tmp_path: Path) -> None:
    path = tmp_path / "document"
    different = {}
    for kind, make in KINDS.items():
        # These go in as they are: turned by the page that they lie on, dark as their numbers say.
        if "turned" in kind or "orientation" in kind or kind == "png 12 bit in 16":
            continue
        path.write_bytes(make())
        difference = off(as_a_page(path), in_a_pdf(path))
        if difference > _WITHIN:
            different[kind] = difference
    assert different == {}
