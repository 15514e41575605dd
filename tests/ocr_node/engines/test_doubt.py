"""Which lines are read a second time."""

import pytest

from ocr_node.engines.doubt import Reading, is_doubtful
from ocr_node.engines.recognition import batches


def reading(text: str, *, confidence: float = 0.99, steps: int = 100) -> Reading:
    return Reading(text=text, confidence=confidence, steps=steps)


@pytest.mark.parametrize(
    "text", ["Steel pipe 36 pieces", "Total 1728.00", "No. T0052/1", "10 January", "a2b3", "", "x"]
)
def test_lines_read_with_confidence_are_not_read_again(text: str) -> None:
    assert not is_doubtful(reading(text))


@pytest.mark.parametrize(
    "doubtful",
    [
        reading("Steel pipe", confidence=0.97),
        reading("reproductioneither in print", steps=30),  # condensed: spaces get lost
        reading("compositionofthepretrainingdata"),
        reading("Tota1 (GST)"),
        reading("Se1angor"),
        reading("0RDER 12"),
        reading("INV0ICE"),
    ],
    ids=lambda each: each.text,
)
def test_lines_that_a_small_image_may_have_spoilt_are_read_again(doubtful: Reading) -> None:
    assert is_doubtful(doubtful)


def test_batches_hold_every_line_once_and_lines_of_like_widths() -> None:
    widths_px = [40, 900, 44, 42, 1500, 41, 300, 310, 45]
    found = list(batches(widths_px))
    assert sorted(number for batch in found for number in batch) == list(range(len(widths_px)))
    assert [0, 5, 3, 2, 8] in found
    assert [6, 7] in found
    for batch in found:
        widest = max(widths_px[number] for number in batch)
        assert len(batch) == 1 or widest * len(batch) <= 1600
