"""The child process in which an engine lives (see guard.child)."""

from pathlib import Path
from typing import Any

from guard.child import Handler
from ocr_node.engines import EngineSettings, load_engine
from ocr_node.page_text import markdown_of, text_of
from ocr_node.reading_order import in_reading_order


def serve(settings: dict[str, Any]) -> Handler:
    """Loads the engine of `settings` (the fields of EngineSettings; paths as text), then answers
    `{"image", "language", "page_index"}` with the fields of a page that was read."""
    model_dir = settings["model_dir"]
    engine = load_engine(
        EngineSettings(
            **{
                **settings,
                "model_dir": Path(model_dir) if model_dir else None,
                "cache_dir": Path(settings["cache_dir"]),
            }
        )
    )

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        reading = engine.read(
            request["image"], language=request["language"], page_index=request["page_index"]
        )
        blocks = in_reading_order(reading.lines)
        return {
            "lines": [line.model_dump() for block in blocks for row in block for line in row],
            "text": text_of(blocks),
            "markdown": markdown_of(blocks),
            "width_px": reading.width_px,
            "height_px": reading.height_px,
        }

    return handle
