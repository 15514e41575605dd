"""Tesseract's table: what its readers rely on."""

import csv
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from PIL import Image, ImageDraw, ImageFont

from contracts.pages import PageFailed, PageResult
from exports.page_blocks import blocks_of
from tests.exports.made_pages import a_document, any_pages, exported

# As `tesseract image - tsv` of releases 4 and 5 prints it.
HEADER: Final = (
    "level", "page_num", "block_num", "par_num", "line_num", "word_num",
    "left", "top", "width", "height", "conf", "text",
)  # fmt: skip
Row = dict[str, str]


def rows_of(table: str) -> list[Row]:
    lines = table.removesuffix("\n").split("\n")
    assert lines[0].split("\t") == list(HEADER)
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        check(row)
    return rows


def check(row: Row) -> None:
    """What holds for every row of Tesseract's."""
    assert None not in row
    assert None not in row.values()
    level = int(row["level"])
    numbers = [int(row[name]) for name in HEADER[1:6]]
    assert all(numbers[:level])
    assert not any(numbers[level:])
    if level == 5:
        assert 0 <= float(row["conf"]) <= 100
        assert row["text"]
    else:
        assert (row["conf"], row["text"]) == ("-1", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tsv")


@settings(max_examples=40)
@given(pages=any_pages(at_least=0))
def test_words_are_read_back_with_their_boxes(folder: Path, pages: list[PageResult]) -> None:
    rows = rows_of(exported("tsv", pages, folder).read_text(encoding="utf-8"))
    found = [
        (row["page_num"], row["text"], *(int(row[name]) for name in HEADER[6:10]))
        for row in rows
        if row["level"] == "5"
    ]
    assert found == [
        (str(page.page_index + 1), word.text, box.left, box.top, box.width, box.height)
        for page in pages
        if not isinstance(page, PageFailed)
        for block in blocks_of(page)
        for paragraph in block.paragraphs
        for line in paragraph.lines
        for word in line.words
        for box in [word.box]
    ]
    assert [int(row["page_num"]) for row in rows if row["level"] == "1"] == [
        page.page_index + 1 for page in pages
    ]


def test_pages_that_failed_and_empty_ones_have_a_row_with_their_size(folder: Path) -> None:
    rows = rows_of(exported("tsv", a_document(), folder).read_text(encoding="utf-8"))
    assert [list(row.values())[:10] for row in rows if row["level"] == "1"] == [
        f"1 {number} 0 0 0 0 0 0 1000 1400".split() for number in (1, 2, 3)
    ]
    assert {row["page_num"] for row in rows if row["level"] != "1"} == {"1"}


def test_tesseract_itself_prints_such_a_table(tmp_path: Path) -> None:
    if (tesseract := shutil.which("tesseract")) is None:
        pytest.skip("no tesseract here (apt-get install tesseract-ocr)")
    image = Image.new("L", (420, 70), 255)
    ImageDraw.Draw(image).text((20, 15), "Two words", font=ImageFont.load_default(36), fill=0)
    image.save(tmp_path / "words.png", dpi=(200, 200))
    table = subprocess.run(
        [tesseract, tmp_path / "words.png", "-", "tsv"],
        check=True, capture_output=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}, timeout=60,
    ).stdout.decode()  # fmt: skip
    assert [row["level"] for row in rows_of(table)] == ["1", "2", "3", "4", "5", "5"]
