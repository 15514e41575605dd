"""PaddleOCR 3.7's own pipeline on PaddlePaddle: detection and recognition, nothing beside."""

import importlib.util
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np

from contracts.errors import EngineUnavailable
from contracts.job_options import Quality
from contracts.pages import Line
from ocr_node.engine import PageReading
from ocr_node.engines import EngineSettings
from ocr_node.engines.decoding import decode_image
from ocr_node.engines.doubt import Reading
from ocr_node.engines.headless_opencv import accept_headless_opencv
from ocr_node.engines.paddle_words import words_of_pieces
from ocr_node.engines.page_lines import page_line
from ocr_node.engines.recognition_models import (
    detection_model,
    recognition_model,
    served_languages,
)
from ocr_node.engines.text_boxes import as_read

# Longest side of the image that detection sees, px. Word F1 over real pages and receipts is no
# lower than at full size (docs/performance.md), and memory stays bounded.
_DETECTION_SIDE_PX: Final = 1280
# Lines of one batch are padded to the widest of it; alone, none is padded.
_LINES_AT_ONCE: Final = 1
# Pipelines of several languages in memory at the same time, 1 GB each.
_MOST_LOADED: Final = 2


class PaddleEngine:
    """One PaddleOCR pipeline for each recognition model. Not thread-safe (PaddleOCR#18268)."""

    def __init__(self, settings: EngineSettings) -> None:
        """Loads the models of a language that is at hand. Raises: EngineUnavailable."""
        self._settings = settings
        self._detection = detection_model(settings)
        self._pipelines: OrderedDict[Path, Any] = OrderedDict()
        served = served_languages(settings)
        if served:
            self._pipeline("en" if "en" in served else served[0])

    def read(
        self, image: bytes, *, language: str, page_index: int, quality: Quality = "balanced"
    ) -> PageReading:
        """Every line that detection finds and recognition reads.

        Raises: PageUnreadable, LanguageUnavailable, EngineUnavailable."""
        del quality  # PaddleOCR's pipeline reads in one way
        pipeline = self._pipeline(language)
        pixels = decode_image(image, page_index=page_index)
        height_px, width_px = pixels.shape[:2]
        # PaddleOCR takes arrays for blue, green, red.
        (found,) = pipeline.predict(pixels[:, :, ::-1])
        lines = tuple(
            _line(text, score, *where, width_px=width_px, height_px=height_px)
            for text, score, *where in zip(
                *(found[name] for name in ("rec_texts", "rec_scores", "rec_polys")),
                *(found[name] for name in ("text_word", "text_word_region")),
                strict=True,
            )
            if text.strip()
        )
        return PageReading(lines=lines, width_px=width_px, height_px=height_px)

    def _pipeline(self, language: str) -> Any:
        recognition = recognition_model(language, self._settings)
        pipeline = self._pipelines.get(recognition)
        if pipeline is None:
            while len(self._pipelines) >= _MOST_LOADED:
                self._pipelines.popitem(last=False)
            pipeline = self._pipelines[recognition] = self._loaded(recognition)
        self._pipelines.move_to_end(recognition)
        return pipeline

    def _loaded(self, recognition: Path) -> Any:
        paddle_ocr = _paddle_ocr()
        try:
            return paddle_ocr(
                text_detection_model_name=self._detection.name,
                text_detection_model_dir=str(self._detection),
                text_recognition_model_name=recognition.name,
                text_recognition_model_dir=str(recognition),
                text_recognition_batch_size=_LINES_AT_ONCE,
                return_word_box=True,
                # Models of their own, which the default install does not carry.
                use_doc_orientation_classify=False,
                use_doc_unwarping=False,
                use_textline_orientation=False,
                text_det_limit_side_len=_DETECTION_SIDE_PX,
                text_det_limit_type="max",
                device="cpu",
                engine="paddle",
                enable_mkldnn=self._settings.enable_mkldnn,
                cpu_threads=self._settings.cpu_threads,
            )
        except MemoryError:
            raise
        except Exception as wrong:
            # Whatever its libraries raise; each attempt would end the same.
            what = " ".join(str(wrong).split())[:200]
            raise EngineUnavailable(
                f"the models in {self._detection} and {recognition} cannot be loaded "
                f"({type(wrong).__name__}: {what}); put whole models in Paddle format there, or "
                "use OCR_ENGINE=onnxruntime"
            ) from wrong


def _line(
    text: str,
    score: float,
    corners: Any,
    pieces: Any,
    regions: Any,
    *,
    width_px: int,
    height_px: int,
) -> Line:
    box = as_read(np.asarray(corners, np.float32))
    words = words_of_pieces(text, score, pieces, regions, box)
    reading = Reading(text=text, confidence=score, steps=0, words=words)
    return page_line(reading, box, width_px=width_px, height_px=height_px)


def _paddle_ocr() -> Any:
    if importlib.util.find_spec("paddle") is None:
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
