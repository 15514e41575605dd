"""Words of lines, and where they stand."""

from statistics import mean

import numpy as np
import pytest

from contracts.pages import Line
from ocr_node.engines.line_words import STEP_PX, Steps, line_words
from ocr_node.engines.onnx_engine import OnnxEngine
from ocr_node.engines.paddle_words import words_of_pieces
from tests.documents import encoded
from tests.ocr_node.engines.printed_lines import printed_page


def lines_of(engine: OnnxEngine, image: bytes, **options: str) -> tuple[Line, ...]:
    return engine.read(image, language=options.get("language", "en"), page_index=0).lines


@pytest.mark.parametrize(
    ("size_px", "degrees"), [(16, 0.0), (22, -6.0), (34, 3.0), (48, 10.0), (20, 90.0), (20, 180.0)]
)
def test_words_stand_on_their_ink(engine: OnnxEngine, size_px: int, degrees: float) -> None:
    page = printed_page(size_px=size_px, degrees=degrees)
    errors_px, overlaps = [], []
    for line in lines_of(engine, encoded(page.image)):
        assert [word.text for word in line.words] == line.text.split()
        for word in line.words:
            corners = page.straight(np.array(word.polygon))
            left, right = corners[[0, 3], 0].mean(), corners[[1, 2], 0].mean()
            middle = corners.mean(axis=0)
            for printed in page.words:
                (begin, top, end, bottom), text = printed.box, printed.text
                if text == word.text and begin < middle[0] < end and top < middle[1] < bottom:
                    errors_px += [abs(left - begin), abs(right - end)]
                    overlaps.append((min(right, end) - max(left, begin)) / (end - begin))
    assert len(overlaps) > 0.9 * len(page.words)
    # A twelfth of the letters' height: the space between words is three times as wide.
    assert mean(errors_px) < max(2.0, size_px / 12)
    assert np.quantile(errors_px, 0.95) < max(4.0, size_px / 6)
    assert mean(overlaps) > 0.9


def steps(text: str, *, each: int = 2) -> Steps:
    """Every character in one step, `each` steps apart."""
    first = [number * each for number in range(len(text))]
    return Steps(characters=list(text), first=first, last=first, shares=[0.9] * len(text))


def test_where_no_paper_shows_between_words_the_step_of_the_space_divides_them() -> None:
    line = np.full((32, 12 * STEP_PX, 3), 255, np.uint8)
    line[28:] = line[14:16] = 0  # struck through
    one, other = line_words(steps("ab cd"), line)
    assert (one.text, other.text) == ("ab", "cd")
    width_px = line.shape[1]
    assert one.right * width_px == pytest.approx(4 * STEP_PX, abs=STEP_PX)
    assert other.left * width_px == pytest.approx(5 * STEP_PX, abs=STEP_PX)
    assert one.left == 0.0
    assert other.right == 1.0


def test_spaces_at_the_ends_and_double_ones_make_no_words() -> None:
    line = np.full((32, 20 * STEP_PX, 3), 255, np.uint8)
    found = line_words(steps(" a  b\u3000c "), line)
    assert [word.text for word in found] == ["a", "b", "c"]
    for word in found:
        assert 0.0 <= word.left < word.right <= 1.0
        assert word.confidence == pytest.approx(0.9)
    assert line_words(steps("  "), line) == ()


def test_pieces_of_paddleocr_become_words() -> None:
    box = np.array([[100, 10], [300, 10], [300, 30], [100, 30]], np.float32)
    regions = [[(x, 10), (x + 38, 10), (x + 38, 30), (x, 30)] for x in (100, 140, 180, 220)]
    words = words_of_pieces("Pipe, (36)", 0.9, ["Pipe", ", (", "36", ")"], regions, box)
    assert [word.text for word in words] == ["Pipe,", "(36)"]
    assert words[0].left == 0.0
    assert words[1].right == pytest.approx(0.79)
    assert words[0].right < words[1].left < 0.4
    # What PaddleOCR has turned round no longer says which piece is where.
    assert words_of_pieces("epiP", 0.9, ["Pipe"], regions[:1], box) == ()
