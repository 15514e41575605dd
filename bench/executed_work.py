"""What an engine executes on a page: the shapes that its models got, and the core-seconds of each.

A child process of its own (guard.child): it holds one engine, with one thread.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from contracts.pages import Line
from guard.child import Handler
from layout.page_text import text_of
from layout.reading_order import in_reading_order
from ocr_node.engines import EngineSettings, load_engine

DETECTION: Final = "detection"
RECOGNITION: Final = "recognition"
# What recognition sees of a line, px.
LINE_HEIGHT_PX: Final = 48
# PaddleOCR turns a crop that is so much higher than wide.
_UPRIGHT: Final = 1.5


class Recorder:
    """Notes each run of a model: what it is for, its shape, its core-seconds."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, tuple[int, ...], float]] = []

    def observe(self, kind: str, shape: Sequence[int], core_s: float) -> None:
        """As engines tell: see ocr_node.engines.network.Observer."""
        self.runs.append((kind, tuple(shape), core_s))


def serve(settings: dict[str, Any]) -> Handler:
    """`settings`: the fields of EngineSettings, paths as text. Answers `{"image", "language"}` with
    `core_s`, `runs` (kind, shape, core-seconds), `line_widths_px` (at height 48, of each line that
    was read) and `models`: the ONNX files that the engine says it runs, by kind.

    An engine that tells what it runs has two attributes: `observe`, an Observer that it calls, and
    `counted_models`, the models by kind whose operations count (else those of the install); every
    kind but detection is recognition."""
    recorder = Recorder()
    engine = load_engine(_engine_settings(settings))
    if hasattr(engine, "observe"):
        engine.observe = recorder.observe

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        recorder.runs.clear()
        began = time.process_time()
        reading = engine.read(request["image"], language=request["language"], page_index=0)
        text_of(in_reading_order(reading.lines))
        return {
            "core_s": time.process_time() - began,
            "runs": [list(run) for run in recorder.runs],
            "line_widths_px": [_width_px(line) for line in reading.lines],
            "models": {
                kind: str(path) for kind, path in getattr(engine, "counted_models", {}).items()
            },
        }

    return handle


def _engine_settings(settings: dict[str, Any]) -> EngineSettings:
    fields: dict[str, Any] = {
        # What was a tuple has become a list on its way.
        name: tuple(value) if isinstance(value, list) else value
        for name, value in settings.items()
    }
    fields["model_dir"] = Path(settings["model_dir"]) if settings["model_dir"] else None
    fields["cache_dir"] = Path(settings["cache_dir"])
    return EngineSettings(**fields)


def _width_px(line: Line) -> int:
    """Of the line's own image when it is 48 px high: what recognition needs at least."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = line.polygon
    along = max(_distance(ax - bx, ay - by), _distance(cx - dx, cy - dy))
    across = max(_distance(ax - dx, ay - dy), _distance(bx - cx, by - cy))
    if across >= _UPRIGHT * along:
        along, across = across, along
    return max(1, round(LINE_HEIGHT_PX * along / max(across, 1.0)))


def _distance(x: float, y: float) -> float:
    return float((x * x + y * y) ** 0.5)
