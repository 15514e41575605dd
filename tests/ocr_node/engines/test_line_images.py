"""Lines cut out of pages."""

import cv2
import numpy as np
import pytest

from ocr_node.engines.line_images import line_image
from ocr_node.engines.text_boxes import as_read

PAGE = np.full((400, 600, 3), 255, np.uint8)
PAGE[100:140, 100:500] = 0
LEVEL = np.array([[100, 100], [500, 100], [500, 140], [100, 140]], np.float32)


def test_a_line_has_the_height_asked_for_and_its_own_width() -> None:
    line = line_image(PAGE, LEVEL, height_px=32, stretch=1.0)
    assert line.shape == (32, 320, 3)
    assert line.max() < 30  # nothing of the paper around it
    assert line_image(PAGE, LEVEL, height_px=48, stretch=0.5).shape == (48, 240, 3)


@pytest.mark.parametrize("degrees", [-12, 5, 30])
def test_a_turned_line_is_cut_out_level(degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((300, 120), degrees, 1.0)
    page = cv2.warpAffine(PAGE, turn, (600, 400), borderValue=(255, 255, 255))
    box = cv2.transform(LEVEL[None], turn)[0].astype(np.float32)
    line = line_image(page, box, height_px=32, stretch=1.0)
    assert line.shape == (32, 320, 3)
    assert line[4:-4, 4:-4].max() < 60


def test_a_line_that_runs_downwards_is_cut_out_level() -> None:
    upright = np.ascontiguousarray(np.rot90(PAGE, 3))
    box = np.array([[260, 100], [300, 100], [300, 500], [260, 500]], np.float32)
    line = line_image(upright, as_read(box), height_px=32, stretch=1.0)
    assert line.shape == (32, 320, 3)
    assert line[2:-2, 2:-2].max() < 30


def test_fine_strokes_survive_being_made_much_smaller() -> None:
    stripes = np.full((400, 4000, 3), 255, np.uint8)
    stripes[:, ::8] = 0
    box = np.array([[0, 0], [4000, 0], [4000, 400], [0, 400]], np.float32)
    line = line_image(stripes, box, height_px=32, stretch=1.0)
    assert 210 < line.mean() < 235  # an eighth is ink, everywhere
    assert line.std() < 25


def test_boxes_on_the_very_edge_give_a_line_all_the_same() -> None:
    for left, top in ((600, 400), (-5, -5), (599, 0)):
        box = np.array(
            [[left, top], [left + 4, top], [left + 4, top + 2], [left, top + 2]], np.float32
        )
        assert line_image(PAGE, box, height_px=32, stretch=1.0).shape[0] == 32


def test_widths_are_bounded() -> None:
    thread = np.array([[0, 10], [600, 10], [600, 11], [0, 11]], np.float32)
    assert line_image(PAGE, thread, height_px=48, stretch=1.0).shape == (48, 3200, 3)
