"""How many pixels of an image make an inch of paper, where the image can be believed."""

from typing import Any, Final

from PIL import Image

# Resolutions that cameras and editors write without meaning them lie outside.
_PLAUSIBLE: Final = range(50, 2401)
# What software writes that was told nothing: a photograph of 4000 px is no page of 1.4 m.
_NOT_TOLD: Final = {72, 96}
_EXIF_X: Final = 0x011A
_EXIF_Y: Final = 0x011B
_EXIF_UNIT: Final = 0x0128
_CM_PER_INCH: Final = 2.54
# A fax of standard resolution has 204 x 98 dpi: letters are half as high as they should be.
_SQUARE_WITHIN: Final = 1.05
_MOST_STRETCH: Final = 3.0


def resolution_of(image: Image.Image, *, otherwise: int) -> tuple[int, int]:
    """Dots per inch across and down; `otherwise` twice where the image does not tell them, or what
    it tells cannot be meant."""
    for told in (image.info.get("dpi"), _of_exif(image)):
        pair = _as_whole(told)
        if pair is not None and all(each in _PLAUSIBLE for each in pair):
            if set(pair) & _NOT_TOLD and pair[0] == pair[1]:
                continue
            return pair
    return otherwise, otherwise


def with_square_pixels(
    image: Image.Image, dpi: tuple[int, int], *, most_px: int
) -> tuple[Image.Image, int]:
    """The image stretched to the finer of its two resolutions, and that one; as it is where the
    two are near enough, or too far apart to be meant, and where it has more than a third of
    `most_px` pixels."""
    across, down = dpi
    if across == down:
        return image, across
    ratio = max(dpi) / min(dpi)
    if not _SQUARE_WITHIN < ratio <= _MOST_STRETCH or image.width * image.height > most_px // 3:
        return image, across
    finer = max(dpi)
    size = round(image.width * finer / across), round(image.height * finer / down)
    return image.resize(size, Image.Resampling.BICUBIC), finer


def _of_exif(image: Image.Image) -> Any:
    try:
        exif = image.getexif()
        unit = {2: 1.0, 3: _CM_PER_INCH}[exif[_EXIF_UNIT]]
        return float(exif[_EXIF_X]) * unit, float(exif[_EXIF_Y]) * unit
    except Exception:  # whatever a camera wrote: it is not needed
        return None


def _as_whole(told: Any) -> tuple[int, int] | None:
    try:
        return round(float(told[0])), round(float(told[1]))
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return None
