"""Images as documents: one page each, or, in a TIFF, one page a frame."""

import warnings
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from contracts.errors import DocumentRejected, PageUnreadable
from contracts.job_options import Mode
from contracts.pages import Line
from ingest.page_image import PageImage, check_pixels, encode, flatten

# What travels to the nodes as it is, if nothing has to be turned or flattened.
_PASSED_THROUGH: Final = {"PNG", "JPEG"}
_EXIF_ORIENTATION: Final = 0x0112
# Resolutions that cameras and editors write without meaning them lie outside.
_PLAUSIBLE_DPI: Final = range(50, 2401)


class ImageDocument:
    """An open image file."""

    def __init__(self, path: Path, *, dpi: int, supported: str) -> None:
        """Raises: DocumentRejected if this is no image, or one that Pillow cannot open."""
        self._path = path
        self._dpi = dpi
        # Pillow warns of bombs at half of the bound that check_pixels holds.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            self._image = Image.open(path)
            self.page_count = (
                getattr(self._image, "n_frames", 1) if self._image.format in {"TIFF", "MPO"} else 1
            )
        except Image.DecompressionBombError as wrong:
            raise DocumentRejected(
                "the image has more pixels than can be read; scale it down and submit it again"
            ) from wrong
        except UnidentifiedImageError as wrong:
            raise DocumentRejected(
                f"the file is not a document that can be read; submit a {supported}"
            ) from wrong
        except Exception as wrong:  # decoders raise whatever they like on broken files
            raise DocumentRejected(
                f"the image is damaged ({type(wrong).__name__}); get a complete copy of it"
            ) from wrong
        if self._image.format == "MPO":  # a camera's JPEG with a preview in it
            self.page_count = 1

    def render(self, page_index: int) -> PageImage:
        """The frame as it is, or flattened and turned upright. Raises: PageUnreadable."""
        try:
            if self.page_count > 1:
                self._image.seek(page_index)
            check_pixels(
                page_index=page_index, width_px=self._image.width, height_px=self._image.height
            )
            self._image.load()  # a cut-off file shows here
            upright = ImageOps.exif_transpose(self._image)
            flat = flatten(upright)
        except PageUnreadable:
            raise
        except Exception as wrong:  # decoders raise whatever they like on broken files
            raise PageUnreadable(
                f"page {page_index + 1} is a damaged image ({type(wrong).__name__}); "
                "get a complete copy of it and submit it again"
            ) from wrong
        dpi = self._own_dpi()
        as_it_is = (
            flat is upright
            and self._image.format in _PASSED_THROUGH
            and self._image.getexif().get(_EXIF_ORIENTATION, 1) == 1
        )
        if as_it_is:
            return PageImage(
                data=self._path.read_bytes(),
                width_px=flat.width,
                height_px=flat.height,
                dpi=dpi,
            )
        return encode(flat, dpi=dpi)

    def told(self, page_index: int, *, mode: Mode) -> tuple[Line, ...]:
        """Nothing: an image has pixels only."""
        del page_index, mode
        return ()

    def close(self) -> None:
        """Lets go of the file."""
        self._image.close()

    def _own_dpi(self) -> int:
        try:
            own = round(float(self._image.info["dpi"][0]))
        except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
            return self._dpi
        return own if own in _PLAUSIBLE_DPI else self._dpi
