"""The node's handle on its engine: a page task in, what was read out, in a guarded child."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

from contracts.errors import ChildCrashed, ChildTimedOut, LanguageUnavailable
from contracts.languages import script_of, scripts_of
from contracts.pages import Line, PageSucceeded, PageTask, lines_of_json
from guard.guarded_child import GuardedChild
from guard.spawning import Spawned
from ocr_node.engine_locks import engine_locks
from ocr_node.engine_process import ENGINE_CHILD
from ocr_node.engines import EngineSettings

# PaddlePaddle takes 6 s to import on a good day; a first start that downloads models, minutes.
_START_TIMEOUT_S: Final = 600.0
# A child that has grown to this share of its limit is replaced between two pages, not during one.
_RECYCLE_SHARE: Final = 0.7
# What a user's page may wait for a child in place of a recycled one: pages of the queue wait too.
_FRESH_ENGINE_S: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one attempt at a page may take."""

    page_timeout_s: float
    memory_limit_bytes: int


class Reader:
    """Reads pages, one at a time: who wants to read has `turn` meanwhile. `ready`: the engine was
    started, and has not been stopped. `languages`: those that this node reads; None: any.
    `spare`: a process that waits to become the engine's."""

    def __init__(
        self,
        *,
        worker: str,
        engine: EngineSettings,
        limits: Limits,
        languages: Collection[str] | None = None,
        spare: Spawned | None = None,
    ) -> None:
        self._worker = worker
        self._languages = languages
        self._limits = limits
        self.turn = asyncio.Lock()
        self.ready = False
        self._direct: asyncio.Task[PageSucceeded] | None = None
        self.engine = engine
        self.engine_name = engine.name
        settings = {
            **asdict(engine),
            "model_dir": str(engine.model_dir) if engine.model_dir else "",
            "cache_dir": str(engine.cache_dir),
        }
        self._child = GuardedChild(
            target=ENGINE_CHILD,
            settings=settings,
            what="the OCR engine",
            memory_limit_bytes=limits.memory_limit_bytes,
            start_timeout_s=_START_TIMEOUT_S,
            locks=engine_locks(engine),
            spare=spare,
        )

    async def start(self) -> None:
        """Loads the engine. Raises: EngineUnavailable, or how its process ended."""
        await self._child.start()
        self.ready = True

    async def read(self, task: PageTask, *, attempt: int, handed_in: bool = False) -> PageSucceeded:
        """Reads a page. `handed_in`: the image comes from a user, and is no PNG or JPEG of ingest.

        Raises: PageUnreadable, LanguageUnavailable, ChildRaised, or how the process ended."""
        if self._languages is not None:
            must_be_read_here(task.language, self._languages)
        if attempt > 1:
            # Whatever went wrong before, this attempt shall not inherit it.
            await self._child.stop()
            await self._child.start()
        started = time.perf_counter()
        answer = await self._child.call(
            {
                "image": task.image,
                "language": task.language,
                "page_index": task.page_index,
                "quality": task.quality,
                "known_lines": [line.model_dump() for line in task.known_lines],
                "handed_in": handed_in,
                "running_heads": task.running_heads,
            },
            timeout_s=self._limits.page_timeout_s,
        )
        duration_ms = (time.perf_counter() - started) * 1000.0
        try:
            page = self._page_of(answer, task, attempt=attempt, duration_ms=round(duration_ms, 3))
        except (KeyError, TypeError, ValueError):  # it was taken over, or its memory was spoilt
            await self._child.stop()
            raise ChildCrashed("the OCR engine gave an answer that cannot be read") from None
        if self._child.resident_bytes() > _RECYCLE_SHARE * self._limits.memory_limit_bytes:
            await self._child.stop()
        return page

    def _page_of(
        self, answer: dict[str, Any], task: PageTask, *, attempt: int, duration_ms: float
    ) -> PageSucceeded:
        lines = lines_of_json(answer["lines"])
        return PageSucceeded(
            job_id=task.job_id,
            page_index=task.page_index,
            text=answer["text"],
            markdown=answer["markdown"],
            confidence=mean_confidence(lines),
            width_px=answer["width_px"],
            height_px=answer["height_px"],
            dpi=answer["dpi"] or task.dpi,
            lines=lines,
            worker=self._worker,
            attempts=attempt,
            duration_ms=duration_ms,
            angle_deg=answer["angle_deg"],
            read_in=answer["read_in"],
        )

    @property
    def peak_bytes(self) -> int:
        """The most memory that the engine's process had, resident."""
        return self._child.peak_bytes

    async def read_directly(self, task: PageTask) -> PageSucceeded:
        """Reads a page that a user handed to this node; see `call_off`.

        Raises: as `read`; ChildCrashed when it was called off."""
        limit_s = self._limits.page_timeout_s + _FRESH_ENGINE_S
        direct = self._direct = asyncio.create_task(self.read(task, attempt=1, handed_in=True))
        try:
            await asyncio.wait({direct}, timeout=limit_s)
            if not direct.done():
                raise ChildTimedOut(f"the OCR engine was not ready within {limit_s:g} s")
            if direct.cancelled():
                raise ChildCrashed("the node was stopped")
            return direct.result()
        finally:
            await self.call_off()

    async def stop(self) -> None:
        """Ends the engine's process at once."""
        self.ready = False
        await self.call_off()
        await self._child.stop()

    async def call_off(self) -> None:
        """Ends the page of `read_directly`, if there is one, and with it the engine's process."""
        direct, self._direct = self._direct, None
        if direct is None or direct.done():
            return
        direct.cancel()
        await asyncio.wait({direct})
        # Looked at, so that asyncio does not report an error that nobody asked for any more.
        if not direct.cancelled():
            direct.exception()


def must_be_read_here(language: str, languages: Collection[str]) -> None:
    """Raises: LanguageUnavailable for one of another script than the `languages` of this node;
    InvalidOption for no language."""
    if script_of(language) not in scripts_of(languages):
        raise LanguageUnavailable(
            f"language {language[:80]!r} is not read by this node; it reads: "
            f"{', '.join(sorted(languages))}; submit the page to the queue, which knows all nodes, "
            "or give this node the model (docs/languages.md)"
        )


def mean_confidence(lines: tuple[Line, ...]) -> float:
    """The mean over lines, each weighted by its characters; 0.0 without lines."""
    weight = sum(len(line.text) for line in lines)
    if weight == 0:
        return 0.0
    mean = sum(line.confidence * len(line.text) for line in lines) / weight
    return round(min(mean, 1.0), 6)
