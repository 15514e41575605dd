"""Logs: one JSON object a line, whoever wrote it."""

import json
import logging

import pytest
import structlog

from docr.logs import configure_logging


def test_our_lines_and_those_of_libraries_are_json_with_their_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info")
    structlog.get_logger("ours").info("page read", job_id="j", page_index=3)
    logging.getLogger("theirs").warning("careful %s", "now")
    structlog.get_logger("ours").debug("not shown")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["job_id"], ours["page_index"]) == ("page read", "j", 3)
    assert ours["level"] == "info"
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"]) == ("careful now", "warning")


def test_a_traceback_stays_within_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    try:
        int("broken")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]
