"""RapidOCR on OpenVINO with its own defaults, and the PP-OCRv6 small weights in its wheel."""

import importlib.util
from typing import Any

from contracts.errors import EngineUnavailable
from guard.child import Handler


def serve(settings: dict[str, Any]) -> Handler:
    """`settings`: `threads`, 0 for as many as OpenVINO takes. Raises: EngineUnavailable."""
    for package, remedy in (("rapidocr", "rapidocr"), ("openvino", "distributed-ocr[bench]")):
        if importlib.util.find_spec(package) is None:
            raise EngineUnavailable(f"{package} is not installed; run 'pip install {remedy}'")
    from rapidocr import EngineType, RapidOCR  # noqa: PLC0415 - takes a second

    read = RapidOCR(
        params={
            **{f"{model}.engine_type": EngineType.OPENVINO for model in ("Det", "Cls", "Rec")},
            "EngineConfig.openvino.inference_num_threads": settings["threads"] or -1,
            # No subject looks for lines that stand on their head.
            "Global.use_cls": False,
            "Global.log_level": "error",
        }
    )

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        return {"text": "\n".join(read(request["path"]).txts or ())}

    return handle
