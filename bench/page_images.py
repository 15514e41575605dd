"""Folders of page images, and their true texts: NAME.jpg here, NAME.txt there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import InvalidOption

# What every one of the subjects opens.
_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True, kw_only=True)
class PageImage:
    """A page image of a folder. `true_text`: None if nobody knows it."""

    path: Path
    true_text: str | None

    @property
    def name(self) -> str:
        return self.path.name


def page_images(images: Path, truth: Path | None) -> list[PageImage]:
    """The images in a folder, sorted by name. `truth`: where NAME.txt is for NAME.jpg.

    Raises: InvalidOption if a folder is none, or there are no images.
    """
    for folder, option in ((images, "--images"), (truth, "--truth")):
        if folder is not None and not folder.is_dir():
            raise InvalidOption(f"{option} {folder} is not a folder; name one that exists")
    found = sorted(path for path in images.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not found:
        raise InvalidOption(
            f"--images {images} holds no page images; put files {', '.join(_SUFFIXES)} there"
        )
    return [PageImage(path=path, true_text=_true_text(path, truth)) for path in found]


def picked(images: Sequence[PageImage], count: int | None) -> list[PageImage]:
    """`count` of the images, evenly from all of them; None for all."""
    if count is None or count >= len(images):
        return list(images)
    return [images[number * len(images) // count] for number in range(count)]


def _true_text(image: Path, truth: Path | None) -> str | None:
    if truth is None:
        return None
    try:
        return (truth / f"{image.stem}.txt").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
