"""The document in a request, as it comes: a form with a file, or nothing but its bytes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from broker.handing_in import Particulars
from contracts.errors import InvalidOption
from contracts.job_options import MAX_FILENAME_CHARS, JobOptions
from contracts.option_headers import (
    HEADER_DEADLINE,
    HEADER_DPI,
    HEADER_FORMATS,
    HEADER_LANGUAGE,
    HEADER_MODE,
    HEADER_PAGES,
    HEADER_PASSWORD,
    HEADER_PRIORITY,
    HEADER_QUALITY,
    HEADER_RUNNING_HEADS,
    HEADER_SEALED_PASSWORD,
    HEADER_TENANT,
    check_headers_are_known,
)
from contracts.sealed_password import PasswordSeal, checked_password, sealed
from ingest.gateway.form import FILE_FIELD, Form
from ingest.gateway.known_names import PASSWORD_FIELD
from ingest.gateway.problems import Refused
from ingest.password import sealed_headers

# The options of a job, as a form or an address names them, and the header that says the same.
OPTIONS: Final[Mapping[str, str]] = {
    "language": HEADER_LANGUAGE,
    "dpi": HEADER_DPI,
    "pages": HEADER_PAGES,
    "priority": HEADER_PRIORITY,
    "tenant": HEADER_TENANT,
    "deadline_seconds": HEADER_DEADLINE,
    "formats": HEADER_FORMATS,
    "mode": HEADER_MODE,
    "quality": HEADER_QUALITY,
    "running_heads": HEADER_RUNNING_HEADS,
}
_FIELDS: Final = frozenset({*OPTIONS, "filename", FILE_FIELD, PASSWORD_FIELD})
_LINGER_S: Final = 3.0


class Upload:
    """A document on its way in. Iterate over `content` once, to its end; then `particulars`."""

    def __init__(
        self,
        request: Request,
        *,
        defaults: JobOptions,
        max_bytes: int,
        spend: Callable[[int], None],
        seal: PasswordSeal | None,
    ) -> None:
        self._seal = seal
        self._request = request
        self._defaults = defaults
        self._max_bytes = max_bytes
        self._spend = spend
        self.fields: dict[str, str] = dict(request.query_params)
        if formats := request.query_params.getlist("formats"):
            # Once with commas, or one at a time.
            self.fields["formats"] = ",".join(formats)
        self._filename = self.fields.get("filename", "")
        self._options: JobOptions | None = None

    async def content(self) -> AsyncIterator[bytes]:
        """The document's bytes. Raises: Refused, InvalidOption (also for options behind it)."""
        await self._check_length()
        kind, parameters = parse_options_header(self._request.headers.get("content-type", ""))
        if kind == b"multipart/form-data":
            form = Form(parameters, known=_FIELDS)
            async for chunk in self._body():
                for piece in form.feed(chunk):
                    yield piece
            form.end()
            self.fields.update(form.fields)
            self._filename = self.fields.get("filename") or form.filename or self._filename
        else:
            empty = True
            async for chunk in self._body():
                empty = empty and not chunk
                yield chunk
            if empty:
                raise Refused(
                    422,
                    "the request has no body; send the document as its body "
                    f"(curl --data-binary @FILE), or in field '{FILE_FIELD}' of a form (curl -F)",
                )
        self._options = self._read_options()
        self._password_headers()

    def particulars(self) -> Particulars:
        """How the document is to be read; known after its last byte."""
        if self._options is None:
            raise RuntimeError("the document has not been read to its end")
        return Particulars(
            options=self._options,
            filename=self._filename or "document",
            headers=self._password_headers(),
        )

    def _password_headers(self) -> dict[str, str]:
        """The password, as it may be stored. Raises: InvalidOption, PasswordRefused."""
        # Of a form that has the field, and leaves it empty, as browsers send it: none.
        if field := self.fields.get(PASSWORD_FIELD):
            return {HEADER_SEALED_PASSWORD: sealed(checked_password(field), self._seal)}
        return sealed_headers(self._request_headers(), self._seal)

    def _request_headers(self) -> dict[str, str]:
        given = self._request.headers
        names = (HEADER_PASSWORD, HEADER_SEALED_PASSWORD)
        return {name: value for name in names if (value := given.get(name))}

    def check_options(self) -> None:
        """Refuses wrong options of the address before a byte is read. Raises: InvalidOption,
        Refused."""
        try:
            check_headers_are_known(self._request.headers.keys())
        except InvalidOption as wrong:
            raise Refused(422, str(wrong)) from None
        self._password_headers()
        self._read_options()

    def _read_options(self) -> JobOptions:
        if len(self.fields.get("filename", "")) > MAX_FILENAME_CHARS:
            raise InvalidOption(f"filename is longer than {MAX_FILENAME_CHARS} characters")
        headers = {
            header: value
            for header in OPTIONS.values()
            if (value := self._request.headers.get(header)) is not None
        }
        headers |= {OPTIONS[name]: self.fields[name] for name in OPTIONS if name in self.fields}
        try:
            return JobOptions.from_headers(headers, defaults=self._defaults)
        except InvalidOption as wrong:
            told = str(wrong)
            for name, header in OPTIONS.items():
                # As it was given here.
                if name in self.fields:
                    told = told.replace(f"header {header}", name)
            raise InvalidOption(told) from None

    async def _body(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._request.stream():
            size += len(chunk)
            if size > self._max_bytes:
                await self._linger()
                raise self._too_large()
            self._spend(len(chunk))
            yield chunk

    async def _check_length(self) -> None:
        length = self._request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._max_bytes:
            # Who asks before it sends ('Expect: 100-continue', as curl does) need not send.
            if "expect" not in self._request.headers:
                await self._linger()
            raise self._too_large()

    async def _linger(self) -> None:
        """Lets what is on its way come in, for a moment: who is still sending when the connection
        is closed never reads our answer."""
        with contextlib.suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(_LINGER_S):
                while (await self._request.receive()).get("more_body"):
                    pass

    def _too_large(self) -> Refused:
        limit = self._max_bytes // 1_000_000
        return Refused(
            413,
            f"the document is over the limit of {limit} MB; split it, or ask the operator to raise "
            "MAX_UPLOAD_MB",
            # What is still on its way is not waited for.
            headers={"Connection": "close"},
        )
