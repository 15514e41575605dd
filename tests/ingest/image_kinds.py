"""A file of every kind of image that people hand in, with the same picture on it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from PIL import Image, ImageChops, ImageCms

from tests.documents import encoded, picture
from tests.ingest.tiff_writer import old_style_jpeg, tiff

PICTURE: Final = picture("What is on it 0123", size=(456, 120))
GREY: Final = PICTURE.convert("L")
BLACK: Final = GREY.point(lambda value: 255 if value > 127 else 0)
_GREY_PIXELS: Final = np.asarray(GREY)[:, :, None]
_RGB_PIXELS: Final = np.asarray(PICTURE)
_RGB_16: Final = _RGB_PIXELS.astype(np.uint16) * 257


def _scaled(top: int, kind: type = np.uint16) -> Any:
    return (_GREY_PIXELS.astype(np.float64) * (top / 255)).astype(kind)


def _deep(top: int, kind: type = np.uint16) -> Image.Image:
    return Image.fromarray(_scaled(top, kind)[:, :, 0])


def _inks(image: Image.Image) -> Any:
    return np.asarray(image.convert("CMYK"))


def _rgba() -> Image.Image:
    black_on_nothing = Image.new("RGBA", PICTURE.size, (0, 0, 0, 0))
    black_on_nothing.putalpha(GREY.point(lambda value: 255 - value))
    return black_on_nothing


def white_on_nothing() -> Image.Image:
    image = Image.new("RGBA", PICTURE.size, (255, 255, 255, 0))
    image.putalpha(GREY.point(lambda value: 255 - value))
    return image


def _big(image: Image.Image, **more: Any) -> bytes:
    return encoded(image, "TIFF", big_tiff=True, **more)


def _paletted() -> Image.Image:
    return PICTURE.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)


def _cmyk_as_photoshop_does_not(image: Image.Image) -> bytes:
    """A JPEG of inks as they are: 255 is full, and no Adobe marker says otherwise."""
    inks = image.convert("CMYK")
    # Pillow inverts what it writes, with the marker: inverted before and without it, as wanted.
    content = encoded(ImageChops.invert(inks), "JPEG", quality=95)
    at = content.index(b"\xff\xee")
    return content[:at] + content[at + 2 + int.from_bytes(content[at + 2 : at + 4], "big") :]


def _oriented(kind: str, orientation: int, turn: Image.Transpose) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(PICTURE.transpose(turn), kind, exif=exif, **_lossless(kind))


def _lossless(kind: str) -> dict[str, Any]:
    return {"quality": 95} if kind in {"JPEG", "WEBP", "AVIF"} else {}


def _animated(kind: str) -> bytes:
    other = Image.new("RGB", PICTURE.size, "black")
    return encoded(PICTURE, kind, save_all=True, append_images=[other], duration=100)


def _levels(bits: int, *, from_white: bool) -> Any:
    top = 2**bits - 1
    kind = np.uint32 if bits == 32 else np.uint16 if bits == 16 else np.uint8
    levels = np.rint(_GREY_PIXELS / 255 * top).clip(0, top).astype(np.uint64)
    return ((top - levels) if from_white else levels).astype(kind)


def _grey_tiff(bits: int, *, from_white: bool, deflate: bool) -> bytes:
    levels = _levels(bits, from_white=from_white)
    return tiff(levels, bits=bits, photometric=0 if from_white else 1, deflate=deflate)


def _lab() -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(PICTURE, srgb, lab, outputMode="LAB")
    assert image is not None
    return image


# Name of the kind: what makes a file of it.
KINDS: Final[dict[str, Callable[[], bytes]]] = {
    "png": lambda: encoded(PICTURE),
    "png grey": lambda: encoded(GREY),
    "png 1 bit": lambda: encoded(BLACK.convert("1")),
    "png palette": lambda: encoded(_paletted()),
    "png palette, 1 bit": lambda: encoded(
        BLACK.convert("P", palette=Image.Palette.ADAPTIVE, colors=2), bits=1
    ),
    "png palette, transparent": lambda: encoded(_paletted(), transparency=200),
    "png 16 bit": lambda: encoded(_deep(65535)),
    "png 12 bit in 16": lambda: encoded(_deep(4095)),
    "png transparent": lambda: encoded(_rgba()),
    "png grey, transparent": lambda: encoded(_rgba().convert("LA")),
    "png turned": lambda: _oriented("PNG", 6, Image.Transpose.ROTATE_90),
    "apng": lambda: _animated("PNG"),
    "jpeg": lambda: encoded(PICTURE, "JPEG"),
    "jpeg progressive": lambda: encoded(PICTURE, "JPEG", progressive=True),
    "jpeg grey": lambda: encoded(GREY, "JPEG"),
    "jpeg cmyk, adobe inverted": lambda: encoded(PICTURE.convert("CMYK"), "JPEG", quality=95),
    "jpeg cmyk, plain": lambda: _cmyk_as_photoshop_does_not(PICTURE),
    **{
        f"jpeg orientation {number}": partial(_oriented, "JPEG", number, turn)
        for number, turn in {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270,
        }.items()
    },
    "webp": lambda: encoded(PICTURE, "WEBP", quality=90),
    "webp lossless, transparent": lambda: encoded(_rgba(), "WEBP", lossless=True),
    "webp animated": lambda: _animated("WEBP"),
    "webp turned": lambda: _oriented("WEBP", 8, Image.Transpose.ROTATE_270),
    "bmp": lambda: encoded(PICTURE, "BMP"),
    "bmp 1 bit": lambda: encoded(BLACK.convert("1"), "BMP"),
    "gif": lambda: encoded(_paletted(), "GIF"),
    "gif animated": lambda: _animated("GIF"),
    "gif transparent": lambda: encoded(_rgba(), "GIF"),
    "jpeg 2000": lambda: encoded(PICTURE, "JPEG2000"),
    "jpeg 2000 codestream": lambda: encoded(GREY, "JPEG2000", no_jp2=True),
    "jpeg 2000, 16 bit": lambda: encoded(_deep(65535), "JPEG2000"),
    "avif": lambda: encoded(PICTURE, "AVIF", quality=90),
    "avif turned": lambda: _oriented("AVIF", 6, Image.Transpose.ROTATE_90),
    "pbm": lambda: encoded(BLACK.convert("1"), "PPM"),
    "tiff": lambda: encoded(PICTURE, "TIFF"),
    **{
        f"tiff {name}": partial(encoded, BLACK.convert("1"), "TIFF", compression=name)
        for name in ("group3", "group4", "packbits", "tiff_ccitt")
    },
    **{
        f"tiff {name}, colours": partial(encoded, PICTURE, "TIFF", compression=name)
        for name in (
            "tiff_lzw",
            "tiff_deflate",
            "tiff_adobe_deflate",
            "jpeg",
            "packbits",
            "lzma",
            "zstd",
        )
    },
    "tiff jpeg, grey": lambda: encoded(GREY, "TIFF", compression="jpeg"),
    "tiff old-style jpeg": lambda: old_style_jpeg(
        encoded(PICTURE, "JPEG", quality=95), width=PICTURE.width, height=PICTURE.height
    ),
    "tiff cmyk, lzw": lambda: encoded(PICTURE.convert("CMYK"), "TIFF", compression="tiff_lzw"),
    "tiff lab": lambda: encoded(_lab(), "TIFF"),
    "tiff palette": lambda: encoded(_paletted(), "TIFF"),
    "tiff transparent": lambda: encoded(_rgba(), "TIFF"),
    "tiff ycbcr": lambda: encoded(PICTURE.convert("YCbCr"), "TIFF", compression="tiff_lzw"),
    "tiff 16 bit, deflate": lambda: encoded(_deep(65535), "TIFF", compression="tiff_deflate"),
    "tiff float": lambda: encoded(_deep(1, np.float32), "TIFF"),
    "tiff float to 255, lzw": lambda: encoded(
        _deep(255, np.float32), "TIFF", compression="tiff_lzw"
    ),
    "tiff turned": lambda: encoded(
        PICTURE.transpose(Image.Transpose.ROTATE_90), "TIFF", tiffinfo={274: 6}
    ),
    "bigtiff": lambda: _big(PICTURE),
    "bigtiff lzw": lambda: _big(PICTURE, compression="tiff_lzw"),
    **{
        ", ".join([f"tiff {bits} bit", *["white is 0"] * white, *["deflate"] * deflate]): partial(
            _grey_tiff, bits, from_white=white, deflate=deflate
        )
        for bits in (1, 2, 4, 8, 16, 32)
        for white in (False, True)
        for deflate in (False, True)
    },
    "tiff 16 bit, big endian": lambda: tiff(_scaled(65535), bits=16, photometric=1, order=">"),
    "tiff float, white is 0": lambda: tiff(
        1 - _scaled(1, np.float32), bits=32, photometric=0, sample_format=3
    ),
    "tiff float of 64 bit": lambda: tiff(
        _scaled(1, np.float64), bits=64, photometric=1, sample_format=3
    ),
    "tiff signed 16 bit": lambda: tiff(
        _scaled(32767, np.int16), bits=16, photometric=1, sample_format=2
    ),
    "tiff 16 bit colours": lambda: tiff(_RGB_16, bits=16, photometric=2),
    "tiff 16 bit colours, deflate": lambda: tiff(_RGB_16, bits=16, photometric=2, deflate=True),
    "tiff 16 bit colours, planes": lambda: tiff(_RGB_16, bits=16, photometric=2, planar=True),
    "tiff 32 bit, white is 0, big endian": lambda: tiff(
        _levels(32, from_white=True), bits=32, photometric=0, order=">"
    ),
    "tiff float of 64 bit, big endian": lambda: tiff(
        _scaled(1, np.float64), bits=64, photometric=1, sample_format=3, order=">"
    ),
    "tiff tiles": lambda: tiff(_GREY_PIXELS, bits=8, photometric=1, tiled=True),
    "tiff tiles, colours, deflate": lambda: tiff(
        _RGB_PIXELS, bits=8, photometric=2, tiled=True, deflate=True
    ),
    "tiff tiles, 16 bit": lambda: tiff(_scaled(65535), bits=16, photometric=1, tiled=True),
    "tiff planes": lambda: tiff(_RGB_PIXELS, bits=8, photometric=2, planar=True),
    "tiff planes, deflate": lambda: tiff(
        _RGB_PIXELS, bits=8, photometric=2, planar=True, deflate=True
    ),
    "tiff planes, tiles": lambda: tiff(
        _RGB_PIXELS, bits=8, photometric=2, planar=True, tiled=True, deflate=True
    ),
    "tiff cmyk": lambda: tiff(_inks(PICTURE), bits=8, photometric=5),
    "tiff cmyk planes": lambda: tiff(_inks(PICTURE), bits=8, photometric=5, planar=True),
}
