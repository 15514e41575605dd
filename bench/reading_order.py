"""Whether words stand in the order in which people read them.

    ./dev python -m bench.reading_order DIR [--keep FOLDER] [--markdown FOLDER]

DIR holds images with their true texts (NAME.jpg, NAME.txt). For each: `order`, the share of the
words common to both texts that stand in one sequence (bench.word_order), for our text and for lines
taken from the top down without regard to columns; `common`, the share of the true words that were
read; lines; ms of processor time for order, text and Markdown together. `--keep`: what the engine
read is kept there, and not read again, so that rules can be tried in seconds. `--markdown`: the
pages are written there, to be looked at.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Final

from bench.page_images import PageImage, page_images
from bench.word_order import word_order
from contracts.pages import Line
from layout.boxes import boxes_of, frame_of
from layout.page_text import compose
from layout.rows import rows_of
from ocr_node.engine import Engine, PageReading
from ocr_node.engines import EngineSettings, load_engine

_REPEATS: Final = 7  # the quickest of them tells what it costs
# A text layer may be written in a cipher: then nothing is to be learned from it.
_SAME_TEXT: Final = 0.5


class Readings:
    """What the engine reads, kept in `folder`; the engine is loaded when it is needed first."""

    def __init__(self, folder: Path, cache_dir: Path) -> None:
        self._folder = folder
        self._cache_dir = cache_dir
        self._engine: Engine | None = None

    def of(self, image: PageImage) -> PageReading:
        """Raises: PageUnreadable."""
        kept = self._folder / f"{image.path.stem}.json"
        if kept.exists():
            told = json.loads(kept.read_text(encoding="utf-8"))
            lines = tuple(Line.model_validate(each) for each in told["lines"])
            return PageReading(lines=lines, width_px=told["width_px"], height_px=told["height_px"])
        if self._engine is None:
            self._engine = load_engine(EngineSettings(cache_dir=self._cache_dir))
        reading = self._engine.read(image.path.read_bytes(), language="en", page_index=0)
        told = {
            "lines": [each.model_dump(mode="json") for each in reading.lines],
            "width_px": reading.width_px,
            "height_px": reading.height_px,
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(told), encoding="utf-8")
        return reading


def from_the_top(lines: Sequence[Line]) -> str:
    """Rows of the whole page, whatever its columns."""
    rows = rows_of(boxes_of(lines, frame_of(lines))) if lines else []
    return "\n".join(" ".join(box.text for box in row) for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        readings = Readings(options.keep or Path(folder) / "readings", Path(folder))
        print(
            "| page | order | from the top | common | lines | ms |\n|---|---:|---:|---:|---:|---:|"
        )
        scores = []
        for image in page_images(options.images, options.images):
            if image.true_text is None:
                continue
            order, top, common = _scores(image, readings.of(image), options.markdown)
            if common >= _SAME_TEXT:
                scores.append((order, top))
    if scores:
        order, top = (mean(score[n] for score in scores) for n in (0, 1))
        print(f"| mean of {len(scores)} | {order:.3f} | {top:.3f} | | | |")


def _scores(
    image: PageImage, reading: PageReading, markdown: Path | None
) -> tuple[float, float, float]:
    costs = []
    for _ in range(_REPEATS):
        began = time.process_time()
        page = compose(reading.lines, width_px=reading.width_px, height_px=reading.height_px)
        costs.append(time.process_time() - began)
    if markdown is not None:
        markdown.mkdir(parents=True, exist_ok=True)
        (markdown / f"{image.path.stem}.md").write_text(f"{page.markdown}\n", encoding="utf-8")
    true = image.true_text or ""
    order, common = word_order(page.text, true)
    top, _ = word_order(from_the_top(reading.lines), true)
    print(
        f"| {image.path.stem} | {order:.3f} | {top:.3f} | {common:.2f} | {len(reading.lines)} "
        f"| {1000 * min(costs):.1f} |"
    )
    return order, top, common


if __name__ == "__main__":
    main()
