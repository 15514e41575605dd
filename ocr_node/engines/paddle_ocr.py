"""PaddleOCR 3.7, on ONNX Runtime or on PaddlePaddle: detection and recognition, nothing beside."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from contracts.errors import EngineUnavailable
from contracts.pages import Line, Point
from ocr_node.engine import PageReading
from ocr_node.engines import EngineSettings
from ocr_node.engines.bundled_models import bundled_models
from ocr_node.engines.decoding import decode_image
from ocr_node.engines.headless_opencv import accept_headless_opencv

# Longest side of the image that detection sees, px. Word F1 over real pages and receipts is no
# lower than at full size (bench/detection_size.py), and memory stays bounded.
_DETECTION_SIDE_PX: Final = 1280
# Lines of one batch are padded to the widest of it; alone, none is padded.
_LINES_AT_ONCE: Final = 1


class PaddleOcrEngine:
    """One PaddleOCR pipeline. Not thread-safe (PaddleOCR#18268)."""

    def __init__(self, settings: EngineSettings) -> None:
        """Loads the models. Raises: EngineUnavailable."""
        models = settings.model_dir
        if models is None:
            if settings.name == "paddle":
                raise EngineUnavailable(
                    "engine 'paddle' needs models in Paddle format; set OCR_MODEL_DIR to a folder "
                    "with one folder *_det and one *_rec, or use OCR_ENGINE=onnxruntime"
                )
            models = bundled_models(settings.cache_dir)
        weights = "inference.onnx" if settings.name == "onnxruntime" else "inference.pdiparams"
        detection = _only_model(models, "_det", weights)
        recognition = _only_model(models, "_rec", weights)
        paddle_ocr = _paddle_ocr(settings)
        try:
            self._pipeline = paddle_ocr(
                text_detection_model_name=detection.name,
                text_detection_model_dir=str(detection),
                text_recognition_model_name=recognition.name,
                text_recognition_model_dir=str(recognition),
                text_recognition_batch_size=_LINES_AT_ONCE,
                # Models of their own, which the default install does not carry.
                use_doc_orientation_classify=False,
                use_doc_unwarping=False,
                use_textline_orientation=False,
                text_det_limit_side_len=_DETECTION_SIDE_PX,
                text_det_limit_type="max",
                device="cpu",
                **_runtime(settings),
            )
        except MemoryError:
            raise
        except Exception as wrong:
            # Whatever its libraries raise; each attempt would end the same.
            raise EngineUnavailable(_broken_models(settings, models, wrong)) from wrong

    def read(self, image: bytes, *, language: str, page_index: int) -> PageReading:
        """Every line that detection finds and recognition reads. Raises: PageUnreadable."""
        del language  # one dictionary serves all languages that can be asked for
        pixels = decode_image(image, page_index=page_index)
        height_px, width_px = pixels.shape[:2]
        # PaddleOCR takes arrays for blue, green, red.
        (found,) = self._pipeline.predict(pixels[:, :, ::-1])
        lines = tuple(
            Line(text=text.strip(), confidence=_share(score), polygon=_polygon(corners))
            for text, score, corners in zip(
                found["rec_texts"], found["rec_scores"], found["rec_polys"], strict=True
            )
            if text.strip()
        )
        return PageReading(lines=lines, width_px=width_px, height_px=height_px)


def _paddle_ocr(settings: EngineSettings) -> Any:
    if settings.name == "onnxruntime":
        # Where PaddlePaddle is installed too, PaddleX would import it, which takes 5 s and 300 MB.
        sys.modules.setdefault("paddle", None)  # type: ignore[arg-type]
    elif importlib.util.find_spec("paddle") is None:
        raise EngineUnavailable(
            "engine 'paddle' needs PaddlePaddle; run 'pip install distributed-ocr[paddle]', "
            "or use OCR_ENGINE=onnxruntime"
        )
    # PaddleX asks the model hubs which of them answers, for minutes where none can be reached.
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    accept_headless_opencv()
    try:
        from paddleocr import PaddleOCR  # noqa: PLC0415 - takes a second
    except ImportError as missing:
        raise EngineUnavailable(
            f"PaddleOCR cannot be loaded ({missing}); a missing libGL or libglib comes with "
            "'apt install libgl1 libglib2.0-0', all else with a fresh install of distributed-ocr"
        ) from missing
    return PaddleOCR


def _broken_models(settings: EngineSettings, models: Path, wrong: Exception) -> str:
    what = " ".join(str(wrong).split())[:200]
    remedy = (
        f"remove the folder {models}, which is then made anew, or install distributed-ocr again"
        if settings.model_dir is None
        else f"put whole models of a kind that engine {settings.name!r} reads there, or leave "
        "OCR_MODEL_DIR empty for the weights of the install"
    )
    return f"the models in {models} cannot be loaded ({type(wrong).__name__}: {what}); {remedy}"


def _runtime(settings: EngineSettings) -> dict[str, Any]:
    if settings.name == "onnxruntime":
        return {
            "engine": "onnxruntime",
            "engine_config": {"intra_op_num_threads": settings.cpu_threads},
        }
    return {
        "engine": "paddle",
        "enable_mkldnn": settings.enable_mkldnn,
        "cpu_threads": settings.cpu_threads,
    }


def _only_model(models: Path, ending: str, weights: str) -> Path:
    """The one folder in `models` whose name ends so. Raises: EngineUnavailable."""
    found = sorted(models.glob(f"*{ending}")) if models.is_dir() else []
    if len(found) != 1 or not (found[0] / weights).exists():
        raise EngineUnavailable(
            f"OCR_MODEL_DIR {models} must hold exactly one folder *{ending} with {weights} and "
            "inference.yml in it; correct it, or leave it empty for the weights of the install"
        )
    return found[0]


def _share(score: float) -> float:
    return round(min(max(float(score), 0.0), 1.0), 6)


def _polygon(corners: Sequence[Sequence[float]]) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d
