"""Files of the output formats that somebody asked for, beside NAME.txt, NAME.md and NAME.json."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from contracts.errors import InvalidOption
from contracts.jobs import JobSummary
from contracts.output_formats import SUFFIXES, OutputFormat, checked_formats, suffixes_of
from docr.client.asking import names_of
from docr.output_names import Found

# Written for each document, whatever is asked for.
_ALWAYS: Final[frozenset[OutputFormat]] = frozenset({"text", "markdown", "json"})


def further_formats(names: Iterable[str] | None) -> tuple[OutputFormat, ...]:
    """What --format asks for beyond the files that are always written. Raises: InvalidOption."""
    return tuple(each for each in checked_formats(names_of(names or ())) if each not in _ALWAYS)


def check_inputs_are_safe(
    documents: Sequence[Found], formats: Iterable[OutputFormat], out: Path
) -> None:
    """Raises: InvalidOption if an output would be written over a document that is to be read."""
    inputs = {document.path.resolve() for document in documents}
    for output_format in formats:
        for document in documents:
            target = file_of(out / document.output, output_format)
            if target.resolve() in inputs:
                raise InvalidOption(
                    f"--format {output_format} would write {target}, which is a document to be "
                    "read; choose another folder with --out"
                )


def file_of(base: Path, output_format: OutputFormat, *, suffix: str | None = None) -> Path:
    """The file of a format. `base`: its path without an ending; `suffix`: what this one is."""
    return base.with_name(base.name + (suffix or SUFFIXES[output_format]))


def remove_stale(base: Path, output_format: OutputFormat) -> None:
    """Removes what an earlier run wrote in that format. Raises: OSError."""
    for suffix in suffixes_of(output_format):
        file_of(base, output_format, suffix=suffix).unlink(missing_ok=True)


def formats_missing(summary: JobSummary, wanted: Iterable[OutputFormat]) -> bool:
    """Whether one that was asked for could not be made; the summary's errors say why."""
    outputs = summary.outputs
    return outputs is not None and any(outputs.name_of(each) is None for each in wanted)
