"""Images as they were, on pages of their size, with their text."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageOps

from bench.pdf_checks import complaints, pdf_text, share_in_place, words_of
from bench.pdf_checks import pages_of_words as found_on
from contracts.errors import FormatUnavailable
from tests.documents import encoded, picture
from tests.exports.reading import box, line, needs_tools, page, searchable

_SIZE = (900, 200)
_RESULT = page(
    [line("Hello image", box(30, 40, 300, 40))], width_px=_SIZE[0], height_px=_SIZE[1], dpi=150
)


def _shown(pdf: Path, page_index: int = 0, *, size: tuple[int, int] = _SIZE) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as opened:
        shown = opened[page_index]
        image: Image.Image = shown.render(scale=size[0] / shown.get_width()).to_pil()
    return image.convert("RGB").resize(size)


def _mean_difference(one: Image.Image, other: Image.Image) -> float:
    histogram = ImageChops.difference(one.convert("L"), other.convert("L")).histogram()
    return sum(value * count for value, count in enumerate(histogram)) / (one.width * one.height)


@needs_tools
def test_a_jpeg_goes_in_byte_by_byte_on_a_page_of_its_dpi(tmp_path: Path) -> None:
    jpeg = encoded(picture("Hello image", size=_SIZE), "JPEG", quality=80)
    out = searchable(jpeg, [_RESULT], tmp_path)
    with pikepdf.open(out) as opened:
        (image,) = opened.pages[0].get_images().values()
        assert image.Filter == pikepdf.Name.DCTDecode
        assert image.read_raw_bytes() == jpeg
        assert [float(side) for side in opened.pages[0].mediabox] == [0, 0, 432, 96]
    assert len(out.read_bytes()) - len(jpeg) < 5_000
    assert words_of(pdf_text(out)) == words_of("Hello image")
    assert share_in_place(_RESULT, found_on(out)[0]) == 1.0
    assert complaints(out) == ""


_KINDS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG2000": {},
    "TIFF": {"compression": "tiff_lzw"},
    "WEBP": {"lossless": True},
    "BMP": {},
    "GIF": {},
}


_MODES = ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16")
# What Pillow does not write.
_UNWRITTEN = {
    *(("PNG", "CMYK"), ("GIF", "CMYK"), ("JPEG2000", "1"), ("JPEG2000", "P")),
    *(("BMP", "LA"), ("BMP", "CMYK"), ("BMP", "I;16")),
}


@pytest.mark.parametrize(
    ("kind", "mode"),
    [(kind, mode) for kind in _KINDS for mode in _MODES if (kind, mode) not in _UNWRITTEN],
)
def test_each_kind_of_image_looks_as_it_did(tmp_path: Path, kind: str, mode: str) -> None:
    image = picture("Hello image", size=_SIZE)
    made = image.convert("L").convert(mode) if mode in {"LA", "I;16"} else image.convert(mode)
    if mode == "I;16":
        made = image.convert("I").point(lambda value: value * 257).convert("I;16")
    data = encoded(made, kind, **_KINDS[kind])
    out = searchable(data, [_RESULT], tmp_path)
    assert _mean_difference(_shown(out), image) < 3
    with pypdfium2.PdfDocument(out) as opened:
        assert len(opened) == 1
        assert opened[0].get_textpage().get_text_range() == "Hello image"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_turned_images_stand_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = picture("Hello image", size=_SIZE)
    data = encoded(stored, kind, exif=exif)
    with Image.open(io.BytesIO(data)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    result = _RESULT.model_copy(update={"width_px": upright.width, "height_px": upright.height})
    out = searchable(data, [result], tmp_path)
    with pypdfium2.PdfDocument(out) as pdf:
        width, height = pdf[0].get_size()
        left, _, _, top = pdf[0].get_textpage().get_charbox(0)
    assert (width, height) == pytest.approx((upright.width * 0.48, upright.height * 0.48), abs=0.1)
    assert _mean_difference(_shown(out, size=upright.size), upright) < 3
    assert (left, height - top) == pytest.approx((30 * 0.48, 40 * 0.48), abs=1)


@pytest.mark.parametrize("compression", ["group4", "tiff_lzw", "jpeg", "tiff_adobe_deflate"])
def test_a_tiff_of_several_pages_gives_as_many(tmp_path: Path, compression: str) -> None:
    mode = "1" if compression == "group4" else "RGB"
    sizes = [(900, 200), (400, 700), (600, 300)]
    frames = [picture(f"Frame {n}", size=size).convert(mode) for n, size in enumerate(sizes)]
    first, *others = frames
    data = encoded(first, "TIFF", save_all=True, append_images=others, compression=compression)
    results = [
        page(
            [line(f"Frame {n}", box(30, 40, 200, 40))],
            page_index=n,
            width_px=size[0],
            height_px=size[1],
            dpi=100,
        )
        for n, size in enumerate(sizes)
        if n != 1  # was not asked for
    ]
    out = searchable(data, results, tmp_path)
    with pypdfium2.PdfDocument(out) as opened:
        texts = [each.get_textpage().get_text_range() for each in opened]
        assert texts == ["Frame 0", "", "Frame 2"]
        assert opened[2].get_size() == pytest.approx((432, 216))
    for index, image in enumerate(frames):
        assert _mean_difference(_shown(out, index, size=image.size), image) < 3


@pytest.mark.parametrize("orientation", [1, 3])
def test_a_small_copy_of_a_page_in_a_tiff_is_no_page(tmp_path: Path, orientation: int) -> None:
    first, copy, last = (picture(f"Frame {n}", size=(900, 200)) for n in range(3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    data = encoded(first, "TIFF", save_all=True, append_images=[copy, last], exif=exif)
    read = page([line("Last", box(30, 40, 200, 40))], page_index=1, width_px=900, height_px=200)
    out = searchable(data, [read], tmp_path)
    with pypdfium2.PdfDocument(out) as opened:
        assert [each.get_textpage().get_text_range() for each in opened] == ["", "Last"]
    shown = last if orientation == 1 else last.rotate(180)
    assert min(_mean_difference(_shown(out, 1), each) for each in (last, shown)) < 3


def test_pages_longer_than_pdf_knows_have_a_larger_unit(tmp_path: Path) -> None:
    data = encoded(Image.new("1", (12_000, 60), 1), "PNG")
    result = page([line("Hello", box(30, 10, 300, 40))], width_px=12_000, height_px=60, dpi=50)
    out = searchable(data, [result], tmp_path)
    with pikepdf.open(out) as opened:
        made = opened.pages[0]
        assert int(made.obj.UserUnit) == 2
        assert float(made.mediabox[2]) == 12_000 * 72 / 50 / 2


def test_a_broken_image_says_so(tmp_path: Path) -> None:
    data = encoded(picture("gone"), "PNG")
    with pytest.raises(FormatUnavailable, match="hocr or text"):
        searchable(data[:60] + bytes(200), [_RESULT], tmp_path)


def test_a_blank_page_has_the_size_of_its_image_and_stands_upright(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    document = encoded(Image.new("RGB", (1000, 800), "white"), "JPEG", exif=turned)
    blank = page([], source="blank", width_px=800, height_px=1000, dpi=200)
    with pikepdf.open(searchable(document, [blank], tmp_path)) as pdf:
        assert [float(each) for each in pdf.pages[0].mediabox] == [0, 0, 288, 360]


@pytest.mark.parametrize(("size", "dpi"), [((1, 1), 200), ((30_000, 1), 200), (_SIZE, 60_000)])
def test_strips_of_pixels_and_absurd_resolutions_have_a_page(
    tmp_path: Path, size: tuple[int, int], dpi: int
) -> None:
    image = picture("Hello image", size=_SIZE).resize(size)
    read = _RESULT.model_copy(update={"width_px": size[0], "height_px": size[1], "dpi": 200})
    lines = _RESULT.lines if size == _SIZE else ()
    out = searchable(
        encoded(image, "PNG", dpi=(dpi, dpi)), [read.model_copy(update={"lines": lines})], tmp_path
    )
    with pypdfium2.PdfDocument(out) as opened:
        shown = opened[0].get_size()
        assert shown == pytest.approx((size[0] * 0.36, size[1] * 0.36), abs=0.1)
        assert opened[0].get_textpage().get_text_range() == ("Hello image" if lines else "")
