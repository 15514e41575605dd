"""Every subject name, built and taken apart in one place."""

import re
from typing import Final

from contracts.ids import checked_token, is_token
from contracts.job_options import Priority
from contracts.languages import Script

SUBMIT: Final = "ocr.submit"
PAGES_ALL: Final = "ocr.page.>"
RESULTS_ALL: Final = "ocr.result.>"
SUMMARY_ALL: Final = "ocr.summary.*"
DEAD_ALL: Final = "ocr.dead.>"
DONE_ALL: Final = "ocr.done.>"
# The same, told by tenant, for readers who may hear of their own jobs only.
ENDINGS_ALL: Final = "ocr.ending.*.*"
DONE_OF_ALL: Final = "ocr.done_of.>"
EVENTS_ALL: Final = "ocr.events.>"
READINGS_ALL: Final = "ocr.reading.*"
# Asked of an aggregator: {"job_id", "format"}.
MAKE_OUTPUT: Final = "ocr.outputs.make"
# Where progress is stored; the stream tells it on ocr.events.<job>, each event once.
EVENT_LOG_ALL: Final = "ocr.event.*"
# Where the token of a page stands when a result concerns the document as a whole.
DOCUMENT: Final = "document"
# One spelling a number, and none so large that it would be a mistake or an attack.
_PAGE_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def page(*, priority: Priority, script: Script, tenant: str, job_id: str) -> str:
    return f"ocr.page.{priority}.{script}.{tenant}.{checked_token(job_id, what='job id')}"


def pages_of(*, priority: Priority, script: Script) -> str:
    return f"ocr.page.{priority}.{script}.>"


def pages_of_job(job_id: str) -> str:
    return f"ocr.page.*.*.*.{checked_token(job_id, what='job id')}"


def dead_page(*, job_id: str, page_index: int) -> str:
    return f"ocr.dead.{checked_token(job_id, what='job id')}.{page_index}"


def dead_pages_of(job_id: str) -> str:
    return f"ocr.dead.{checked_token(job_id, what='job id')}.*"


def reading(key: str) -> str:
    return f"ocr.reading.{checked_token(key, what='key of a reading')}"


def result(*, job_id: str, page_index: int) -> str:
    return f"ocr.result.{checked_token(job_id, what='job id')}.{page_index}"


def rejection(*, job_id: str) -> str:
    return f"ocr.result.{checked_token(job_id, what='job id')}.{DOCUMENT}"


def results_of(job_id: str) -> str:
    return f"ocr.result.{checked_token(job_id, what='job id')}.>"


def result_key(subject: str) -> tuple[str, int | None]:
    """(job id, page index) of a result's subject; None for the document as a whole.

    Raises: ValueError for a subject that no release writes.
    """
    _, _, job_id, last = subject.split(".")
    if not is_token(job_id):
        raise ValueError(job_id)
    return job_id, None if last == DOCUMENT else page_index_of(last)


def page_index_of(text: str) -> int:
    """A page index as it stands in subjects and headers. Raises: ValueError for anything else."""
    if not _PAGE_INDEX.fullmatch(text):
        raise ValueError(text)
    return int(text)


def summary(job_id: str) -> str:
    return f"ocr.summary.{checked_token(job_id, what='job id')}"


def done(job_id: str) -> str:
    return f"ocr.done.{checked_token(job_id, what='job id')}"


def ending(*, tenant: str, job_id: str) -> str:
    checked_token(tenant, what="tenant")
    return f"ocr.ending.{tenant}.{checked_token(job_id, what='job id')}"


def endings_of_job(job_id: str) -> str:
    return f"ocr.ending.*.{checked_token(job_id, what='job id')}"


def done_of(*, tenant: str) -> str:
    return f"ocr.done_of.{checked_token(tenant, what='tenant')}.*"


def event_log(job_id: str) -> str:
    return f"ocr.event.{checked_token(job_id, what='job id')}"


def events(job_id: str) -> str:
    return f"ocr.events.{checked_token(job_id, what='job id')}"
