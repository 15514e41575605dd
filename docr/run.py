"""`docr run`: the whole system for as long as some documents take. Its engines come first."""

import asyncio
from collections.abc import Awaitable, Callable

from docr import early_engines
from docr.engines import Engines, engines, loading
from docr.node_languages import have_models
from docr.run_plan import RunPlan
from docr.settings import Settings

_ReadDocuments = Callable[[RunPlan, Settings, Engines], Awaitable[bool]]


async def run_documents(plan: RunPlan, settings: Settings) -> bool:
    """Reads the documents, prints how it went, and returns whether all of it went well.

    Raises: OcrError (perhaps in an ExceptionGroup) if the system cannot work on this machine;
    LanguageUnavailable if it has not the model of a language.
    """
    await have_models(settings)
    loaded = engines(settings, plan.share)
    early_engines.end()  # those of which it needed fewer
    async with loading(loaded):
        # In a thread: their processes are told what to load meanwhile.
        read_documents = await asyncio.to_thread(_the_rest)
        return await read_documents(plan, settings, loaded)


def _the_rest() -> _ReadDocuments:
    from docr.run_system import read_documents  # noqa: PLC0415 - 70 ms

    return read_documents
