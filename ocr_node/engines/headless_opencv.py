"""Lets PaddleX accept the OpenCV that is installed.

PaddleX looks for the distribution `opencv-contrib-python`. That one needs X and GL libraries, which
servers lack; `opencv-contrib-python-headless` holds the same modules without the windows. Both
write the folder cv2/, so only one can be installed, and requirements.lock takes the headless one.
"""

import importlib.metadata
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder, PackageNotFoundError
from typing import Final

_ASKED_FOR: Final = "opencv-contrib-python"
_STAND_INS: Final = ("opencv-contrib-python-headless", "opencv-python-headless")


class _HeadlessOpenCv(DistributionFinder):
    """Answers questions about the metadata of opencv-contrib-python, and no others."""

    def find_spec(self, *_: object) -> None:
        return None

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterable[Distribution]:
        if context is None or context.name != _ASKED_FOR:
            return
        for name in _STAND_INS:
            try:
                yield importlib.metadata.distribution(name)
            except PackageNotFoundError:
                continue
            return


def accept_headless_opencv() -> None:
    """Call before PaddleX is imported; calling again is harmless."""
    try:
        importlib.metadata.distribution(_ASKED_FOR)
    except PackageNotFoundError:
        sys.meta_path.append(_HeadlessOpenCv())
