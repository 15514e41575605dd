"""Images as documents: one page each, or, in a TIFF, one page a frame."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image, UnidentifiedImageError

from contracts.errors import DocumentRejected, PageUnreadable
from images.more_kinds import know_heic, know_more_kinds
from images.page_pixels import is_plain, page_pixels
from images.tiff_pages import page_frames
from ingest.blank_images import shows_nothing
from ingest.document_kind import (
    HEAD_BYTES,
    IMAGE_FORMATS,
    SUPPORTED,
    declared_bytes,
    is_heic,
    is_image,
)
from ingest.page_encoding import encode
from ingest.page_image import MAX_PIXELS, PageImage, check_pixels

if TYPE_CHECKING:
    from contracts.job_options import Mode
    from contracts.pages import Line

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
        formats = [*IMAGE_FORMATS, *(["HEIF"] if is_heic(self._head) and know_heic() else [])]
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
            page, dpi = page_pixels(self._image, dpi=self._dpi, most_px=MAX_PIXELS)
        except PageUnreadable:
            raise
        except Exception as wrong:  # decoders raise whatever they like on broken files
            raise PageUnreadable(
                f"page {page_index + 1} is {self._ailment(wrong)}; "
                "get a complete copy of it and submit it again"
            ) from wrong
        # While it is decoded: from the file it would have to be again.
        blank = shows_nothing(page, dpi=dpi)
        if page is self._image and is_plain(self._image, head=self._head):
            return PageImage(
                data=self._path.read_bytes(),
                width_px=page.width,
                height_px=page.height,
                dpi=dpi,
                blank=blank,
            )
        return replace(encode(page, dpi=dpi), blank=blank)

    def told(self, page_index: int, *, mode: "Mode") -> "tuple[Line, ...]":
        """Nothing: an image has pixels only."""
        del page_index, mode
        return ()

    def close(self) -> None:
        """Lets go of the file."""
        self._image.close()

    def _unknown(self) -> str:
        """What to say of a file that no decoder takes for its own."""
        if is_heic(self._head):
            return _HEIC_DAMAGED if know_heic() else _HEIC_MISSING
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
