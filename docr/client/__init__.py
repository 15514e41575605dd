"""The client of a running system: from Python, and for the command line."""

from docr.client.async_client import AsyncClient
from docr.client.async_job import AsyncJob
from docr.client.result import JobMetrics, Result, ResultPage
from docr.client.sync_client import Client, Job

__all__ = ["AsyncClient", "AsyncJob", "Client", "Job", "JobMetrics", "Result", "ResultPage"]
