"""Folders of page images with their true text beside them: NAME.jpg or NAME.png, NAME.txt."""

from pathlib import Path
from statistics import mean

from bench.word_f1 import word_f1


def images_in(folder: Path) -> list[Path]:
    """The images that have a truth, sorted by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in {".jpg", ".png"} and path.with_suffix(".txt").exists()
    )


def scores(folder: Path, read: Path) -> dict[str, float]:
    """Word F1 by name, of the texts in `read` against the truth in `folder`."""
    return {
        image.stem: word_f1(
            (read / f"{image.stem}.txt").read_text(encoding="utf-8"),
            image.with_suffix(".txt").read_text(encoding="utf-8"),
        )
        for image in images_in(folder)
    }


def summary(found: dict[str, float]) -> str:
    """The mean, the worst file, and the mean without it."""
    worst = min(found, key=lambda name: found[name])
    rest = [score for name, score in found.items() if name != worst]
    return (
        f"word F1 {mean(found.values()):.4f}; worst {worst} {found[worst]:.4f}, "
        f"{mean(rest):.4f} without it"
    )
