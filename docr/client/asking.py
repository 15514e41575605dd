"""What a caller asks for when a document is handed in, checked before anything is sent."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.errors import InvalidOption
from contracts.ids import checked_token, new_job_id
from contracts.job_identity import job_id_for_key
from contracts.job_options import MODES, PRIORITIES, QUALITIES, RUNNING_HEADS, JobOptions
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
)
from contracts.output_formats import checked_formats
from contracts.page_ranges import PageRanges
from contracts.sealed_password import checked_password

_HEADER_OF: Final = {
    "language": HEADER_LANGUAGE,
    "dpi": HEADER_DPI,
    "pages": HEADER_PAGES,
    "priority": HEADER_PRIORITY,
    "tenant": HEADER_TENANT,
    "deadline_s": HEADER_DEADLINE,
    "formats": HEADER_FORMATS,
    "mode": HEADER_MODE,
    "quality": HEADER_QUALITY,
    "running_heads": HEADER_RUNNING_HEADS,
}
_CHOICES: Final = {
    "priority": PRIORITIES,
    "mode": MODES,
    "quality": QUALITIES,
    "running_heads": RUNNING_HEADS,
}
_MAX_KEY_CHARS: Final = 255
# Names of output formats: with commas in one text, or one by one.
Formats = str | Iterable[str]


def names_of(formats: Formats) -> list[str]:
    """The names in what was given: a text with commas, or several of them."""
    given = [formats] if isinstance(formats, str) else formats
    return [name for each in given for name in each.split(",")]


class GivenOptions(JobOptions):
    """Options of which only those that were given are sent: ingest knows its site's defaults."""

    def to_headers(self) -> dict[str, str]:
        """As JobOptions has it, for what was given."""
        given = {_HEADER_OF[name] for name in self.model_fields_set}
        return {name: value for name, value in super().to_headers().items() if name in given}

    def to_query(self) -> dict[str, str]:
        """The same as parameters of POST /jobs."""
        headers = self.to_headers()
        names = {**_HEADER_OF, "deadline_seconds": HEADER_DEADLINE}
        return {name: headers[header] for name, header in names.items() if header in headers}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How a document is to be read, and under which identity, which is the same at every try."""

    options: GivenOptions
    filename: str
    given_id: str | None
    given_key: str | None
    password: str | None = field(default=None, repr=False)
    own_id: str = field(default_factory=new_job_id)

    @property
    def job_id(self) -> str:
        """The job's id; of a key at a gateway, which tells tenants apart, the gateway knows it."""
        if self.given_id is not None:
            return self.given_id
        return job_id_for_key(self.given_key) if self.given_key is not None else self.own_id


def asked(
    *,
    filename: str,
    language: str | None,
    dpi: int | None,
    pages: str | None,
    priority: str | None,
    tenant: str | None,
    deadline_s: float | None,
    formats: Formats | None,
    job_id: str | None,
    idempotency_key: str | None,
    mode: str | None = None,
    quality: str | None = None,
    running_heads: str | None = None,
    password: str | None = None,
) -> Asked:
    """Raises: InvalidOption for what cannot be used."""
    chosen = {
        "priority": priority,
        "mode": mode,
        "quality": quality,
        "running_heads": running_heads,
    }
    for name, choice in chosen.items():
        if choice is not None:
            checked_choice(name, choice)
    if idempotency_key is not None and not (
        1 <= len(idempotency_key) <= _MAX_KEY_CHARS
        and idempotency_key.isascii()
        and idempotency_key.isprintable()
        and idempotency_key == idempotency_key.strip()
    ):
        raise InvalidOption(
            f"the idempotency key {idempotency_key[:80]!r} cannot be used; take 1 to "
            f"{_MAX_KEY_CHARS} printable ASCII characters"
        )
    given: dict[str, Any] = {
        "language": language,
        "dpi": dpi,
        "pages": None if pages is None else PageRanges.parse(pages),
        **chosen,
        "tenant": tenant,
        "deadline_s": None if deadline_s is None else float(math.ceil(deadline_s)),
        "formats": None if formats is None else checked_formats(names_of(formats)),
    }
    return Asked(
        options=GivenOptions(**{name: value for name, value in given.items() if value is not None}),
        filename=filename,
        given_id=None if job_id is None else checked_token(job_id, what="job id"),
        given_key=idempotency_key,
        password=None if password is None else checked_password(password),
    )


def checked_choice(name: str, choice: str) -> str:
    """Returns it. Raises: InvalidOption if the option of that name knows no such choice."""
    if choice not in _CHOICES[name]:
        raise InvalidOption(f"{name} {choice[:80]!r} is none of: {', '.join(_CHOICES[name])}")
    return choice
