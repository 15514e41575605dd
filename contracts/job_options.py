"""What a submitter may ask for; contracts.option_headers has the headers that carry it."""

import math
from collections.abc import Mapping
from typing import Any, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from contracts.errors import InvalidOption
from contracts.ids import checked_token
from contracts.languages import Script, script_of
from contracts.option_headers import (
    HEADER_DEADLINE,
    HEADER_DPI,
    HEADER_FORMATS,
    HEADER_LANGUAGE,
    HEADER_MODE,
    HEADER_PAGES,
    HEADER_PRIORITY,
    HEADER_QUALITY,
    HEADER_RUNNING_HEADS,
    HEADER_TENANT,
    about_header,
    check_headers_are_known,
    with_known_names,
)
from contracts.output_formats import OutputFormat, checked_formats
from contracts.page_ranges import PageRanges

Priority = Literal["interactive", "bulk"]
PRIORITIES: Final[tuple[Priority, ...]] = ("interactive", "bulk")
# auto: pages whose text layer can be trusted are taken from it, all others are read; ocr: every
# page is read; text: no page is read, what has no text layer has no text.
Mode = Literal["auto", "ocr", "text"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
# fast: one reading at a bounded size; balanced: what is doubtful again; best: doubtful pages again
# at a higher resolution, or with a larger model where one is installed.
Quality = Literal["fast", "balanced", "best"]
QUALITIES: Final[tuple[Quality, ...]] = get_args(Quality)
# Page headers, footers and page numbers in text and Markdown: kept where they stand, or left out.
RunningHeads = Literal["keep", "drop"]
RUNNING_HEADS: Final[tuple[RunningHeads, ...]] = get_args(RunningHeads)

# Below 50 dpi no print is legible; above 1200 an A4 page is 139 megapixels.
MIN_DPI: Final = 50
MAX_DPI: Final = 1200
MAX_FILENAME_CHARS: Final = 255

# Shorter than the life of a manifest on the broker (30 days), by which a deadline is known.
MAX_DEADLINE_S: Final = 28 * 86_400.0


def _whole_number(text: str, *, of: str) -> int:
    # isdecimal alone would take digits of other scripts; int() limits are far away at 9.
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise InvalidOption(f"{text[:80]!r} is not a whole number of {of}")
    return int(text)


def _one_of(choices: tuple[str, ...], choice: str) -> str:
    if choice not in choices:
        raise InvalidOption(f"{choice[:80]!r} is none of: {', '.join(choices)}")
    return choice


_CHOICES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("mode", HEADER_MODE, MODES),
    ("quality", HEADER_QUALITY, QUALITIES),
    ("running_heads", HEADER_RUNNING_HEADS, RUNNING_HEADS),
)


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
    mode: Mode = "auto"
    quality: Quality = "balanced"
    formats: tuple[OutputFormat, ...] = ()  # made before the job ends; the others on demand
    running_heads: RunningHeads = "keep"

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

        Raises: InvalidOption, naming the header; also for one that is not known.
        """
        check_headers_are_known(headers)
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
                given["priority"] = _one_of(PRIORITIES, priority)
        if (tenant := headers.get(HEADER_TENANT)) is not None:
            with about_header(HEADER_TENANT):
                given["tenant"] = checked_token(tenant, what="tenant")
        if (deadline := headers.get(HEADER_DEADLINE)) is not None:
            with about_header(HEADER_DEADLINE):
                given["deadline_s"] = checked_deadline(_whole_number(deadline, of="seconds"))
        for name, header, choices in _CHOICES:
            if (choice := headers.get(header)) is not None:
                with about_header(header):
                    given[name] = _one_of(choices, choice)
        if (formats := headers.get(HEADER_FORMATS)) is not None:
            with about_header(HEADER_FORMATS):
                given["formats"] = checked_formats(formats.split(","))
        return cls(**given)

    def to_headers(self) -> dict[str, str]:
        """The headers from which `from_headers` makes the same options."""
        headers = {
            HEADER_LANGUAGE: self.language,
            HEADER_DPI: str(self.dpi),
            HEADER_PRIORITY: self.priority,
            HEADER_TENANT: self.tenant,
            HEADER_MODE: self.mode,
            HEADER_QUALITY: self.quality,
            HEADER_RUNNING_HEADS: self.running_heads,
            # Whole seconds, upwards: never less than was asked for.
            HEADER_DEADLINE: str(math.ceil(self.deadline_s)),
        }
        if self.formats:
            headers[HEADER_FORMATS] = ",".join(self.formats)
        if self.pages.ranges:
            headers[HEADER_PAGES] = ",".join(
                f"{first + 1}-{'' if last is None else last + 1}"
                for first, last in self.pages.ranges
            )
        return headers
