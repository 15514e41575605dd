"""How often the choice between a page's text layer and reading it was right; pages a second.

`python -m bench.text_layers --corpus ../shared/corpus`; what is right: `text_layers_truth.txt`.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.pipeline.pdf_file import text_pdf
from contracts.errors import OcrError
from contracts.page_ranges import PageRanges
from guard.page_sized_blocks import keep_page_sized_blocks
from guard.rare_collection import collect_rarely
from ingest.page_image import PageImage
from ingest.page_taking import take_page
from ingest.pdf_document import PdfDocument

_TRUTH: Final = Path(__file__).with_name("text_layers_truth.txt")
_DPI: Final = 200
_PAGES: Final = 100
_WORDS: Final = "the harbour office keeps a book of all ships that come in"


def truth() -> Iterator[tuple[str, int, frozenset[str]]]:
    """(file, page index, choices that are right), a page at a time."""
    for line in _TRUTH.read_text().splitlines():
        if line and not line.startswith("#"):
            name, pages, choices = line.split()
            for first, last in PageRanges.parse(pages).ranges:
                for index in range(first, (first if last is None else last) + 1):
                    yield name, index, frozenset(choices.split("|"))


def choice(document: PdfDocument, page_index: int) -> str:
    """What mode `auto` makes of a page."""
    page = take_page(document, page_index, mode="auto")
    if isinstance(page, PageImage):
        return "both" if page.known_lines else "ocr"
    return page.source


def judge(corpus: Path) -> tuple[Counter[str], Counter[str], list[str]]:
    """Choices made, those of them that were right, and a line about each that was not."""
    made: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong = []
    for name, index, choices in truth():
        try:
            document = PdfDocument(corpus / name, dpi=_DPI)
            try:
                chosen = choice(document, index)
            finally:
                document.close()
        except OcrError as error:
            chosen = f"error: {error}"
        made[chosen] += 1
        right[chosen] += chosen in choices
        if chosen not in choices:
            wrong.append(f"{name} page {index + 1}: {chosen}, not {' or '.join(sorted(choices))}")
    return made, right, wrong


def pages_a_second(folder: Path, *, lines: int, pages: int = _PAGES) -> float:
    """Of one core, through the text path, on generated pages of so many lines of 13 words."""
    path = folder / f"generated-{lines}.pdf"
    path.write_bytes(
        text_pdf([f"{_WORDS} {page}.{row}" for row in range(lines)] for page in range(pages))
    )
    document = PdfDocument(path, dpi=_DPI)
    try:
        took = []
        for index in range(document.page_count):
            began = time.process_time()
            chosen = choice(document, index)
            if chosen != "text_layer":
                raise RuntimeError(f"a generated page is not taken from its text: {chosen}")
            took.append(time.process_time() - began)
    finally:
        document.close()
    return len(took) / sum(took)


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, required=True, help="folder with documents/, hostile/"
    )
    given = parser.parse_args()
    made, right, wrong = judge(given.corpus)
    for chosen in sorted(made):
        print(f"{chosen:12} {made[chosen]:4} pages, {right[chosen]:4} right")
    print(f"{'all':12} {made.total():4} pages, {right.total():4} right")
    print("\n".join(wrong))
    # As the process does in which documents are opened.
    keep_page_sized_blocks()
    collect_rarely()
    for lines in (5, 25, 45):
        with tempfile.TemporaryDirectory() as folder:
            rate = pages_a_second(Path(folder), lines=lines)
        print(f"text path: {rate:6.0f} pages/s a core, pages of {lines * 13} words")


if __name__ == "__main__":
    main()
