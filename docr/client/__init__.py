"""The client of a running system: from Python, and for the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from docr.client.async_client import AsyncClient
    from docr.client.async_job import AsyncJob
    from docr.client.result import JobMetrics, Result, ResultPage
    from docr.client.sync_client import Client, Job

__all__ = ["AsyncClient", "AsyncJob", "Client", "Job", "JobMetrics", "Result", "ResultPage"]

_MODULES: Final = {
    "AsyncClient": "async_client",
    "AsyncJob": "async_job",
    "Client": "sync_client",
    "Job": "sync_client",
    "JobMetrics": "result",
    "Result": "result",
    "ResultPage": "result",
}


def __getattr__(name: str) -> Any:
    """Once somebody asks for it: `docr run` needs no client, only how documents are asked for."""
    if name in _MODULES:
        return getattr(import_module(f"docr.client.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'docr.client' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
