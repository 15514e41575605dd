"""The child process in which output formats are made (see guard.child): the PDF maker opens the
user's file again, and a page that breaks a maker must break nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from contracts.jobs import JobSummary
from contracts.output_formats import file_suffix
from contracts.pages import PageResult, from_report
from exports.exporting import Material
from exports.registry import exporter
from guard.child import Handler

_HEAD_BYTES: Final = 8


class _Pages:
    """The results in a file of JSON Lines, one at a time."""

    def __init__(self, job_id: str, path: Path) -> None:
        self._job_id = job_id
        self._path = path

    def __iter__(self) -> Iterator[PageResult]:
        with self._path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield from_report(self._job_id, json.loads(line))


def serve(_settings: dict[str, Any]) -> Handler:
    """Answers `{"format", "summary", "language", "pages": path, "document": path or None,
    "password": text or None, "out": path}` with `{"suffix"}` of the file that it has written."""

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        summary = JobSummary.model_validate_json(request["summary"])
        document, out = request["document"], Path(request["out"])
        material = Material(
            summary=summary,
            language=request["language"],
            pages=_Pages(summary.job_id, Path(request["pages"])),
            document=Path(document) if document is not None else None,
            password=request["password"],
        )
        exporter(request["format"])(material, out)
        with out.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return {"suffix": file_suffix(request["format"], head=head)}

    return handle
