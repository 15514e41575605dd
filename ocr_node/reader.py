"""The node's handle on its engine: a page task in, what was read out, in a guarded child."""

import time
from dataclasses import asdict, dataclass
from typing import Final

from contracts.pages import Line, PageSucceeded, PageTask
from guard.guarded_child import GuardedChild
from ocr_node.engines import EngineSettings

# PaddlePaddle takes 6 s to import on a good day; a first start that downloads models, minutes.
_START_TIMEOUT_S: Final = 600.0
# A child that has grown to this share of its limit is replaced between two pages, not during one.
_RECYCLE_SHARE: Final = 0.7


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one attempt at a page may take."""

    page_timeout_s: float
    memory_limit_bytes: int


class Reader:
    """Reads pages, one at a time."""

    def __init__(self, *, worker: str, engine: EngineSettings, limits: Limits) -> None:
        self._worker = worker
        self._limits = limits
        self.engine_name = engine.name
        settings = {
            **asdict(engine),
            "model_dir": str(engine.model_dir) if engine.model_dir else "",
            "cache_dir": str(engine.cache_dir),
        }
        self._child = GuardedChild(
            target="ocr_node.engine_child:serve",
            settings=settings,
            what="the OCR engine",
            memory_limit_bytes=limits.memory_limit_bytes,
            start_timeout_s=_START_TIMEOUT_S,
        )

    async def start(self) -> None:
        """Loads the engine. Raises: EngineUnavailable, or how its process ended."""
        await self._child.start()

    async def read(self, task: PageTask, *, attempt: int) -> PageSucceeded:
        """Reads a page. Raises: PageUnreadable, ChildRaised, or how the process ended."""
        if attempt > 1:
            # Whatever went wrong before, this attempt shall not inherit it.
            await self._child.stop()
            await self._child.start()
        started = time.perf_counter()
        answer = await self._child.call(
            {"image": task.image, "language": task.language, "page_index": task.page_index},
            timeout_s=self._limits.page_timeout_s,
        )
        duration_ms = (time.perf_counter() - started) * 1000.0
        lines = tuple(Line.model_validate(line) for line in answer["lines"])
        if self._child.resident_bytes() > _RECYCLE_SHARE * self._limits.memory_limit_bytes:
            await self._child.stop()
        return PageSucceeded(
            job_id=task.job_id,
            page_index=task.page_index,
            text=answer["text"],
            markdown=answer["markdown"],
            confidence=mean_confidence(lines),
            width_px=answer["width_px"],
            height_px=answer["height_px"],
            dpi=task.dpi,
            lines=lines,
            worker=self._worker,
            attempts=attempt,
            duration_ms=round(duration_ms, 3),
        )

    @property
    def peak_bytes(self) -> int:
        """The most memory that the engine's process had, resident."""
        return self._child.peak_bytes

    async def stop(self) -> None:
        """Ends the engine's process at once."""
        await self._child.stop()


def mean_confidence(lines: tuple[Line, ...]) -> float:
    """The mean over lines, each weighted by its characters; 0.0 without lines."""
    weight = sum(len(line.text) for line in lines)
    if weight == 0:
        return 0.0
    mean = sum(line.confidence * len(line.text) for line in lines) / weight
    return round(min(mean, 1.0), 6)
