"""From probabilities to boxes, beside PaddleX's own post-processing."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_node.engines.headless_opencv import accept_headless_opencv
from ocr_node.engines.model_folder import DetectionOptions
from ocr_node.engines.text_boxes import clockwise, text_boxes

OPTIONS = DetectionOptions()
SIZE = (320, 640)  # height, width


def probabilities(
    *boxes: tuple[tuple[float, float], tuple[float, float], float],
) -> NDArray[np.float32]:
    drawn = np.zeros(SIZE, np.float32)
    for box in boxes:
        cv2.fillPoly(drawn, [cv2.boxPoints(box).astype(np.int32)], 0.9)
    return drawn


def test_boxes_are_those_of_paddlex_within_three_pixels() -> None:
    accept_headless_opencv()
    from paddlex.inference.models.text_detection.processors import DBPostProcess

    boxes = [((150, 60), (200, 14), 0), ((320, 160), (400, 20), 7), ((300, 260), (90, 9), -3)]
    seen = probabilities(*boxes)
    theirs_of = DBPostProcess(thresh=0.3, box_thresh=0.6, unclip_ratio=1.5, max_candidates=1000)
    theirs, _ = theirs_of([seen[None, None]], [np.array([640, 1280, 0.5, 0.5])])
    expected = [clockwise(np.array(box, np.float32)) for box in theirs[0]]
    ours = text_boxes(seen, width_px=1280, height_px=640, options=OPTIONS)
    assert len(ours) == len(expected) == 3
    for box, other in zip(ours, expected, strict=True):
        # Of an image twice the size of the map; theirs are rounded on the way.
        assert np.abs(box - other).max() <= 3.0


def test_dirt_faint_spots_and_an_empty_page_give_no_boxes() -> None:
    dirt = probabilities(((100, 100), (2, 2), 0))
    faint = probabilities(((100, 100), (80, 12), 0)) * np.float32(0.5)
    for seen in (dirt, faint, np.zeros(SIZE, np.float32)):
        assert text_boxes(seen, width_px=640, height_px=320, options=OPTIONS) == []


def test_boxes_stay_on_the_page() -> None:
    (box,) = text_boxes(
        probabilities(((320, 4), (630, 12), 0)), width_px=640, height_px=320, options=OPTIONS
    )
    assert box.min() >= 0
    assert box[:, 0].max() <= 640


@pytest.mark.parametrize("shift", range(4))
def test_corners_are_told_from_the_top_left_clockwise(shift: int) -> None:
    corners = np.array([[0, 0], [9, 1], [9, 4], [0, 3]], np.float32)
    assert clockwise(np.roll(corners, shift, axis=0)).tolist() == corners.tolist()
