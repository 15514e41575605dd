"""From whatever pixels an image file has to 8-bit grey or RGB on which its text can be read."""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms

_PHOTOMETRIC_TAG: Final = 262
_COUNTED_FROM_WHITE: Final = 0
_SAMPLE_FORMAT_TAG: Final = 339
_ADOBE_MARK: Final = "adobe"
# Rows of deep pixels that are worked on at a time: their numbers take 4 to 8 times their space.
_BAND_ROWS: Final = 512
# The largest numbers of pixels of 8, 10, 12, 14, 15 (16 with a sign), 16, 31 and 32 bits: by what a
# file holds, not by what its container could.
_WHITES: Final = tuple(2.0**bits - 1 for bits in (8, 10, 12, 14, 15, 16, 31, 32))
# Text of this lightness and more on white paper cannot be read.
_LIGHT: Final = 192
_OPAQUE: Final = 128
# A profile that changes the lightness of a picture by less than this, on average, of 255, changes
# nothing that a reader would see.
_MATTERS: Final = 16.0
_PROBE_PX: Final = 128


def legible(image: Image.Image) -> Image.Image:
    """The image itself if it is plain grey or RGB; else a new one that is. Its pixels are loaded.

    Transparency becomes white paper, or dark where all that is on it is light.
    """
    image = _with_right_polarity(image)
    if image.mode.startswith(("I", "F")):
        return _from_deep_pixels(image)
    if image.mode == "1":
        return image.convert("L")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return _on_paper(image)
    if image.mode == "LAB":
        return _from_lab(image)
    managed = _by_profile(image)
    if managed is not None:
        return managed
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")


def _with_right_polarity(image: Image.Image) -> Image.Image:
    """Undoes what Pillow takes for granted: that JPEGs of four inks are Adobe's, who inverts them,
    and that grey of 16 bits and more is never counted from white."""
    if image.mode == "CMYK" and image.format == "JPEG" and _ADOBE_MARK not in image.info:
        inverted = ImageChops.invert(image)
        inverted.info = dict(image.info)
        return inverted
    return image


def _from_deep_pixels(image: Image.Image) -> Image.Image:
    tags = getattr(image, "tag_v2", None)
    from_white = tags is not None and tags.get(_PHOTOMETRIC_TAG) == _COUNTED_FROM_WHITE
    low, high = _extremes(image)
    # Negative numbers, and those between whole ones, have no white of their own.
    if low < 0 or (image.mode == "F" and high > 1.0 + 1e-6):
        black, white = low, max(high, low + 1.0)
        if image.mode == "F" and low >= 0:
            black, white = 0.0, next((each for each in _WHITES if high <= each), high)
    elif image.mode == "F":
        black, white = 0.0, 1.0
    else:
        black, white = 0.0, next((each for each in _WHITES if high <= each), high)
    flat = np.empty((image.height, image.width), dtype=np.uint8)
    for top, band in _bands(image):
        scaled = (band - black) * (255.0 / (white - black))
        np.nan_to_num(scaled, copy=False, nan=255.0, posinf=255.0, neginf=0.0)
        np.clip(scaled, 0.0, 255.0, out=scaled)
        rows = np.rint(scaled).astype(np.uint8)
        flat[top : top + band.shape[0]] = 255 - rows if from_white else rows
    return Image.fromarray(flat)


def _extremes(image: Image.Image) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for _, band in _bands(image):
        numbers = band[np.isfinite(band)]
        if numbers.size:
            low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    return (low, high) if low <= high else (0.0, 1.0)


def _bands(image: Image.Image) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """The rows of an image as numbers, some at a time, each time with the first of them."""
    tags = getattr(image, "tag_v2", None)
    # Pillow has no unsigned numbers of 32 bits: the largest come out as negative.
    unsigned = image.mode == "I" and tags is not None and tags.get(_SAMPLE_FORMAT_TAG, (1,))[0] == 1
    for top in range(0, image.height, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, image.height)
        band = np.asarray(image.crop((0, top, image.width, bottom)))
        yield top, (band.view(np.uint32) if unsigned else band).astype(np.float64)


def _on_paper(image: Image.Image) -> Image.Image:
    flat, alphas, darkest = _composed(image, "white")
    if alphas[0] < _OPAQUE <= alphas[1] and darkest >= _LIGHT:
        flat, *_ = _composed(image, "black")
    return flat


def _composed(image: Image.Image, paper: str) -> tuple[Image.Image, tuple[int, int], int]:
    """The image on paper of that colour, the least and the largest opacity that it had, and the
    least lightness that it has now. Some rows at a time: a whole one with its opacity, and its
    opacity by itself, would take more than twice the space."""
    flat = Image.new("RGB", image.size, paper)
    clear, opaque, darkest = 255, 0, 255
    for top in range(0, image.height, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, image.height)
        band = image.crop((0, top, image.width, bottom)).convert("RGBA")
        alpha = np.asarray(band.getchannel("A"))
        clear, opaque = min(clear, int(alpha.min())), max(opaque, int(alpha.max()))
        on_paper = Image.new("RGB", band.size, paper)
        on_paper.paste(band, mask=band.getchannel("A"))
        darkest = min(darkest, int(np.asarray(on_paper.convert("L")).min()))
        flat.paste(on_paper, (0, top))
    return flat, (clear, opaque), darkest


def _from_lab(image: Image.Image) -> Image.Image:
    try:
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        converted = None
    # Lightness alone is a legible picture.
    return converted if converted is not None else image.getchannel("L")


def _by_profile(image: Image.Image) -> Image.Image | None:
    """The image in sRGB, if its profile makes another picture of it than its bare numbers do; None
    if not, or if the profile is broken."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"L", "RGB", "CMYK"}:
        return None
    mode = "L" if image.mode == "L" else "RGB"
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            image.mode,
            "RGB",
        )
        probe = image.resize(
            (min(_PROBE_PX, image.width), min(_PROBE_PX, image.height)), Image.Resampling.NEAREST
        )
        managed = ImageCms.applyTransform(probe, transform)
        if managed is None:
            return None
        change = np.abs(
            np.asarray(managed.convert("L"), dtype=np.int16)
            - np.asarray(probe.convert("RGB").convert("L"), dtype=np.int16)
        )
        if float(change.mean()) < _MATTERS:
            return None
        whole = ImageCms.applyTransform(image, transform)
    except Exception:  # a broken profile: the picture is legible without it
        return None
    return None if whole is None else whole.convert(mode)
