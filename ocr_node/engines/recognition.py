"""Reading lines: first small, and those that leave doubt once more, larger."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.doubt import Reading
from ocr_node.engines.doubtful_parts import doubtful_parts, put_together
from ocr_node.engines.effort import Effort
from ocr_node.engines.fitted_models import FittedRecognition
from ocr_node.engines.line_images import line_image
from ocr_node.engines.line_words import STEP_PX, Steps, line_words
from ocr_node.engines.network import Network

# What models are for, to observers. The first readings are of a model of their own where it is
# known how to make one (ocr_node/engines/fitted_models.py).
RECOGNITION: Final = "recognition"
FIRST_READING: Final = "first reading"

# What the models are trained with.
_HEIGHT_PX: Final = 48
# The first reading: two thirds of it, in both directions, which is less than half of the work.
_SMALL_HEIGHT_PX: Final = 32
# The width of the second reading: for a fifth less work word F1 is no lower than at 1, where the
# spaces of small print get lost (docs/performance.md).
_STRETCH: Final = 0.8
# Widths are padded to multiples of it: recognition halves them three times.
_STRIDE_PX: Final = 8
# A batch: short lines share the cost of a run; they differ by this share and so many px at most ...
_WIDER_BY: Final = 1.05
_WIDER_BY_PX: Final = 8
# ... and are not larger together, since what a run puts aside must stay in the cache.
_BATCH_WIDTH_PX: Final = 1600


class LineReader:
    """The recognition model of a script and what stands around it."""

    def __init__(self, fitted: FittedRecognition, *, threads: int) -> None:
        """Raises: EngineUnavailable."""
        self.exact = Network(fitted.exact, kind=RECOGNITION, threads=threads)
        self.fast = (
            self.exact
            if fitted.fast == fitted.exact
            else Network(fitted.fast, kind=FIRST_READING, threads=threads)
        )
        # The models whose operations count, in single precision: others hide them.
        self.counted = {RECOGNITION: fitted.exact, FIRST_READING: fitted.counted}
        self._characters = fitted.characters
        self._answers_characters = fitted.answers_characters
        self._any_height = fitted.any_height

    def free_unused(self) -> None:
        """Frees the memory that readings have put aside for those to come."""
        for network in {self.exact, self.fast}:
            network.free_unused(height_px=_HEIGHT_PX)  # the one that each of them takes

    def first(
        self, page: NDArray[np.uint8], boxes: Sequence[NDArray[np.float32]], *, effort: Effort
    ) -> list[Reading]:
        """The text of each box of `page` (height, width, 3; blue, green, red), in their order.

        With effort `twice`, parts of some have to be read `again`.
        """
        if not self._any_height:
            return self._read(self.exact, page, boxes, height_px=_HEIGHT_PX, stretch=1.0)
        if effort == "large":
            return self._read(self.exact, page, boxes, height_px=_HEIGHT_PX, stretch=_STRETCH)
        return self._read(self.fast, page, boxes, height_px=_SMALL_HEIGHT_PX, stretch=1.0)

    def again(
        self,
        page: NDArray[np.uint8],
        boxes: Sequence[NDArray[np.float32]],
        readings: Sequence[Reading],
    ) -> list[Reading]:
        """The `readings` of `first`, with what leaves doubt as it is read when it is larger."""
        if not self._any_height:  # read so at first
            return list(readings)
        doubtful = [
            (number, part)
            for number, reading in enumerate(readings)
            for part in doubtful_parts(reading)
        ]
        second = self._read(
            self.exact,
            page,
            [part.box(boxes[number]) for number, part in doubtful],
            height_px=_HEIGHT_PX,
            stretch=_STRETCH,
        )
        better = list(readings)
        for number, found in groupby(
            zip(doubtful, second, strict=True), key=lambda each: each[0][0]
        ):
            parts = [(part, reading) for (_, part), reading in found]
            better[number] = put_together(readings[number], parts)
        return better

    def _read(
        self,
        network: Network,
        page: NDArray[np.uint8],
        boxes: Sequence[NDArray[np.float32]],
        *,
        height_px: int,
        stretch: float,
    ) -> list[Reading]:
        lines = [line_image(page, box, height_px=height_px, stretch=stretch) for box in boxes]
        readings: dict[int, Reading] = {}
        for batch in batches([line.shape[1] for line in lines]):
            widest = max(lines[number].shape[1] for number in batch)
            width_px = -(-widest // _STRIDE_PX) * _STRIDE_PX
            # Grey, as PaddleOCR pads.
            seen = np.zeros((len(batch), 3, height_px, width_px), np.float32)
            for place, number in enumerate(batch):
                line = lines[number]
                part = seen[place, :, :, : line.shape[1]]
                np.multiply(line.transpose(2, 0, 1), np.float32(1 / 127.5), out=part)
                part -= 1
            indexes, shares = self._answer(network.run(seen))
            for place, number in enumerate(batch):
                line = lines[number]
                steps = self._characters_in(indexes[place], shares[place])
                # Columns of padding say nothing.
                reading = _reading(steps, looked=-(-line.shape[1] // STEP_PX))
                if steps.characters:
                    reading = replace(reading, words=line_words(steps, line))
                readings[number] = reading
        return [readings[number] for number in range(len(lines))]

    def _answer(self, outputs: list[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if self._answers_characters:
            indexes, shares = outputs
            return indexes, shares
        (probabilities, *_) = outputs
        return probabilities.argmax(axis=2), probabilities.max(axis=2)

    def _characters_in(self, indexes: NDArray[np.int64], shares: NDArray[np.float32]) -> Steps:
        """CTC: runs of one class are one character, class 0 is none."""
        changes = np.flatnonzero(indexes[1:] != indexes[:-1])
        first = np.concatenate(([0], changes + 1))
        last = np.append(changes, len(indexes) - 1)
        kept = indexes[first] != 0
        first = first[kept]
        return Steps(
            characters=[self._characters[index] for index in indexes[first]],
            first=first.tolist(),
            last=last[kept].tolist(),
            shares=shares[first].tolist(),
        )


def _reading(steps: Steps, *, looked: int) -> Reading:
    if not steps.characters:
        return Reading(text="", confidence=0.0, steps=looked)
    confidence = sum(steps.shares) / len(steps.shares)
    return Reading(text="".join(steps.characters), confidence=confidence, steps=looked)


def batches(widths_px: Sequence[int]) -> Iterator[list[int]]:
    """The numbers of all lines, those of about the same width together, the narrowest first."""
    batch: list[int] = []
    for number in sorted(range(len(widths_px)), key=widths_px.__getitem__):
        width_px = widths_px[number]
        if batch and (
            width_px > _WIDER_BY * widths_px[batch[0]] + _WIDER_BY_PX
            or width_px * (len(batch) + 1) > _BATCH_WIDTH_PX
        ):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
