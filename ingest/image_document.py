"""Images as documents: one page each, or, in a TIFF, one page a frame."""

import contextlib
import importlib
import warnings
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from contracts.errors import DocumentRejected, PageUnreadable
from contracts.job_options import Mode
from contracts.pages import Line
from exports.tiff_pages import page_frames
from ingest.document_kind import (
    HEAD_BYTES,
    IMAGE_FORMATS,
    SUPPORTED,
    declared_bytes,
    is_heic,
    is_image,
)
from ingest.image_resolution import resolution_of, with_square_pixels
from ingest.legible_pixels import legible
from ingest.more_tiff import know_more_kinds
from ingest.page_encoding import encode
from ingest.page_image import PageImage, check_pixels

# What travels to the nodes as it is, if nothing has to be turned or flattened. More bits a pixel
# than a node reads, or more inks, are other modes than these.
_PASSED_THROUGH: Final = {("PNG", "L"), ("PNG", "RGB"), ("JPEG", "L"), ("JPEG", "RGB")}
_PNG_DEPTH_AT: Final = 24  # byte of the file at which a PNG tells its bits a channel
_PLAIN_DEPTH: Final = 8
_EXIF_ORIENTATION: Final = 0x0112
# Offsets and sizes of strips, and of tiles.
_PIECES: Final = ((273, 279), (324, 325))
_HEIC_MISSING: Final = (
    "the file is HEIC, which this ingest cannot read yet; ask the operator to add it (pip install "
    "distributed-ocr[heic]), or export it as JPEG and submit that"
)
_HEIC_DAMAGED: Final = "the HEIC image is damaged; get a complete copy of it"
_TIFF_MARKS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class ImageDocument:
    """An open image file."""

    def __init__(self, path: Path, *, dpi: int) -> None:
        """Raises: DocumentRejected if this is no image, or one that Pillow cannot open."""
        self._path = path
        self._dpi = dpi
        with path.open("rb") as file:
            self._head = file.read(HEAD_BYTES)
        formats = [*IMAGE_FORMATS, *(["HEIF"] if is_heic(self._head) and _know_heic() else [])]
        # Pillow warns of bombs at half of the bound that check_pixels holds.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        # And of metadata that is broken: the pixels may be whole all the same.
        warnings.simplefilter("ignore", UserWarning)
        know_more_kinds()
        try:
            self._image = Image.open(path, formats=formats)
            self._frames = page_frames(self._image) if self._image.format == "TIFF" else [0]
        except Image.DecompressionBombError as wrong:
            raise DocumentRejected(
                "the image has more pixels than can be read; scale it down and submit it again"
            ) from wrong
        except UnidentifiedImageError as wrong:
            raise DocumentRejected(self._unknown()) from wrong
        except Exception as wrong:  # decoders raise whatever they like on broken files
            raise DocumentRejected(
                f"the image is {self._ailment(wrong)}; get a complete copy of it"
            ) from wrong
        self.page_count = len(self._frames)

    def render(self, page_index: int) -> PageImage:
        """The frame as it is, or flattened and turned upright. Raises: PageUnreadable."""
        try:
            if getattr(self._image, "is_animated", False):
                self._image.seek(self._frames[page_index])
            check_pixels(
                page_index=page_index, width_px=self._image.width, height_px=self._image.height
            )
            # Pillow forgets a TIFF's when it loads it; to tell a PNG's, it loads it, come what may.
            orientation = self._orientation() if self._image.format == "TIFF" else None
            self._image.load()  # a cut-off file shows here
            orientation = orientation or self._orientation()
            upright = self._upright(legible(self._image), orientation)
            dpi = resolution_of(self._image, otherwise=self._dpi)
            if orientation in _ON_ITS_SIDE:
                dpi = dpi[1], dpi[0]
            square, square_dpi = with_square_pixels(upright, dpi)
        except PageUnreadable:
            raise
        except Exception as wrong:  # decoders raise whatever they like on broken files
            raise PageUnreadable(
                f"page {page_index + 1} is {self._ailment(wrong)}; "
                "get a complete copy of it and submit it again"
            ) from wrong
        if square is self._image and self._travels_as_it_is():
            return PageImage(
                data=self._path.read_bytes(),
                width_px=square.width,
                height_px=square.height,
                dpi=square_dpi,
            )
        return encode(square, dpi=square_dpi)

    def _orientation(self) -> int | None:
        """What the camera, or the scanner, says about how the pixels lie; 1 is upright."""
        with contextlib.suppress(Exception):  # notes of a camera that are broken
            if self._image.format == "TIFF":
                return int(self._image.tag_v2.get(_EXIF_ORIENTATION, 1))  # type: ignore[attr-defined]
            return int(self._image.getexif().get(_EXIF_ORIENTATION, 1))
        return None

    def _upright(self, flat: Image.Image, orientation: int | None) -> Image.Image:
        """`flat`, turned as `orientation` says; itself if it is upright."""
        turn = _TURNS.get(orientation)
        # Pillow turns a TIFF when it loads it.
        return flat if turn is None or self._image.format == "TIFF" else flat.transpose(turn)

    def _travels_as_it_is(self) -> bool:
        return (
            (self._image.format, self._image.mode) in _PASSED_THROUGH
            and not getattr(self._image, "is_animated", False)
            and (self._image.format != "PNG" or self._head[_PNG_DEPTH_AT] == _PLAIN_DEPTH)
        )

    def told(self, page_index: int, *, mode: Mode) -> tuple[Line, ...]:
        """Nothing: an image has pixels only."""
        del page_index, mode
        return ()

    def close(self) -> None:
        """Lets go of the file."""
        self._image.close()

    def _unknown(self) -> str:
        """What to say of a file that no decoder takes for its own."""
        if is_heic(self._head):
            return _HEIC_DAMAGED if _know_heic() else _HEIC_MISSING
        if declared_bytes(self._head) > self._path.stat().st_size:
            return "the image is cut off, the file ends before it does; get a complete copy of it"
        if self._head.startswith(_TIFF_MARKS):
            return (
                "the TIFF is damaged, or its pixels are of a kind that cannot be read; get a "
                "complete copy of it, or export it as PDF or PNG and submit that"
            )
        if is_image(self._head):
            return "the file is a damaged image; get a complete copy of it"
        return f"the file is not a document that can be read; submit a {SUPPORTED}"

    def _ailment(self, wrong: Exception) -> str:
        text = str(wrong).lower()
        cut = (
            isinstance(wrong, EOFError)
            or "truncated" in text
            or "not enough image data" in text
            or self._needs_bytes() > self._path.stat().st_size
        )
        if cut:
            return "a damaged image: it is cut off, the file ends before the picture does"
        return f"a damaged image ({type(wrong).__name__})"

    def _needs_bytes(self) -> int:
        """The least size that the file must have, by what it says itself."""
        needed = declared_bytes(self._head)
        with contextlib.suppress(Exception):  # no TIFF, or a broken one
            tags = self._image.tag_v2  # type: ignore[attr-defined]
            for at, size in _PIECES:
                if at in tags:
                    ends = (sum(each) for each in zip(tags[at], tags[size], strict=False))
                    needed = max(needed, *ends)
        return needed


_TURNS: Final[dict[int | None, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Of these, what was across is down.
_ON_ITS_SIDE: Final = {5, 6, 7, 8}


def _know_heic() -> bool:
    """Whether the extra `heic` is installed; makes Pillow know it."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True
