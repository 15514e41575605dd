"""Fail points: off unless setting FAIL_POINTS arms them; no service behaves otherwise with them.

A fail point stands between two steps of ARCHITECTURE.md's table of crash points, and ends the
process there with SIGKILL: nothing is flushed, closed or told, exactly as when the machine dies.
"""

import os
import signal
from typing import Final

from contracts.errors import InvalidOption

NAMES: Final = frozenset(
    {
        "door.upload_stored",
        "door.submission_stored",
        "ingest.upload_seen",
        "ingest.upload_submitted",
        "ingest.submission_delivered",
        "ingest.manifest_written",
        "ingest.rejection_noted",
        "ingest.page_published",
        "ingest.checkpoint_written",
        "ingest.last_page_published",
        "ingest.document_kept",
        "ingest.submission_acked",
        "node.page_delivered",
        "node.page_read",
        "node.result_published",
        "node.dead_page_kept",
        "node.failure_published",
        "reaper.advisory_delivered",
        "reaper.dead_page_kept",
        "reaper.result_stored",
        "aggregator.last_result",
        "aggregator.formats_made",
        "aggregator.outputs_written",
        "aggregator.summary_stored",
        "aggregator.results_purged",
        "aggregator.revision_stored",
    }
)

_armed: dict[str, int] = {}


def arm(text: str) -> None:
    """Arms the points of setting FAIL_POINTS: `node.page_read`, or `node.page_read:3` for the third
    time that it is passed; several with commas. Replaces what was armed. Raises: InvalidOption.
    """
    armed: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, count = part.partition(":")
        if name not in NAMES or not (count == "" or (count.isdecimal() and int(count) > 0)):
            raise InvalidOption(
                f"FAIL_POINTS {text!r} cannot be read; write points like node.page_read or "
                f"node.page_read:3 (points: {', '.join(sorted(NAMES))})"
            )
        armed[name] = int(count or 1)
    _armed.clear()
    _armed.update(armed)


def fail_point(name: str) -> None:
    """Ends the process here if this point is armed and its time has come."""
    if name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
