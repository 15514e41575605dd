"""The process of an engine that was taken over: what it answers is what its settings say."""

import json
from typing import Any

from guard.child import Handler

WHOLE = {
    "lines": b"[]", "text": "", "markdown": "", "width_px": 1, "height_px": 1,
    "dpi": 0, "angle_deg": 0.0, "read_in": "first",
}  # fmt: skip


def serve(settings: dict[str, Any]) -> Handler:
    """Puts into an answer what `echo_faults` says as JSON; what is null there it leaves out."""
    changes = json.loads(settings["echo_faults"])
    answer = {key: value for key, value in {**WHOLE, **changes}.items() if value is not None}

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        del request
        return answer

    return handle
