"""A page as it would lie if its text were level: for detection, at the size that it wants."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

# Bilinear from the nearest pixels would skip strokes in what is shrunk by more.
_AVERAGED_BELOW: Final = 0.75


class StraightView:
    """`page` (height, width, 3), seen turned back by `angle_deg`, which is how far its text is
    turned clockwise. `width_px`, `height_px`: of what is seen, in px of the page."""

    def __init__(self, page: NDArray[np.uint8], angle_deg: float) -> None:
        self._page = page
        self._turned = angle_deg != 0.0
        height_px, width_px = page.shape[:2]
        cosine, sine = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
        self.width_px = round(abs(width_px * cosine) + abs(height_px * sine))
        self.height_px = round(abs(width_px * sine) + abs(height_px * cosine))
        # From the page to what is seen; a quarter turn is exact but for 1e-17.
        self._turn = np.array([[cosine, sine], [-sine, cosine]]).round(12)
        self._middle = np.array([width_px, height_px]) / 2
        self._seen_middle = np.array([self.width_px, self.height_px]) / 2

    def on_the_page(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points (..., 2) of what is seen, px, as points of the page."""
        if not self._turned:
            return points
        moved = (points.astype(float) - self._seen_middle) @ self._turn + self._middle
        return np.asarray(moved.round(2), np.float32)

    def pixels(self, side_px: int, *, multiple_of: int) -> NDArray[np.uint8]:
        """What is seen, made smaller until the longer side of the page has `side_px`."""
        scale = side_px / max(self._page.shape[:2])
        height, width = (
            max(multiple_of, round(size * scale / multiple_of) * multiple_of)
            for size in (self.height_px, self.width_px)
        )
        if not self._turned:
            return _resized(self._page, width, height, scale)
        small = self._page
        if scale < 1.0:
            rows, columns = (max(1, round(size * scale)) for size in small.shape[:2])
            small = _resized(small, columns, rows, scale)
        to_page = np.array(self._page.shape[1::-1]) / small.shape[1::-1]
        to_seen = np.array([width, height]) / [self.width_px, self.height_px]
        turn = to_seen[:, None] * self._turn * to_page
        shift = to_seen * (self._seen_middle - self._turn @ self._middle)
        # OpenCV counts from the middles of pixels.
        shift += turn @ [0.5, 0.5] - 0.5
        edges = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
        return cv2.warpAffine(  # type: ignore[no-any-return]
            small,
            np.column_stack([turn, shift]),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=np.median(edges, axis=0).tolist(),
        )


def _resized(image: NDArray[np.uint8], width: int, height: int, scale: float) -> NDArray[np.uint8]:
    if image.shape[:2] == (height, width):
        return image
    how = cv2.INTER_AREA if scale < _AVERAGED_BELOW else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=how)  # type: ignore[no-any-return]
