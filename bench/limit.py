"""How far an engine is from what the arithmetic allows: measured core-seconds by FLOPs and rate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.executed_work import DETECTION, LINE_HEIGHT_PX, RECOGNITION
from bench.flops import FlopCounter
from bench.page_images import PageImage
from contracts.errors import InvalidOption
from guard.guarded_child import GuardedChild

_START_TIMEOUT_S: Final = 600.0
_PAGE_TIMEOUT_S: Final = 900.0
# Between two pages, so that the rate is that of the same minutes.
_RATE_S: Final = 0.2
_GIGA: Final = 1e9


@dataclass(frozen=True, kw_only=True)
class PageWork:
    """One page: `runs` are kind, input shape and core-seconds of each run of a model; `models` the
    ONNX files that ran, by kind, as far as the engine tells."""

    core_s: float
    runs: Sequence[tuple[str, tuple[int, ...], float]]
    line_widths_px: Sequence[int]
    models: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the work, a page on average. `gflop`: multiply-adds counted twice; None for what
    is no model. `limit_core_s`: what they take at this machine's rate."""

    core_s: float
    gflop: float | None
    limit_core_s: float | None

    @property
    def ratio(self) -> float | None:
        """Measured by limit: 1 cannot be beaten in single precision."""
        return self.core_s / self.limit_core_s if self.limit_core_s else None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`rates`: GFLOP a core-second by library, the best of all tries; the best of them sets the
    limit. `rate_meanwhile`: the median of what was reached between the pages.

    `executed`: with all that was padded and read twice. `needed`: detection once a page at the size
    that was used, and every line once, alone, in its own width at height 48.
    `element_share`: other operations (one a number put out) for each multiply or add.
    """

    pages: int
    rates: dict[str, float]
    rate_meanwhile: float
    detection: Part
    recognition: Part
    rest: Part
    executed: Part
    needed: Part
    element_share: float


async def work_of(
    images: Sequence[PageImage],
    *,
    engine: dict[str, Any],
    language: str,
    memory_limit_bytes: int,
    tell: Callable[[str], None],
) -> tuple[list[PageWork], list[dict[str, float]]]:
    """Reads every image with one engine of one thread, the first one twice: once to warm up.

    `engine`: the fields of EngineSettings, paths as text. Returns the work of each page, and rates
    measured before, between and after. Raises: OcrError.
    """
    reader = GuardedChild(
        target="bench.executed_work:serve",
        settings=engine,
        what="the OCR engine",
        memory_limit_bytes=memory_limit_bytes,
        start_timeout_s=_START_TIMEOUT_S,
    )
    meter = GuardedChild(
        target="bench.machine_rate:serve",
        settings={},
        what="the measuring of the rate",
        memory_limit_bytes=memory_limit_bytes,
        start_timeout_s=_START_TIMEOUT_S,
    )
    works: list[PageWork] = []
    rates: list[dict[str, float]] = []
    try:
        await reader.start()
        for number, image in enumerate((images[0], *images)):
            rates.append(await meter.call({"seconds": _RATE_S}, timeout_s=_PAGE_TIMEOUT_S))
            answer = await reader.call(
                {"image": image.path.read_bytes(), "language": language}, timeout_s=_PAGE_TIMEOUT_S
            )
            if number:
                works.append(_page_work(answer))
                tell(f"{image.name}: {works[-1].core_s:.2f} core-s")
        rates.append(await meter.call({"seconds": _RATE_S}, timeout_s=_PAGE_TIMEOUT_S))
    finally:
        await reader.stop()
        await meter.stop()
    return works, rates


def _page_work(answer: dict[str, Any]) -> PageWork:
    return PageWork(
        core_s=answer["core_s"],
        runs=[(kind, tuple(shape), core_s) for kind, shape, core_s in answer["runs"]],
        line_widths_px=answer["line_widths_px"],
        models={kind: Path(path) for kind, path in answer["models"].items()},
    )


def limit_of(
    works: Sequence[PageWork],
    rates: Sequence[dict[str, float]],
    *,
    detection: Path,
    recognition: Path,
) -> Limit:
    """`detection`, `recognition`: the ONNX models whose operations count, where the engine does not
    name others.

    Raises: InvalidOption if the engine ran no model of ONNX Runtime, or one that cannot be counted.
    """
    if not any(work.runs for work in works):
        raise InvalidOption(
            "this engine does not tell which models it runs; use one on ONNX Runtime "
            "(OCR_ENGINE=onnxruntime)"
        )
    models = {DETECTION: detection, RECOGNITION: recognition, **works[-1].models}
    counters = {kind: FlopCounter(model) for kind, model in models.items()}
    best = {name: max(each[name] for each in rates) for name in rates[0]}
    rate, pages = max(best.values()), len(works)

    def part(core_s: float, operations: float) -> Part:
        gflop = operations / pages / _GIGA
        return Part(core_s=core_s / pages, gflop=gflop, limit_core_s=gflop / rate)

    def executed(*kinds: str) -> tuple[float, int, int]:
        runs = [run for work in works for run in work.runs if run[0] in kinds]
        counts = [counters[kind].count(shape) for kind, shape, _ in runs]
        return (
            sum(core_s for _, _, core_s in runs),
            sum(each.products for each in counts),
            sum(each.elements for each in counts),
        )

    all_s = sum(work.core_s for work in works)
    det_s, det, det_elements = executed(DETECTION)
    rec_s, rec, rec_elements = executed(*(models.keys() - {DETECTION}))
    return Limit(
        pages=pages,
        rates=best,
        rate_meanwhile=median(max(each.values()) for each in rates),
        detection=part(det_s, det),
        recognition=part(rec_s, rec),
        rest=Part(core_s=(all_s - det_s - rec_s) / pages, gflop=None, limit_core_s=None),
        executed=part(all_s, det + rec),
        needed=part(all_s, sum(_needed(work, counters) for work in works)),
        element_share=(det_elements + rec_elements) / max(det + rec, 1),
    )


def _needed(work: PageWork, counters: dict[str, FlopCounter]) -> int:
    first = next((shape for kind, shape, _ in work.runs if kind == DETECTION), None)
    detection = counters[DETECTION].count(first).products if first else 0
    return detection + sum(
        counters[RECOGNITION].count((1, 3, LINE_HEIGHT_PX, width_px)).products
        for width_px in work.line_widths_px
    )
