"""PaddleOCR as its users run it: one pipeline, file after file.

All is PaddleOCR's default, but for the models that look for turned and warped pages, which no
subject runs. On ONNX Runtime the weights are those of the node's own engine.
"""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from contracts.errors import EngineUnavailable
from guard.child import Handler
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.headless_opencv import accept_headless_opencv


def serve(settings: dict[str, Any]) -> Handler:
    """`settings` as for `pipeline`. Raises: EngineUnavailable."""
    read = pipeline(settings)

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        (found,) = read.predict(request["path"])
        return {"text": "\n".join(found["rec_texts"])}

    return handle


def pipeline(settings: dict[str, Any], **changes: Any) -> Any:
    """A PaddleOCR object, with `changes` to its arguments.

    `settings`: `engine` (onnxruntime or paddle), `threads`, `model_dir`, `cache_dir`.
    Raises: EngineUnavailable.
    """
    if settings["engine"] == "paddle":
        models = _paddle_models(settings["model_dir"])
        runtime = {
            "engine": "paddle",
            "enable_mkldnn": True,
            "cpu_threads": settings["threads"],
        }
    else:
        # Where PaddlePaddle is installed too, PaddleX would import it: 5 s and 300 MB.
        sys.modules.setdefault("paddle", None)  # type: ignore[arg-type]
        models = bundled_models(Path(settings["cache_dir"]))
        runtime = {
            "engine": "onnxruntime",
            "engine_config": {"intra_op_num_threads": settings["threads"]},
        }
    # PaddleX asks the model hubs which of them answers, for minutes where none can be reached.
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    accept_headless_opencv()
    try:
        from paddleocr import PaddleOCR  # noqa: PLC0415 - after what must be set before
    except ImportError as missing:
        raise EngineUnavailable(
            f"PaddleOCR cannot be loaded ({missing}); install distributed-ocr again"
        ) from missing
    known: dict[str, Any] = {
        "text_detection_model_name": DETECTION,
        "text_detection_model_dir": str(models / DETECTION),
        "text_recognition_model_name": RECOGNITION,
        "text_recognition_model_dir": str(models / RECOGNITION),
        "use_doc_orientation_classify": False,
        "use_doc_unwarping": False,
        "use_textline_orientation": False,
        "device": "cpu",
        **runtime,
    }
    return PaddleOCR(**{**known, **changes})


def _paddle_models(model_dir: str) -> Path:
    if importlib.util.find_spec("paddle") is None:
        raise EngineUnavailable(
            "PaddlePaddle is not installed; run 'pip install distributed-ocr[paddle]'"
        )
    for name in (DETECTION, RECOGNITION):
        if not model_dir or not (Path(model_dir) / name / "inference.pdiparams").is_file():
            raise EngineUnavailable(
                f"there are no weights in Paddle format; name a folder that holds {DETECTION} and "
                f"{RECOGNITION} by --model-dir (OCR_MODEL_DIR)"
            )
    return Path(model_dir)
