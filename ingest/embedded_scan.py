"""Pages that are one scan and nothing else: the JPEG in the PDF is taken out as it is."""

import ctypes
import io
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from ingest.page_image import MAX_PIXELS, PageImage
from ingest.stream_dictionary import StreamDictionaries

_POINTS_PER_INCH: Final = 72.0
# An A4 page of 595.28 pt is often written as 595, and its scan rounded to whole pixels.
_EDGE_PT: Final = 1.5
# A coarser scan is rendered at the dpi that was asked for, as other pages are; a finer one has
# pixels that cost more to decode than they are worth.
_LEAST_OF_DPI: Final = 0.75
_MOST_DPI: Final = 600
# More does not fit into one message with its task, and would travel by the bucket.
_MOST_BYTES: Final = 6_000_000
_SAME_RATIO: Final = 0.02
# What a decoder makes of such pixels is what is to be seen, profiles or not.
_PLAIN_COLOURS: Final = {
    pdfium.FPDF_COLORSPACE_DEVICEGRAY,
    pdfium.FPDF_COLORSPACE_DEVICERGB,
    pdfium.FPDF_COLORSPACE_CALGRAY,
    pdfium.FPDF_COLORSPACE_CALRGB,
    pdfium.FPDF_COLORSPACE_ICCBASED,
}
_MODES: Final = {8: "L", 24: "RGB"}  # by bits a pixel, as Pillow calls them
_EXIF_ORIENTATION: Final = 0x0112
_END_OF_IMAGE: Final = b"\xff\xd9"

Box = tuple[float, float, float, float]  # left, bottom, right, top; pt, origin bottom left


def embedded_scan(
    page: pypdfium2.PdfPage, *, dpi: int, dictionaries: StreamDictionaries
) -> PageImage | None:
    """The page's only image, if it is a grey or RGB JPEG that covers the page upright, and nothing
    else is to be seen on it; None in doubt: then the page is rendered.

    Its pixels are the scanner's: `dpi` of the result is the scan's own, near enough to `dpi`.
    """
    image = _only_image(page)
    if image is None or not _is_shown_whole(page, image):
        return None
    width_pt, height_pt = page.get_size()
    width_px, height_px = ctypes.c_uint(), ctypes.c_uint()
    if not pdfium.FPDFImageObj_GetImagePixelSize(image, width_px, height_px):
        return None
    own_dpi = _POINTS_PER_INCH * width_px.value / width_pt
    other_dpi = _POINTS_PER_INCH * height_px.value / height_pt
    if (
        abs(own_dpi - other_dpi) > _SAME_RATIO * own_dpi
        or not _LEAST_OF_DPI * dpi <= own_dpi <= _MOST_DPI
        or width_px.value * height_px.value > MAX_PIXELS
        or _filters_of(image) != [b"DCTDecode"]
        or (mode := _mode_of(page, image)) is None
    ):
        return None
    data = _bytes_of(image)
    if (
        data is None
        or not _is_plain_jpeg(data, size=(width_px.value, height_px.value), mode=mode)
        or not dictionaries.shows_plain_pixels(data)
    ):
        return None
    return PageImage(
        data=data, width_px=width_px.value, height_px=height_px.value, dpi=round(own_dpi)
    )


def _only_image(page: pypdfium2.PdfPage) -> "pdfium.FPDF_PAGEOBJECT | None":
    """The image of a page on which nothing else is visible: text that OCR has laid under a scan is
    not."""
    if page.get_rotation() != 0 or pdfium.FPDFPage_GetAnnotCount(page) != 0:
        return None
    image = None
    for index in range(pdfium.FPDFPage_CountObjects(page)):
        each = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE and image is None:
            image = each
        elif not (
            kind == pdfium.FPDF_PAGEOBJ_TEXT
            and pdfium.FPDFTextObj_GetTextRenderMode(each) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        ):
            return None
    return image


def _is_shown_whole(page: pypdfium2.PdfPage, image: "pdfium.FPDF_PAGEOBJECT") -> bool:
    """Whether the image lies upright on the whole page, and only there."""
    matrix = pdfium.FS_MATRIX()
    if (
        not pdfium.FPDFPageObj_GetMatrix(image, matrix)
        or pdfium.FPDFPageObj_HasTransparency(image)
        # Part of a layer perhaps, which can be switched off.
        or pdfium.FPDFPageObj_CountMarks(image) > 0
    ):
        return False
    left, bottom, right, top = page.get_bbox()
    upright = matrix.a > 0 and matrix.d > 0 and max(abs(matrix.b), abs(matrix.c)) < _EDGE_PT
    shown = (matrix.e, matrix.f, matrix.e + matrix.a, matrix.f + matrix.d)
    fits = all(
        abs(edge - of_page) <= _EDGE_PT
        for edge, of_page in zip(shown, (left, bottom, right, top), strict=True)
    )
    return upright and fits and _clips_nothing(image, (left, bottom, right, top))


def _clips_nothing(image: "pdfium.FPDF_PAGEOBJECT", page: Box) -> bool:
    """Whether what the image is clipped to are rectangles around the page."""
    clip = pdfium.FPDFPageObj_GetClipPath(image)
    for path in range(max(0, pdfium.FPDFClipPath_CountPaths(clip))):
        corners: set[tuple[bool, bool]] = set()
        count = pdfium.FPDFClipPath_CountPathSegments(clip, path)
        for index in range(count):
            segment = pdfium.FPDFClipPath_GetPathSegment(clip, path, index)
            x, y = ctypes.c_float(), ctypes.c_float()
            if pdfium.FPDFPathSegment_GetType(
                segment
            ) == pdfium.FPDF_SEGMENT_BEZIERTO or not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
                return False
            beside = x.value <= page[0] + _EDGE_PT or x.value >= page[2] - _EDGE_PT
            beyond = y.value <= page[1] + _EDGE_PT or y.value >= page[3] - _EDGE_PT
            if not (beside and beyond):
                return False
            corners.add((x.value > page[0] + _EDGE_PT, y.value > page[1] + _EDGE_PT))
        if count > 5 or len(corners) != 4:
            return False
    return True


def _filters_of(image: "pdfium.FPDF_PAGEOBJECT") -> list[bytes]:
    names = []
    for index in range(pdfium.FPDFImageObj_GetImageFilterCount(image)):
        name = ctypes.create_string_buffer(64)
        pdfium.FPDFImageObj_GetImageFilter(image, index, name, len(name))
        names.append(name.value)
    return names


def _mode_of(page: pypdfium2.PdfPage, image: "pdfium.FPDF_PAGEOBJECT") -> str | None:
    # Slow for other encodings than JPEG, of which it reads the header only.
    found = pdfium.FPDF_IMAGEOBJ_METADATA()
    if not pdfium.FPDFImageObj_GetImageMetadata(image, page, found):
        return None
    return _MODES.get(found.bits_per_pixel) if found.colorspace in _PLAIN_COLOURS else None


def _bytes_of(image: "pdfium.FPDF_PAGEOBJECT") -> bytes | None:
    size = pdfium.FPDFImageObj_GetImageDataRaw(image, None, 0)
    if not 0 < size <= _MOST_BYTES:
        return None
    data = ctypes.create_string_buffer(size)
    pdfium.FPDFImageObj_GetImageDataRaw(image, data, size)
    return data.raw


def _is_plain_jpeg(data: bytes, *, size: tuple[int, int], mode: str) -> bool:
    # Cut off, PDFium draws what there is; a node's decoder refuses it.
    if not data.rstrip(b"\0\r\n ").endswith(_END_OF_IMAGE):
        return False
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as jpeg:
            # A PDF does not turn it by its camera's note, and some decoders would.
            upright = jpeg.getexif().get(_EXIF_ORIENTATION, 1) == 1
            return jpeg.size == size and jpeg.mode == mode and upright
    except Exception:  # decoders raise whatever they like on broken files
        return False
