"""The headers in which a submission carries what its submitter asks for."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from contracts.errors import InvalidOption

HEADER_JOB_ID: Final = "Ocr-Job-Id"
HEADER_FILENAME: Final = "Ocr-Filename"
HEADER_LANGUAGE: Final = "Ocr-Language"
HEADER_DPI: Final = "Ocr-Dpi"
HEADER_PAGES: Final = "Ocr-Pages"
HEADER_PRIORITY: Final = "Ocr-Priority"
HEADER_TENANT: Final = "Ocr-Tenant"
HEADER_DEADLINE: Final = "Ocr-Deadline-Seconds"
HEADER_MODE: Final = "Ocr-Mode"
HEADER_QUALITY: Final = "Ocr-Quality"
HEADER_FORMATS: Final = "Ocr-Formats"
HEADER_RUNNING_HEADS: Final = "Ocr-Running-Heads"
# Opens an encrypted document; taken where nothing is stored of it (ocr.jobs.submit, HTTP).
HEADER_PASSWORD: Final = "Ocr-Password"  # noqa: S105 - its name
# The same as it may be stored: readable with OCR_SECRET_KEY only (contracts.sealed_password).
HEADER_SEALED_PASSWORD: Final = "Ocr-Sealed-Password"  # noqa: S105
# Set by front doors only: the name in bucket UPLOADS where the document's bytes are.
HEADER_OBJECT: Final = "Ocr-Object"
# Which of all that had this name: an object can be replaced by another before it is read.
HEADER_OBJECT_NUID: Final = "Ocr-Object-Nuid"
# Where its entry stands: clients do not agree on how a name becomes a part of a subject.
HEADER_OBJECT_ENTRY: Final = "Ocr-Object-Entry"
# The door has seen that a node reads the language: ingest does not ask again, for an accepted
# document waits for its node even if that has gone meanwhile.
HEADER_LANGUAGE_CHECKED: Final = "Ocr-Language-Checked"

# What a submitter may set.
OPTION_HEADERS: Final = (
    HEADER_JOB_ID,
    HEADER_FILENAME,
    HEADER_LANGUAGE,
    HEADER_DPI,
    HEADER_PAGES,
    HEADER_PRIORITY,
    HEADER_TENANT,
    HEADER_DEADLINE,
    HEADER_MODE,
    HEADER_QUALITY,
    HEADER_FORMATS,
    HEADER_RUNNING_HEADS,
    HEADER_SEALED_PASSWORD,
)
ALL_HEADERS: Final = (
    *OPTION_HEADERS,
    HEADER_PASSWORD,
    HEADER_OBJECT,
    HEADER_OBJECT_NUID,
    HEADER_OBJECT_ENTRY,
    HEADER_LANGUAGE_CHECKED,
)
_BY_LOWER_NAME: Final = {name.lower(): name for name in ALL_HEADERS}
_OURS: Final = "ocr-"


def with_known_names(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers, `ocr-DPI` under the name Ocr-Dpi: people type them as they like.

    Of two that differ in case only, the one that is spelled as here counts.
    """
    named = {_BY_LOWER_NAME.get(name.lower(), name): value for name, value in headers.items()}
    return named | {name: headers[name] for name in _BY_LOWER_NAME.values() if name in headers}


def check_headers_are_known(names: Collection[str]) -> None:
    """An option that is spelled wrong must not be one that silently does nothing.

    Raises: InvalidOption for a name that begins as ours do and is none of ours.
    """
    for name in names:
        if name.lower().startswith(_OURS) and name.lower() not in _BY_LOWER_NAME:
            raise InvalidOption(
                f"header {name[:80]} is not known; "
                f"{nearest(name, (*OPTION_HEADERS, HEADER_PASSWORD))}"
            )


def nearest(name: str, known: Collection[str]) -> str:
    """What to write in the place of a name that is not known: the one that it is nearest to, and
    all there are."""
    by_lower_name = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower_name, n=1)
    meant = f"did you mean {by_lower_name[found[0]]}? Known" if found else "known"
    return f"{meant} are: {', '.join(sorted(known))}"


@contextmanager
def about_header(name: str) -> Iterator[None]:
    """Makes an InvalidOption say which header it is about."""
    try:
        yield
    except InvalidOption as wrong:
        raise InvalidOption(f"header {name}: {wrong}") from None
