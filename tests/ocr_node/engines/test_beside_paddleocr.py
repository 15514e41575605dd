"""Our reading of real letters beside PaddleOCR's own pipeline: as good, page by page."""

import io
from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from PIL import Image

from bench.generated_pages import pages
from bench.word_f1 import word_f1
from guard.guarded_child import GuardedChild
from layout.page_text import text_of
from layout.reading_order import in_reading_order
from ocr_node.engines import EngineSettings, load_engine

SAMPLE = Path(__file__).parents[3] / "samples/photo-note.png"
CORPUS = Path(__file__).parents[4] / "shared/corpus"


@pytest.fixture(scope="module")
def cache(model_cache: Path) -> Path:
    return model_cache


async def theirs(images: list[Path], cache: Path) -> list[str]:
    """In a process of its own: PaddleOCR hides PaddlePaddle from all that comes after it."""
    child = GuardedChild(
        target="bench.subjects.paddleocr:serve",
        settings={"engine": "onnxruntime", "threads": 2, "model_dir": "", "cache_dir": str(cache)},
        what="PaddleOCR",
        memory_limit_bytes=6 * 2**30,
        start_timeout_s=120.0,
    )
    try:
        answers = [await child.call({"path": str(path)}, timeout_s=120.0) for path in images]
    finally:
        await child.stop()
    return [str(answer["text"]) for answer in answers]


def ours(images: list[Path], cache: Path, *, eight_bits: bool = True) -> list[str]:
    engine = load_engine(EngineSettings(cache_dir=cache, cpu_threads=2, eight_bits=eight_bits))
    readings = [
        engine.read(path.read_bytes(), language="en", page_index=0).lines for path in images
    ]
    return [text_of(in_reading_order(lines)) for lines in readings]


async def test_generated_pages_are_read_as_by_paddleocr(cache: Path, tmp_path: Path) -> None:
    images = [SAMPLE]
    for number, page in enumerate(pages(2, seed=11)):
        images.append(tmp_path / f"{number}.png")
        page.save(images[-1])
    reference = await theirs(images, cache)
    for eight_bits in (True, False):
        agreement = [
            word_f1(text, their)
            for text, their in zip(
                ours(images, cache, eight_bits=eight_bits), reference, strict=True
            )
        ]
        assert mean(agreement) > 0.9, (eight_bits, agreement)
        assert agreement[0] > 0.97


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no documents in ../shared/corpus")
@pytest.mark.parametrize(("folder", "paddleocr"), [("pages", 0.8722), ("receipts", 0.9422)])
async def test_real_files_are_read_no_worse_than_by_paddleocr(
    cache: Path, folder: str, paddleocr: float
) -> None:
    # Every third: all of them take a minute; what PaddleOCR 3.7 reads of all is the bound.
    images = sorted((CORPUS / folder).glob("*.jpg"))
    images = images if folder == "pages" else images[::3]
    scores = [
        word_f1(text, path.with_suffix(".txt").read_text(encoding="utf-8"))
        for path, text in zip(images, ours(images, cache), strict=True)
    ]
    assert mean(scores) > paddleocr - 0.01, scores


def test_polygons_lie_on_the_words_that_they_name(cache: Path) -> None:
    """Second looks and small images do not move lines."""
    engine = load_engine(EngineSettings(cache_dir=cache))
    page = Image.new("L", (2400, 3300), 255)
    (note, *_) = pages(1, seed=12)
    page.paste(note.resize((1200, 1697)), (900, 1200))
    out = io.BytesIO()
    page.save(out, format="PNG")
    reading = engine.read(out.getvalue(), language="en", page_index=0)
    assert (reading.width_px, reading.height_px) == (2400, 3300)
    assert len(reading.lines) > 10
    dark = np.asarray(page) < 128
    for line in reading.lines:
        corners = np.array(line.polygon)
        left, top = np.floor(corners.min(axis=0)).astype(int)
        right, bottom = np.ceil(corners.max(axis=0)).astype(int)
        assert left >= 880
        assert top >= 1180
        assert dark[top:bottom, left:right].mean() > 0.01, line.text
