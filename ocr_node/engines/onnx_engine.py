"""PP-OCR on ONNX Runtime: PaddleOCR's models and what it computes, without what pages do not need.

docs/performance.md says what each difference from PaddleOCR's own pipeline brought.
"""

from collections import OrderedDict
from pathlib import Path
from typing import Final

import cv2

from contracts.job_options import Quality
from contracts.languages import Script, script_of
from contracts.pages import ReadingPass
from guard.freed_memory import give_back_freed_memory
from ocr_node.engine import PageReading
from ocr_node.engines import EngineSettings
from ocr_node.engines.detection import TextDetector
from ocr_node.engines.fitted_files import fitted_in
from ocr_node.engines.fitted_models import fitted_detection, fitted_recognition
from ocr_node.engines.model_folder import detection_options, weights_of
from ocr_node.engines.network import Network, Observer
from ocr_node.engines.page_pixels import decode_for_opencv
from ocr_node.engines.page_reading import PageReader
from ocr_node.engines.page_worth import is_worth_another_pass, worth
from ocr_node.engines.recognition import LineReader
from ocr_node.engines.recognition_models import (
    detection_model,
    larger_model,
    recognition_model,
    served_languages,
)
from ocr_node.engines.spoilt_models import loaded

DETECTION: Final = "detection"
# Scripts whose models are in memory at the same time, 60 MB each.
_MOST_LOADED: Final = 3
# After so many pages memory that is free goes back to the system: ONNX Runtime keeps what the
# largest page took, glibc what lies between, and both grow. Taking it anew costs some 20 ms.
_FREE_UNUSED_AFTER: Final = 10


class OnnxEngine:
    """Detection and recognition; the models of a script are loaded when a page asks for it, and the
    one that was asked for least recently makes room. Not thread-safe."""

    def __init__(self, settings: EngineSettings) -> None:
        """Loads detection, and a language that is at hand. Raises: EngineUnavailable."""
        cv2.setNumThreads(settings.cpu_threads)
        self._settings = settings
        folder = detection_model(settings)
        self._network = loaded(
            lambda: fitted_detection(folder, settings.cache_dir, eight_bits=settings.eight_bits),
            lambda model: Network(model, kind=DETECTION, threads=settings.cpu_threads),
            files=lambda model: {model},
            made_in=fitted_in(settings.cache_dir),
        )
        self._detector = TextDetector(self._network, detection_options(folder))
        self._readers: OrderedDict[tuple[Path, Script], PageReader] = OrderedDict()
        self._observe: Observer | None = None
        self._pages = 0
        self.counted_models = {DETECTION: weights_of(folder)}
        served = served_languages(settings)
        if served:
            first = "en" if "en" in served else served[0]
            self._reader(recognition_model(first, settings), first)

    @property
    def observe(self) -> Observer | None:
        """Is told of each run of a model, if set."""
        return self._observe

    @observe.setter
    def observe(self, observer: Observer | None) -> None:
        self._observe = self._network.observe = observer
        for reader in self._readers.values():
            reader.lines.exact.observe = reader.lines.fast.observe = observer

    def read(
        self, image: bytes, *, language: str, page_index: int, quality: Quality = "balanced"
    ) -> PageReading:
        """Every line that detection finds and recognition reads.

        Raises: PageUnreadable, LanguageUnavailable, EngineUnavailable."""
        reader = self._reader(recognition_model(language, self._settings), language)
        # The models were trained on blue, green, red.
        page = decode_for_opencv(image, page_index=page_index)
        read = reader.read(page, effort="once" if quality == "fast" else "twice")
        read_in: ReadingPass = "first"
        if quality == "best" and is_worth_another_pass(read.lines):
            larger = larger_model(language, self._settings)
            if larger is not None:
                reader = self._reader(larger, language)
            other = reader.read(page, effort="large")
            if worth(other.lines) > worth(read.lines):
                read, read_in = other, "larger" if larger is None else "larger_model"
        height_px, width_px = page.shape[:2]
        del page
        self._pages += 1
        if self._pages % _FREE_UNUSED_AFTER == 0:
            self._free_unused()
        return PageReading(
            lines=read.lines,
            width_px=width_px,
            height_px=height_px,
            angle_deg=read.angle_deg,
            read_in=read_in,
        )

    def _free_unused(self) -> None:
        self._detector.free_unused()
        for reader in self._readers.values():
            reader.lines.free_unused()
        give_back_freed_memory()

    def _reader(self, folder: Path, language: str) -> PageReader:
        script = script_of(language)
        key = (folder, script)
        reader = self._readers.get(key)
        if reader is None:
            while len(self._readers) >= _MOST_LOADED:
                self._readers.popitem(last=False)
            cache_dir, eight_bits = self._settings.cache_dir, self._settings.eight_bits
            lines = loaded(
                lambda: fitted_recognition(folder, script, cache_dir, eight_bits=eight_bits),
                lambda fitted: LineReader(fitted, threads=self._settings.cpu_threads),
                files=lambda fitted: {fitted.exact, fitted.counted, fitted.fast},
                made_in=fitted_in(cache_dir),
            )
            reader = self._readers[key] = PageReader(self._detector, lines)
            self.counted_models.update(lines.counted)
            self.observe = self._observe
        self._readers.move_to_end(key)
        return reader
