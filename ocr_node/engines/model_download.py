"""The child in which models are fetched (see guard.child) by PaddleOCR's own download.

PaddleX is large, and waits for networks as long as it likes: its caller bounds both. It asks
Hugging Face, AI Studio, ModelScope and Baidu's object store which of them answers, that of
PADDLE_PDX_MODEL_SOURCE first (paddlex/inference/utils/official_models.py).
"""

import os
import sys
from typing import Any, Final

from contracts.errors import LanguageUnavailable
from guard.child import Handler
from ocr_node.engines.headless_opencv import accept_headless_opencv

_FORMATS: Final = {"onnxruntime": "onnx", "paddle": "paddle"}


def serve(settings: dict[str, Any]) -> Handler:
    """`settings`: `{"engine"}`, whose form of a model is wanted. A request: `{"model"}`, its name;
    the answer says only that it is there. Raises: LanguageUnavailable with what PaddleX says."""
    form = _FORMATS[settings["engine"]]

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        # Fetching needs no PaddlePaddle, which takes 5 s and 300 MB where it is installed.
        sys.modules.setdefault("paddle", None)  # type: ignore[arg-type]
        os.environ.pop("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", None)
        try:
            accept_headless_opencv()
            from paddlex.inference.utils.official_models import (  # noqa: PLC0415 - takes a second
                official_models,
            )

            official_models.get_model_path(request["model"], model_formats=[form])
        except Exception as wrong:
            raise LanguageUnavailable(" ".join(str(wrong).split())[:200]) from wrong
        return {}

    return handle
