"""Every kind of image that people hand in, made on the spot: what comes out is what is on it."""

import io
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contracts.errors import DocumentRejected, PageUnreadable
from ingest.page_image import PageImage
from ingest.rasterise import open_document
from tests.documents import encoded
from tests.ingest.image_kinds import GREY, KINDS, PICTURE, white_on_nothing
from tests.ingest.tiff_writer import tiff


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


@pytest.mark.parametrize(
    "kind",
    ["png", "png grey", "jpeg", "jpeg progressive", "jpeg grey"],
)
def test_what_a_node_decodes_as_it_is_travels_as_it_is(tmp_path: Path, kind: str) -> None:
    content = KINDS[kind]()
    assert page(tmp_path, content).data == content


def test_each_frame_of_a_tiff_is_a_page_but_for_small_copies(tmp_path: Path) -> None:
    frames = [Image.new("1", (100 + n, 50), 255) for n in range(4)]
    small_copy = {254: 1}
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:], compression="group4")
    path = tmp_path / "document"
    path.write_bytes(out.getvalue())
    with closing(open_document(path, dpi=200)) as document:
        assert [document.render(n).width_px for n in (2, 0, 3, 1)] == [102, 100, 103, 101]
    out = io.BytesIO()
    with_copies = [frames[0], frames[1], frames[2]]
    with_copies[1].encoderinfo = {"tiffinfo": small_copy}
    with_copies[0].save(out, "TIFF", save_all=True, append_images=with_copies[1:])
    path.write_bytes(out.getvalue())
    with closing(open_document(path, dpi=200)) as document:
        assert [document.render(n).width_px for n in range(document.page_count)] == [100, 102]


@pytest.mark.parametrize(
    ("kind", "options", "dpi"),
    [
        ("PNG", {"dpi": (300, 300)}, 300),
        ("PNG", {"dpi": (96, 96)}, 200),
        ("PNG", {}, 200),
        ("JPEG", {"dpi": (150, 150)}, 150),
        ("JPEG", {"dpi": (72, 72)}, 200),
        ("JPEG", {"dpi": (5, 5)}, 200),
        ("JPEG", {"exif": {0x011A: 240.0, 0x011B: 240.0, 0x0128: 2}}, 240),
        ("JPEG", {"exif": {0x011A: 100.0, 0x011B: 100.0, 0x0128: 3}}, 254),
        ("JPEG", {"exif": {0x011A: 240.0, 0x011B: 240.0}}, 200),
        ("JPEG", {"exif": {0x011A: 72.0, 0x011B: 72.0, 0x0128: 2}}, 200),
        ("TIFF", {"dpi": (400, 400)}, 400),
        ("TIFF", {"dpi": (9600, 9600)}, 200),
        ("BMP", {"dpi": (300, 300)}, 300),
        ("BMP", {"dpi": (96, 96)}, 200),
        ("WEBP", {"exif": {0x011A: 240.0, 0x011B: 240.0, 0x0128: 2}}, 240),
    ],
)
def test_a_resolution_counts_where_it_can_be_meant(
    tmp_path: Path, kind: str, options: dict[str, Any], dpi: int
) -> None:
    if "exif" in options:
        exif = Image.Exif()
        exif.update(options["exif"])
        options = {"exif": exif}
    assert page(tmp_path, encoded(PICTURE, kind, **options), dpi=200).dpi == dpi


def test_a_fax_of_half_resolution_gets_letters_of_full_height(tmp_path: Path) -> None:
    half = GREY.resize((GREY.width, GREY.height // 2)).convert("1")
    image = page(tmp_path, encoded(half, "TIFF", compression="group3", dpi=(204, 102)))
    assert (image.width_px, image.height_px, image.dpi) == (GREY.width, GREY.height, 204)


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_a_fax_that_lies_on_its_side_is_stretched_along_its_own_height(
    tmp_path: Path, kind: str
) -> None:
    half = GREY.resize((GREY.width, GREY.height // 2)).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    image = page(tmp_path, encoded(half, kind, dpi=(102, 204), exif=exif))
    assert (image.width_px, image.height_px, image.dpi) == (GREY.width, GREY.height, 204)


def test_white_text_on_nothing_gets_dark_paper(tmp_path: Path) -> None:
    for kind in ("PNG", "WEBP", "TIFF"):
        lossless = {"lossless": True} if kind == "WEBP" else {}
        image = page(tmp_path, encoded(white_on_nothing(), kind, **lossless))
        assert shows(image, GREY.point(lambda value: 255 - value)), kind


def test_an_empty_page_of_16_bit_is_white(tmp_path: Path) -> None:
    for level in (65535, 60000):
        white = np.full((20, 30), level, dtype=np.uint16)
        with Image.open(io.BytesIO(page(tmp_path, encoded(Image.fromarray(white))).data)) as found:
            assert np.asarray(found).min() > 200


def _inverting_profile() -> bytes:
    """A grey profile by which black is white (ICC.1:2010, 8.5.2)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 2, 65535, 0)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, len(white), b"kTRC", 176, len(curve))
    size = 176 + len(curve)
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02100000, b"scnr", b"GRAY", b"XYZ ",
                         bytes(12), b"acsp").ljust(68, b"\0")  # fmt: skip
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + white + curve


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_profile_that_makes_another_picture_of_it_is_followed(tmp_path: Path, kind: str) -> None:
    inverted = GREY.point(lambda value: 255 - value)
    assert shows(page(tmp_path, encoded(inverted, kind, icc_profile=_inverting_profile())))
    broken = encoded(GREY, kind, icc_profile=b"no profile at all" * 20)
    assert shows(page(tmp_path, broken))


@pytest.mark.parametrize(
    "kind",
    ["png", "jpeg", "jpeg grey", "webp", "bmp", "gif", "tiff", "tiff tiles", "tiff group4", "avif"],
)
def test_a_file_that_is_cut_off_says_so(tmp_path: Path, kind: str) -> None:
    content = KINDS[kind]()
    with pytest.raises((PageUnreadable, DocumentRejected), match=r"cut off|damaged") as refused:
        page(tmp_path, content[: len(content) * 2 // 3])
    if kind != "avif":
        assert "cut off" in str(refused.value)
    assert "complete copy" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Dear all,\n" * 9, "not a document that can be read; submit a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "office document .* export it as PDF"),
        (b"{\\rtf1 hello}", "RTF.*export it as PDF"),
        (b"%!PS-Adobe-3.0\n", "PostScript"),
        (b"<?xml version='1.0'?><svg/>", "XML"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"Rar!\x1a\x07\0", "make a ZIP"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "make a ZIP"),
        (b"\x1f\x8b\x08" + bytes(20), "gzip"),
        (bytes(257) + b"ustar\0" + bytes(250), "tar archive"),
        (b"8BPS\0\1" + bytes(20), "export it as PNG"),
        (b"II*\0\x08\0\0\0\0\0\0\0\0\0", "TIFF is damaged, or its pixels"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "damaged image"),
    ],
)
def test_what_is_no_document_is_named_and_a_way_out_told(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises((PageUnreadable, DocumentRejected), match=words):
        page(tmp_path, content)


def test_three_floats_a_pixel_are_refused_in_words(tmp_path: Path) -> None:
    floats = (np.asarray(PICTURE) / 255).astype(np.float32)
    with pytest.raises(DocumentRejected, match="pixels are of a kind that cannot be read"):
        page(tmp_path, tiff(floats, bits=32, photometric=2, sample_format=3))


def test_a_heic_is_read_with_the_extra_and_without_it_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    with pytest.raises(DocumentRejected, match=r"pip install distributed-ocr\[heic\]"):
        page(tmp_path, head)
    monkeypatch.undo()
    heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    heif.register_heif_opener()
    assert shows(page(tmp_path, encoded(PICTURE, "HEIF", quality=90)))
    with pytest.raises((PageUnreadable, DocumentRejected), match="damaged"):
        page(tmp_path, encoded(PICTURE, "HEIF")[:400])
