"""The engine for load and fault tests: reads nothing, proves that the page arrived intact."""

import hashlib
import os
import signal
import time
from collections.abc import Mapping
from typing import Final

from contracts.job_options import Quality
from contracts.pages import Line
from ocr_node.engine import PageReading
from ocr_node.engines.decoding import size_of_decoded
from ocr_node.engines.echo_faults import Fault

_EATEN_AT_ONCE_BYTES: Final = 64 * 2**20


class EchoFault(Exception):
    """What fault `raise` raises."""


class EchoEngine:
    """Decodes the image and answers one line: SHA-256 of the image's bytes, and page number."""

    def __init__(self, *, delay_s: float = 0.0, faults: Mapping[int, Fault] | None = None) -> None:
        self._delay_s = delay_s
        self._faults = dict(faults or {})

    def read(
        self, image: bytes, *, language: str, page_index: int, quality: Quality = "balanced"
    ) -> PageReading:
        """One line over the whole page. Raises: PageUnreadable, EchoFault."""
        del language, quality
        width_px, height_px = size_of_decoded(image, page_index=page_index)
        time.sleep(self._delay_s)
        if fault := self._faults.get(page_index):
            _suffer(fault, page_number=page_index + 1)
        right, bottom = float(width_px), float(height_px)
        line = Line(
            text=f"{hashlib.sha256(image).hexdigest()} {page_index + 1}",
            confidence=1.0,
            polygon=((0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)),
        )
        return PageReading(lines=(line,), width_px=width_px, height_px=height_px)


def _suffer(fault: Fault, *, page_number: int) -> None:
    match fault:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            while True:
                time.sleep(3600)
        case "raise":
            raise EchoFault(f"OCR_ECHO_FAULTS asks for it on page {page_number}")
        case "eat":
            eaten = []
            while True:
                # Written to, so that the memory is really there.
                eaten.append(b"x" * _EATEN_AT_ONCE_BYTES)
