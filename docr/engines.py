"""The engines of a machine. They load while what has them work is imported and set up, so that this
imports neither NATS nor a service."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from docr import early_engines
from docr.capacity import Capacity
from docr.node_languages import engine_settings
from docr.settings import Settings
from ocr_node.engines.echo_faults import parse_faults
from ocr_node.engines.recognition_models import served_languages
from ocr_node.reader import Limits, Reader


@dataclass(frozen=True, kw_only=True)
class Engines:
    """The engines of this machine, by the name of the node that each is. `languages`: what they
    read."""

    readers: Mapping[str, Reader]
    languages: tuple[str, ...]


def engines(settings: Settings, share: Capacity) -> Engines:
    """Not started yet. Raises: InvalidOption if OCR_ECHO_FAULTS cannot be read; EngineUnavailable
    if OCR_MODEL_DIR is not what it must be."""
    parse_faults(settings.ocr_echo_faults)
    engine = engine_settings(settings, cpu_threads=share.threads_per_node)
    languages = served_languages(engine)
    limits = Limits(
        page_timeout_s=settings.worker_request_timeout,
        memory_limit_bytes=share.memory_limit_bytes,
    )
    names = [f"{settings.worker_name}-{number}" for number in range(1, share.nodes + 1)]
    return Engines(
        readers={
            name: Reader(
                worker=name,
                engine=engine,
                limits=limits,
                languages=frozenset(languages),
                spare=early_engines.taken(),
            )
            for name in names
        },
        languages=tuple(languages),
    )


@asynccontextmanager
async def loading(engines: Engines) -> AsyncIterator[None]:
    """Engines load beside the body, which sets up what they will work for; whether they could is
    said by the service that starts them. At the end of the body they are stopped."""
    starts = [asyncio.create_task(reader.start()) for reader in engines.readers.values()]
    try:
        yield
    finally:
        for start in starts:
            start.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        for reader in engines.readers.values():
            await reader.stop()
