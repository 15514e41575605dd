"""The roof: command line, settings, the whole system on one machine, and the client of it.

From Python: `from docr import Client` (or AsyncClient); see docr.client.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docr.client import AsyncClient, AsyncJob, Client, Job, JobMetrics, Result, ResultPage

__all__ = ["AsyncClient", "AsyncJob", "Client", "Job", "JobMetrics", "Result", "ResultPage"]


def __getattr__(name: str) -> Any:
    """The client, once somebody asks for it: the command line starts without it."""
    if name in __all__:
        from docr import client  # noqa: PLC0415 - see above

        return getattr(client, name)
    raise AttributeError(f"module 'docr' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
