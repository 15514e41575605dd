"""The sample documents are what their script makes."""

from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from bench.word_f1 import words_of
from samples.make_samples import make_samples

SAMPLES = Path(__file__).parents[1] / "samples"


def test_making_the_samples_again_gives_those_in_the_repository(tmp_path: Path) -> None:
    make_samples(tmp_path)
    for made in tmp_path.iterdir():
        if made.suffix == ".txt" or made.name == "report.pdf":
            assert made.read_bytes() == (SAMPLES / made.name).read_bytes(), made.name
    # Encoders differ from release to release in bytes, not in what one sees.
    assert _difference(_photo(tmp_path), _photo(SAMPLES)) < 1.0
    for page_index in range(3):
        one, other = (_scan(folder, page_index) for folder in (tmp_path, SAMPLES))
        assert _difference(one, other) < 1.0


def _photo(folder: Path) -> Image.Image:
    with Image.open(folder / "photo-note.png") as image:
        return image.convert("L")


def _scan(folder: Path, page_index: int) -> Image.Image:
    with pypdfium2.PdfDocument(folder / "scanned-letter.pdf") as document:
        image: Image.Image = document[page_index].render().to_pil()
        return image.convert("L")


def _difference(one: Image.Image, other: Image.Image) -> float:
    pixels = [np.asarray(image, dtype=np.float32) for image in (one, other)]
    return float(np.abs(pixels[0] - pixels[1]).mean())


def test_the_scan_has_three_pages_and_no_text_layer() -> None:
    with pypdfium2.PdfDocument(SAMPLES / "scanned-letter.pdf") as document:
        assert len(document) == 3
        assert all(document[n].get_textpage().count_chars() == 0 for n in range(3))


def test_the_reports_text_layer_is_its_true_text() -> None:
    with pypdfium2.PdfDocument(SAMPLES / "report.pdf") as document:
        text = "\n".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    assert words_of(text) == words_of((SAMPLES / "report.txt").read_text())


@pytest.mark.parametrize("name", ["scanned-letter.pdf", "report.pdf", "photo-note.png"])
def test_every_sample_has_its_true_text(name: str) -> None:
    assert len(words_of((SAMPLES / name).with_suffix(".txt").read_text())) > 20
