"""PaddleOCR as its users run it: one process, the pipeline as it comes, file after file.

    ./dev python -m bench.plain_paddleocr IMAGES OUT --threads 2

Same weights and runtime as engine `onnxruntime`; all else is PaddleOCR's default. Writes NAME.txt.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from bench.corpus import images_in
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.headless_opencv import accept_headless_opencv


def pipeline(threads: int, **changes: Any) -> Any:
    """A PaddleOCR object on ONNX Runtime, with `changes` to its arguments."""
    sys.modules.setdefault("paddle", None)  # type: ignore[arg-type] # not used, slow to import
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    accept_headless_opencv()
    from paddleocr import PaddleOCR  # noqa: PLC0415 - after what must be set before

    models = bundled_models(Path("~/.cache/distributed-ocr").expanduser())
    known: dict[str, Any] = {
        "text_detection_model_name": DETECTION,
        "text_detection_model_dir": str(models / DETECTION),
        "text_recognition_model_name": RECOGNITION,
        "text_recognition_model_dir": str(models / RECOGNITION),
        "use_doc_orientation_classify": False,
        "use_doc_unwarping": False,
        "use_textline_orientation": False,
        "device": "cpu",
        "engine": "onnxruntime",
        "engine_config": {"intra_op_num_threads": threads},
    }
    return PaddleOCR(**{**known, **changes})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    ocr = pipeline(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for image in images_in(arguments.images):
        (found,) = ocr.predict(str(image))
        text = "\n".join(found["rec_texts"])
        (arguments.out / f"{image.stem}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
