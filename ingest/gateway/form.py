"""A form with one file, parsed as it comes: nothing of the file is kept."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ingest.gateway.known_names import check_field
from ingest.gateway.problems import Refused

FILE_FIELD: Final = "file"
# May come several times: browsers send a choice of several so.
FORMATS_FIELD: Final = "formats"
_FIELD_BYTES: Final = 4096
_FIELDS: Final = 32


class Form:
    """A multipart form, parsed as it comes: one file, and short fields before or behind it."""

    def __init__(self, parameters: Mapping[bytes, bytes], *, known: Collection[str]) -> None:
        """`known`: the names of fields that it may have. Raises: Refused."""
        if b"boundary" not in parameters:
            raise Refused(422, "the form has no boundary; let curl -F or your client make it")
        self._known = known
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
        if b"filename" in told:
            raise Refused(
                422,
                f"the form has a file in field {name[:40]!r}; send the document in its field "
                f"'{FILE_FIELD}'",
            )
        check_field(name, self._known)
        self._field = name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pieces.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _FIELD_BYTES:
            raise Refused(
                422,
                f"field '{self._field[:40]}' of the form is too long; is it the document? It "
                f"belongs into field '{FILE_FIELD}'",
            )

    def _part_ends(self) -> None:
        if self._field is not None:
            value = self._value.decode("utf-8", "replace")
            if self._field == FORMATS_FIELD and self._field in self.fields:
                value = f"{self.fields[self._field]},{value}"
            self.fields[self._field] = value

    def _form_ends(self) -> None:
        self._ended = True
