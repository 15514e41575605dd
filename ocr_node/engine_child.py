"""The child process in which an engine lives (see guard.child)."""

from pathlib import Path
from typing import Any

from contracts.pages import Line, lines_to_json
from guard.child import Handler
from layout.laid_out import laid_out
from ocr_node.engines import EngineSettings, load_engine
from ocr_node.engines.no_network import forbid_network
from ocr_node.handed_in_image import checked
from ocr_node.known_lines import with_known


def serve(settings: dict[str, Any]) -> Handler:
    """Loads the engine of `settings` (the fields of EngineSettings; paths as text), then answers
    `{"image", "language", "page_index", "quality", "known_lines", "running_heads", "handed_in"}`
    with the fields of a page that was read, its lines as JSON. `handed_in`: the image is a user's
    own, not one that ingest made. Quality, known lines and running heads may be left out."""
    forbid_network()
    model_dir = settings["model_dir"]
    engine = load_engine(
        EngineSettings(
            **{
                **settings,
                "model_dir": Path(model_dir) if model_dir else None,
                "cache_dir": Path(settings["cache_dir"]),
                "languages": tuple(settings["languages"]),
            }
        )
    )

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        image, dpi = request["image"], 0
        if request["handed_in"]:
            image, dpi = checked(image)
        reading = engine.read(
            image,
            language=request["language"],
            page_index=request["page_index"],
            quality=request.get("quality", "balanced"),
        )
        known = [Line.model_validate(line) for line in request.get("known_lines", ())]
        page = laid_out(
            with_known(reading.lines, known),
            angle_deg=reading.angle_deg,
            width_px=reading.width_px,
            height_px=reading.height_px,
            running_heads=request.get("running_heads", "keep"),
        )
        return {
            "lines": lines_to_json(page.lines),
            "text": page.text,
            "markdown": page.markdown,
            "width_px": reading.width_px,
            "height_px": reading.height_px,
            "dpi": dpi,  # 0: not known
            "angle_deg": reading.angle_deg,
            "read_in": reading.read_in,
        }

    return handle
