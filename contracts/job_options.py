"""What a submitter may ask for, and the headers in which a submission carries it."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator

from contracts.errors import InvalidOption
from contracts.ids import checked_token
from contracts.languages import Script, script_of
from contracts.page_ranges import PageRanges

Priority = Literal["interactive", "bulk"]
PRIORITIES: Final[tuple[Priority, ...]] = ("interactive", "bulk")

# Below 50 dpi no print is legible; above 1200 an A4 page is 139 megapixels.
MIN_DPI: Final = 50
MAX_DPI: Final = 1200
MAX_FILENAME_CHARS: Final = 255

HEADER_JOB_ID: Final = "Ocr-Job-Id"
HEADER_FILENAME: Final = "Ocr-Filename"
HEADER_LANGUAGE: Final = "Ocr-Language"
HEADER_DPI: Final = "Ocr-Dpi"
HEADER_PAGES: Final = "Ocr-Pages"
HEADER_PRIORITY: Final = "Ocr-Priority"
HEADER_TENANT: Final = "Ocr-Tenant"
HEADER_DEADLINE: Final = "Ocr-Deadline-Seconds"
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
)
_BY_LOWER_NAME: Final = {
    name.lower(): name
    for name in (
        *OPTION_HEADERS,
        HEADER_OBJECT,
        HEADER_OBJECT_NUID,
        HEADER_OBJECT_ENTRY,
        HEADER_LANGUAGE_CHECKED,
    )
}

# Shorter than the life of a manifest on the broker (30 days), by which a deadline is known.
MAX_DEADLINE_S: Final = 28 * 86_400.0


def with_known_names(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers, `ocr-DPI` under the name Ocr-Dpi: people type them as they like.

    Of two that differ in case only, the one that is spelled as here counts.
    """
    named = {_BY_LOWER_NAME.get(name.lower(), name): value for name, value in headers.items()}
    return named | {name: headers[name] for name in _BY_LOWER_NAME.values() if name in headers}


@contextmanager
def about_header(name: str) -> Iterator[None]:
    """Makes an InvalidOption say which header it is about."""
    try:
        yield
    except InvalidOption as wrong:
        raise InvalidOption(f"header {name}: {wrong}") from None


def _whole_number(text: str, *, of: str) -> int:
    # isdecimal alone would take digits of other scripts; int() limits are far away at 9.
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise InvalidOption(f"{text[:80]!r} is not a whole number of {of}")
    return int(text)


def checked_deadline(seconds: float) -> float:
    """Returns seconds. Raises: InvalidOption outside of 1 s to 28 days."""
    if not 1.0 <= seconds <= MAX_DEADLINE_S:
        raise InvalidOption(
            f"a deadline of {seconds:g} s is out of range; choose 1 to {MAX_DEADLINE_S:g} s"
        )
    return seconds


def checked_dpi(dpi: int) -> int:
    """Returns dpi. Raises: InvalidOption outside of 50 to 1200."""
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise InvalidOption(
            f"dpi {dpi} is out of range; choose {MIN_DPI} to {MAX_DPI} (200 suits most scans)"
        )
    return dpi


class JobOptions(BaseModel):
    """How a document is to be read. Built by `from_headers`, or directly by a front door."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str = "en"
    dpi: int = 200
    pages: PageRanges = PageRanges()
    priority: Priority = "bulk"
    tenant: str = "default"
    deadline_s: float = 86_400.0  # from acceptance; pages not read by then have failed

    # pydantic wraps only ValueErrors: our own errors reach the caller with their sentence.
    @field_validator("language")
    @classmethod
    def _language_is_known(cls, language: str) -> str:
        script_of(language)
        return language

    @field_validator("dpi")
    @classmethod
    def _dpi_is_in_range(cls, dpi: int) -> int:
        return checked_dpi(dpi)

    @field_validator("tenant")
    @classmethod
    def _tenant_is_a_token(cls, tenant: str) -> str:
        return checked_token(tenant, what="tenant")

    @field_validator("deadline_s")
    @classmethod
    def _deadline_is_in_range(cls, deadline_s: float) -> float:
        return checked_deadline(deadline_s)

    @property
    def script(self) -> Script:
        return script_of(self.language)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], *, defaults: "JobOptions") -> Self:
        """Reads the `Ocr-*` headers of a submission; what they leave open comes from `defaults`.

        Raises: InvalidOption, naming the header.
        """
        headers = with_known_names(headers)
        given: dict[str, Any] = defaults.model_dump()
        if (language := headers.get(HEADER_LANGUAGE)) is not None:
            with about_header(HEADER_LANGUAGE):
                script_of(language)
            given["language"] = language
        if (dpi := headers.get(HEADER_DPI)) is not None:
            with about_header(HEADER_DPI):
                given["dpi"] = checked_dpi(_whole_number(dpi, of="dots per inch"))
        if (pages := headers.get(HEADER_PAGES)) is not None:
            with about_header(HEADER_PAGES):
                given["pages"] = PageRanges.parse(pages)
        if (priority := headers.get(HEADER_PRIORITY)) is not None:
            with about_header(HEADER_PRIORITY):
                if priority not in PRIORITIES:
                    raise InvalidOption(f"{priority[:80]!r} is none of: {', '.join(PRIORITIES)}")
            given["priority"] = priority
        if (tenant := headers.get(HEADER_TENANT)) is not None:
            with about_header(HEADER_TENANT):
                given["tenant"] = checked_token(tenant, what="tenant")
        if (deadline := headers.get(HEADER_DEADLINE)) is not None:
            with about_header(HEADER_DEADLINE):
                given["deadline_s"] = checked_deadline(_whole_number(deadline, of="seconds"))
        return cls(**given)

    def to_headers(self) -> dict[str, str]:
        """The headers from which `from_headers` makes the same options."""
        headers = {
            HEADER_LANGUAGE: self.language,
            HEADER_DPI: str(self.dpi),
            HEADER_PRIORITY: self.priority,
            HEADER_TENANT: self.tenant,
            # Whole seconds, upwards: never less than was asked for.
            HEADER_DEADLINE: str(math.ceil(self.deadline_s)),
        }
        if self.pages.ranges:
            headers[HEADER_PAGES] = ",".join(
                f"{first + 1}-{'' if last is None else last + 1}"
                for first, last in self.pages.ranges
            )
        return headers
