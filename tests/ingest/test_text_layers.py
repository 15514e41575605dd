"""Pages that are taken from their text layer: their words, and where they stand."""

# ruff: noqa: RUF001 - some of it is about letters that look like others
import io
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image

from contracts.pages import Line, PageSucceeded
from ingest.layer_lines import lines_of
from ingest.layer_text import cleaned, looks_like_language, unmapped_in
from ingest.page_frame import PageFrame
from ingest.text_layer import LayerWord
from ingest.text_run import TextRun
from tests.ingest.text_pages import PARAGRAPH, form, page, told, words


def test_a_born_digital_page_is_taken_from_its_text_layer(tmp_path: Path) -> None:
    result = told(tmp_path, page(words(*PARAGRAPH)))
    assert (result.source, result.worker, result.attempts) == ("text_layer", "ingest", 1)
    assert result.text.splitlines() == list(PARAGRAPH)
    assert (result.width_px, result.height_px, result.dpi) == (1653, 2339, 200)
    assert result.confidence == 1.0
    assert {line.source for line in result.lines} == {"text_layer"}
    for line in result.lines:
        assert [word.text for word in line.words] == line.text.split()
        assert {word.confidence for word in line.words} == {1.0}


def test_lines_that_were_not_validated_are_as_if_they_had_been(tmp_path: Path) -> None:
    for line in told(tmp_path, page(words(*PARAGRAPH))).lines:
        validated = Line.model_validate(line.model_dump())
        assert validated == line
        assert validated.model_fields_set == line.model_fields_set
        assert line.model_copy(update={"text": "other"}) != line
        assert validated.words[0].model_fields_set == line.words[0].model_fields_set


def test_boxes_that_are_no_numbers_make_no_lines() -> None:
    run = TextRun(hidden=False, em_pt=10.0, angle=0.0, baseline=(math.nan, 0.0))
    word = LayerWord("quay", (0.0, 0.0, math.nan, 1.0), 0, run, 4, 0, 0, 0)
    frame = PageFrame(a=1, b=0, c=0, d=-1, e=0, f=100, width_px=100, height_px=100)
    with pytest.raises(ValueError, match="no number"):
        lines_of([word], frame)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_polygons_lie_on_the_ink_of_turned_and_cropped_pages(tmp_path: Path, turn: int) -> None:
    content = page(words(*PARAGRAPH), page=f"/Rotate {turn} /CropBox [40 400 500 820]")
    result = told(tmp_path, content)
    assert result.angle_deg == {0: 0, 90: 90, 180: 180, 270: -90}[turn]
    ink = _rendered(content, result)
    for line in result.lines:
        for word in line.words:
            left, top, right, bottom = _box(word.polygon)
            assert (ink[top:bottom, left:right] < 128).any()
            # Beside the word there is none of it.
            ink[top:bottom, left:right] = 255
    assert not (ink < 128).any()
    across = result.lines[0].polygon[1][0] - result.lines[0].polygon[0][0]
    assert abs(across) > 500 or turn in {90, 270}


def test_turned_text_has_its_corners_in_reading_order(tmp_path: Path) -> None:
    upwards = "BT /F1 12 Tf 0 1 -1 0 300 300 Tm (Margin note) Tj ET"
    (line,) = (
        line
        for line in told(tmp_path, page(words(*PARAGRAPH) + upwards)).lines
        if "Margin" in line.text
    )
    (left, first), (_, end), _, (right, _) = line.polygon
    assert first > end + 100  # it begins at the bottom
    assert 20 < right - left < 50  # and its foot is on the right


def test_numbers_along_an_axis_are_words_of_their_own(tmp_path: Path) -> None:
    axis = "BT /F1 12 Tf 72 500 Td 60 Tc (0246) Tj ET"
    lines = told(tmp_path, page(words(*PARAGRAPH) + axis)).lines
    numbers = [line for line in lines if line.text.isdigit()]
    assert [line.text for line in numbers] == ["0", "2", "4", "6"]
    for one, other in pairwise(numbers):
        assert other.polygon[0][0] - one.polygon[1][0] > 100


def test_wide_gaps_end_a_line(tmp_path: Path) -> None:
    table = words("Harbour", "Quay") + words("17 ships", "4 ships", x=300)
    texts = {line.text for line in told(tmp_path, page(table)).lines}
    assert texts == {"Harbour", "Quay", "17 ships", "4 ships"}


def test_what_cannot_be_seen_is_left_out(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        page(
            words(*PARAGRAPH)
            + words("white", y=300, how="1 g")
            + words("invisible", y=200, how="3 Tr")
            + words("outside", x=700, y=400)
            + "q 0 0 1 1 re W n "
            + words("clipped", y=100)
            + " Q"
        ),
    )
    assert result.text.splitlines() == list(PARAGRAPH)


def test_print_that_is_doubled_to_be_bold_is_told_once(tmp_path: Path) -> None:
    twice = words("Notice", y=500, size=20) + words("other", y=300) + words("Notice", y=500, x=73,
                                                                            size=20)  # fmt: skip
    assert told(tmp_path, page(twice)).text.split().count("Notice") == 1


def test_what_is_filled_into_a_form_is_part_of_the_page(tmp_path: Path) -> None:
    assert told(tmp_path, form("Ada Lovelace")).text == "Name of guest: Ada Lovelace"


def test_a_dynamic_xfa_form_says_that_its_page_is_a_placeholder(tmp_path: Path) -> None:
    shell = form("x").replace(b"/AcroForm <<", b"/NeedsRendering true /AcroForm << /XFA (x)")
    result = told(tmp_path, shell)
    assert result.text == "Name of guest: x"
    assert "XFA" in (result.error or "")
    assert told(tmp_path, form("x")).error is None


def test_a_crop_box_beside_the_paper_is_ignored_as_viewers_do(tmp_path: Path) -> None:
    result = told(tmp_path, page(words(*PARAGRAPH), page="/CropBox [900 900 950 950]"))
    assert result.text.splitlines() == list(PARAGRAPH)
    assert (result.width_px, result.height_px) == (1653, 2339)


def test_ligatures_and_marks_become_what_people_write() -> None:
    assert cleaned("ﬁnd") == "find"
    assert cleaned("of\u00adfice\u200b") == "office"
    assert cleaned("می\u200cخواهم") == "می\u200cخواهم"  # a joiner changes the letters
    assert cleaned("\ufef3\ufe94") == "ية"
    assert cleaned("\ud835\udc5d") == "𝑝"
    assert cleaned("\uf0b7") == "•"


def test_glyphs_without_a_meaning_are_counted() -> None:
    assert unmapped_in("plain") == 0
    assert unmapped_in("\ud835\udc5d") == 0
    assert unmapped_in("a\ufffdb\x03\ue123") == 3
    assert unmapped_in("\ud835") == 1


def test_letters_that_stand_for_others_are_no_language() -> None:
    text = " ".join(PARAGRAPH * 2)
    assert looks_like_language(text.split())
    no_vowels = text.translate(str.maketrans("aeiouy", "bcdfgh"))
    assert not looks_like_language(no_vowels.split())
    assert looks_like_language(["KPMG", "BBC"])


def _rendered(content: bytes, result: PageSucceeded) -> NDArray[np.uint8]:
    with pypdfium2.PdfDocument(io.BytesIO(content)) as document:
        bitmap = document[0].render(scale=result.dpi / 72.0, grayscale=True)
        image: Image.Image = bitmap.to_pil()
        assert image.size == (result.width_px, result.height_px)
        ink = np.array(image.convert("L"))
        bitmap.close()
    return ink


def _box(polygon: tuple[tuple[float, float], ...]) -> tuple[int, int, int, int]:
    xs, ys = zip(*polygon, strict=True)
    return int(min(xs)) - 2, int(min(ys)) - 2, int(max(xs)) + 3, int(max(ys)) + 3
