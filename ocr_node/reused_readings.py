"""Pages that were read before, with the same pixels, options and models: they are not read again.

Only among pages of one tenant: whether somebody else has handed in a page is nobody's business.
"""

import asyncio
import hashlib
from functools import lru_cache
from typing import Final

from broker.connection import Broker
from broker.readings import Readings
from broker.release import release
from contracts.errors import OcrError
from contracts.pages import PageSucceeded, PageTask
from ocr_node.engines import EngineSettings
from ocr_node.engines.model_folder import fingerprint
from ocr_node.engines.recognition_models import detection_model, recognition_model

_ECHO: Final = "echo"


class ReusedReadings:
    """Looks for the reading of a page, and keeps it. `engine`: that of the node."""

    def __init__(self, broker: Broker, *, engine: EngineSettings) -> None:
        self._readings = Readings(broker)
        self._engine = engine

    async def find(
        self, key: str, task: PageTask, *, worker: str, attempt: int
    ) -> PageSucceeded | None:
        """The result of the page, if one of this `key` was read before."""
        clock = asyncio.get_running_loop().time
        began = clock()
        found = await self._readings.find(key)
        if found is None:
            return None
        return found.model_copy(
            update={
                "job_id": task.job_id,
                "page_index": task.page_index,
                "worker": worker,
                "attempts": attempt,
                "duration_ms": round((clock() - began) * 1000.0, 3),
                "reused": True,
            }
        )

    async def keep(self, key: str, read: PageSucceeded) -> None:
        """Keeps what was read."""
        if read.error is None:
            await self._readings.keep(key, read)

    async def key(self, task: PageTask) -> str | None:
        """What the page's reading is kept under; None where its models are not here."""
        try:
            # A thread: weights of 20 MB are hashed, once.
            models = await asyncio.to_thread(_models, self._engine, task.language)
        except OcrError:
            return None  # reading it says what is wrong
        return page_key(task, models=models)


def page_key(task: PageTask, *, models: str) -> str:
    """SHA-256, in hexadecimal digits, of all that a page's reading depends on."""
    depends_on = (
        release(), models, task.tenant, task.language, task.quality, task.running_heads,
        str(task.dpi), *(line.model_dump_json() for line in task.known_lines),
    )  # fmt: skip
    digest = hashlib.sha256(task.image)
    for each in depends_on:
        text = each.encode("utf-8", "surrogatepass")
        digest.update(len(text).to_bytes(8, "big") + text)
    if models == _ECHO:  # which answers the number of the page
        digest.update(task.page_index.to_bytes(8, "big"))
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _models(engine: EngineSettings, language: str) -> str:
    """Which engine, with which weights. Raises: OcrError if they are not here."""
    if engine.name == "echo":
        return _ECHO
    folders = detection_model(engine), recognition_model(language, engine)
    if engine.name != "onnxruntime":
        return f"{engine.name} {' '.join(folder.name for folder in folders)}"
    bits = "8" if engine.eight_bits else "32"
    return f"{engine.name} {bits} {' '.join(map(fingerprint, folders))}"
