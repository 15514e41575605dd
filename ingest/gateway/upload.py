"""The document in a request, as it comes: a form with a file, or nothing but its bytes."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from broker.handing_in import Particulars
from contracts.errors import InvalidOption
from contracts.job_options import (
    HEADER_DEADLINE,
    HEADER_DPI,
    HEADER_LANGUAGE,
    HEADER_PAGES,
    HEADER_PRIORITY,
    HEADER_TENANT,
    JobOptions,
)
from ingest.gateway.problems import Refused

# The options of a job, as a form or an address names them, and the header that says the same.
OPTIONS: Final[Mapping[str, str]] = {
    "language": HEADER_LANGUAGE,
    "dpi": HEADER_DPI,
    "pages": HEADER_PAGES,
    "priority": HEADER_PRIORITY,
    "tenant": HEADER_TENANT,
    "deadline_seconds": HEADER_DEADLINE,
}
FILE_FIELD: Final = "file"
_FIELD_BYTES: Final = 4096
_FIELDS: Final = 32


class Upload:
    """A document on its way in. Iterate over `content` once, to its end; then `particulars`."""

    def __init__(
        self,
        request: Request,
        *,
        defaults: JobOptions,
        max_bytes: int,
        spend: Callable[[int], None],
    ) -> None:
        self._request = request
        self._defaults = defaults
        self._max_bytes = max_bytes
        self._spend = spend
        self.fields: dict[str, str] = dict(request.query_params)
        self._filename = self.fields.get("filename", "")
        self._options: JobOptions | None = None

    async def content(self) -> AsyncIterator[bytes]:
        """The document's bytes. Raises: Refused, InvalidOption (also for options behind it)."""
        self._check_length()
        kind, parameters = parse_options_header(self._request.headers.get("content-type", ""))
        if kind == b"multipart/form-data":
            form = _Form(parameters)
            async for chunk in self._body():
                for piece in form.feed(chunk):
                    yield piece
            form.end()
            self.fields.update(form.fields)
            self._filename = self.fields.get("filename") or form.filename or self._filename
        else:
            async for chunk in self._body():
                yield chunk
        self._options = self._read_options()

    def particulars(self) -> Particulars:
        """How the document is to be read; known after its last byte."""
        if self._options is None:
            raise RuntimeError("the document has not been read to its end")
        return Particulars(options=self._options, filename=self._filename or "document")

    def check_options(self) -> None:
        """Refuses wrong options of the address before a byte is read. Raises: InvalidOption."""
        self._read_options()

    def _read_options(self) -> JobOptions:
        names = {header.lower(): name for name, header in OPTIONS.items()}
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
            for header, name in names.items():
                told = told.replace(header, name)
            raise InvalidOption(told) from None

    async def _body(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._request.stream():
            size += len(chunk)
            if size > self._max_bytes:
                raise self._too_large()
            self._spend(len(chunk))
            yield chunk

    def _check_length(self) -> None:
        length = self._request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._max_bytes:
            raise self._too_large()

    def _too_large(self) -> Refused:
        limit = self._max_bytes // 1_000_000
        return Refused(
            413,
            f"the document is over the limit of {limit} MB; split it, or ask the operator to raise "
            "MAX_UPLOAD_MB",
            # What is still on its way is not waited for.
            headers={"Connection": "close"},
        )


class _Form:
    """A multipart form, parsed as it comes: one file, and short fields before or behind it."""

    def __init__(self, parameters: Mapping[bytes, bytes]) -> None:
        if b"boundary" not in parameters:
            raise Refused(422, "the form has no boundary; let curl -F or your client make it")
        self.fields: dict[str, str] = {}
        self.filename = ""
        self._files = 0
        self._header = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._field: str | None = None  # None: the part is the file
        self._value = bytearray()
        self._pieces: list[bytes] = []
        self._ended = False
        callbacks: dict[str, Callable[..., Any]] = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._form_ends,
        }
        try:
            self._parser = MultipartParser(parameters[b"boundary"], callbacks)  # type: ignore[arg-type]
        except FormParserError as wrong:
            raise Refused(422, f"the form cannot be read ({wrong}); send it again") from None

    def feed(self, chunk: bytes) -> list[bytes]:
        """The file's bytes in this piece of the form. Raises: Refused."""
        self._pieces = []
        try:
            self._parser.write(chunk)
        except FormParserError as wrong:
            raise Refused(422, f"the form cannot be read ({wrong}); send it again") from None
        return self._pieces

    def end(self) -> None:
        """Raises: Refused if the form is not whole, or has no file."""
        if not self._ended:
            raise Refused(422, "the form ends before its end; send it again")
        if self._files != 1:
            raise Refused(
                422, f"the form has no file; send the document in its field '{FILE_FIELD}'"
            )

    def _part_begins(self) -> None:
        self._headers, self._header, self._value = {}, [b"", b""], bytearray()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header[0].lower()] = self._header[1]
        self._header = [b"", b""]

    def _headers_end(self) -> None:
        _, told = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = told.get(b"name", b"").decode("utf-8", "replace")
        if name == FILE_FIELD:
            self._files += 1
            if self._files > 1:
                raise Refused(422, "the form has two files; send one document a request")
            self.filename = told.get(b"filename", b"").decode("utf-8", "replace")
            self._field = None
            return
        if len(self.fields) >= _FIELDS or len(name) > _FIELD_BYTES:
            raise Refused(422, "the form has too many fields; /docs lists those that are known")
        self._field = name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pieces.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _FIELD_BYTES:
            raise Refused(422, f"field '{self._field[:40]}' of the form is too long; shorten it")

    def _part_ends(self) -> None:
        if self._field is not None:
            self.fields[self._field] = self._value.decode("utf-8", "replace")

    def _form_ends(self) -> None:
        self._ended = True
