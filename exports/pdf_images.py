"""Images as PDF pages: their bytes as they were wherever PDF knows their encoding."""

import io
import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import img2pdf
import pikepdf
from PIL import Image

from contracts.errors import FormatUnavailable
from exports.pdf_font import compressed
from exports.pdf_geometry import Affine
from images.more_kinds import know_heic, know_more_kinds
from images.page_pixels import upright_pixels
from images.tiff_pages import page_frames

_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = 1
# As ingest opens them: the pages of a TIFF, the first frame of everything else.
_PAGED: Final = {"TIFF"}
_POINTS_PER_INCH: Final = 72.0
# The longest side that PDF 1.7 knows (ISO 32000-1, annex C); UserUnit makes it longer.
_LONGEST_SIDE: Final = 14_400.0
# The shortest one that pikepdf makes a page with; of a strip of pixels, or where an image claims
# thousands of dpi, sides are shorter.
_SHORTEST_SIDE: Final = 3.0
# How the unit square of an image is laid on that of an upright page, by EXIF's orientation
# (CIPA DC-008, 4.6.4 A): PDF's image space has its origin at the bottom left.
_LAID: Final = {
    1: Affine(a=1, b=0, c=0, d=1, e=0, f=0),
    2: Affine(a=-1, b=0, c=0, d=1, e=1, f=0),
    3: Affine(a=-1, b=0, c=0, d=-1, e=1, f=1),
    4: Affine(a=1, b=0, c=0, d=-1, e=0, f=1),
    5: Affine(a=0, b=-1, c=-1, d=0, e=1, f=1),
    6: Affine(a=0, b=-1, c=1, d=0, e=0, f=1),
    7: Affine(a=0, b=1, c=1, d=0, e=0, f=0),
    8: Affine(a=0, b=1, c=-1, d=0, e=1, f=0),
}

# It warns of images with transparency, which it writes all the same.
logging.getLogger(img2pdf.__name__).setLevel(logging.ERROR)


def write_image_pdf(document: Path, out: Path) -> int:
    """Writes the image as a PDF of a page a frame, as ingest counts them; returns the EXIF
    orientation of all of them.

    JPEG, JPEG 2000, PNG and CCITT G4 go in as they are, other encodings without loss; what PDF
    cannot show (a TIFF of floats, say) as the 8-bit image that it looks like.
    Raises: FormatUnavailable.
    """
    know_more_kinds()
    know_heic()
    try:
        with Image.open(document) as image:
            paged = image.format in _PAGED
            orientation = int(image.getexif().get(_ORIENTATION, _UPRIGHT))
            frames = page_frames(image) if paged else [0]
            count = getattr(image, "n_frames", 1) if paged else 1
            # img2pdf writes the numbers of such a palette as if they were shades of grey.
            fits = not (image.mode in {"P", "PA"} and image.has_transparency_data)
        if orientation not in _LAID:
            orientation = _UPRIGHT
        # Of a turned TIFF, Pillow turns the frames that img2pdf decodes, and not those it copies.
        fits = fits and not (paged and orientation != _UPRIGHT)
        if not fits or not _put_in(document, out, paged=paged):
            _convert(list(_as_seen(document, frames)), out, first_frame_only=True)
            orientation = _UPRIGHT
        elif len(frames) < count:
            _leave_out(set(range(count)) - set(frames), out)
    except Exception as wrong:  # decoders raise whatever they like on broken files
        raise FormatUnavailable(
            f"the image cannot be put into a PDF ({type(wrong).__name__}); "
            "ask for another format, such as hocr or text"
        ) from wrong
    return orientation


def lay_out(
    page: pikepdf.Page, pdf: pikepdf.Pdf, *, orientation: int, size_px: tuple[int, int], dpi: int
) -> None:
    """Makes the page as large as its image of `size_px` is at `dpi`, and shows the image upright on
    it."""
    width, height = (side * _POINTS_PER_INCH / dpi for side in size_px)
    unit = math.ceil(max(width, height, 1.0) / _LONGEST_SIDE)
    if unit > 1:
        page.obj.UserUnit = unit
    elif "/UserUnit" in page.obj:
        del page.obj.UserUnit
    width, height = width / unit, height / unit
    for box in ("/CropBox", "/TrimBox", "/BleedBox", "/ArtBox"):
        if box in page.obj:
            del page.obj[box]
    page.obj.MediaBox = pikepdf.Array([0, 0, round(width, 4), round(height, 4)])
    (name,) = page.obj.Resources.XObject.keys()
    laid = _LAID[orientation]
    matrix = Affine(
        a=laid.a * width,
        b=laid.b * height,
        c=laid.c * width,
        d=laid.d * height,
        e=laid.e * width,
        f=laid.f * height,
    )
    page.obj.Contents = compressed(
        pdf, b"q %b cm %b Do Q" % (matrix.operands(), name.encode("ascii"))
    )


def _put_in(document: Path, out: Path, *, paged: bool) -> bool:
    """False if PDF lacks the image's encoding."""
    try:
        _convert([document.read_bytes()], out, first_frame_only=not paged)
    except Exception:  # it raises whatever it likes
        return False
    return True


def _leave_out(frames: set[int], out: Path) -> None:
    """Removes pages that are small copies, or masks, of others."""
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        for frame in sorted(frames, reverse=True):
            del pdf.pages[frame]
        pdf.save(out)


def _convert(images: list[bytes], out: Path, *, first_frame_only: bool) -> None:
    with out.open("wb") as file:
        img2pdf.convert(
            images,
            outputstream=file,
            engine=img2pdf.Engine.pikepdf,
            rotation=img2pdf.Rotation.none,
            first_frame_only=first_frame_only,
            layout_fun=_large_enough,
            nodate=True,
        )


def _large_enough(
    width_px: int, height_px: int, dpi: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Of the page and of the image on it, pt; `lay_out` gives pages that were read their size."""
    width, height, *image = img2pdf.default_layout_fun(width_px, height_px, dpi)
    if min(width, height) >= _SHORTEST_SIDE:
        return width, height, *image
    width, height = (min(max(side, _SHORTEST_SIDE), _LONGEST_SIDE) for side in (width, height))
    return width, height, width, height


def _as_seen(document: Path, frames: Sequence[int]) -> Iterator[bytes]:
    """The frames as PNG, 8-bit, turned upright, on white paper: as ingest shows them to nodes."""
    with Image.open(document) as image:
        for frame in frames:
            image.seek(frame)
            upright, _ = upright_pixels(image)
            encoded = io.BytesIO()
            upright.save(encoded, "PNG")
            yield encoded.getvalue()
