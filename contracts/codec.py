"""Messages between services as msgpack, each with its kind and the version of its schema.

This release reads what it writes and the version before. It writes the version before where that
says it all, so that nodes of the release before can read the pages of an ingest of this one. A
message that this release does not understand is refused in words, never guessed at.
tests/contracts/record_version.py says what to do before the version is raised.
"""

import zlib
from collections.abc import Mapping
from typing import Any, Final, overload

import msgpack
from pydantic import BaseModel, ValidationError

from contracts.errors import MessageUndecodable, SchemaVersionUnknown

SCHEMA_VERSION: Final = 2
_VERSION_BEFORE: Final = SCHEMA_VERSION - 1
# Fields that the version before does not know, of kinds that a release before may have to read.
# Results are not among them: aggregators are upgraded first.
_NEW_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "PageTask": frozenset({"quality", "running_heads", "known_lines"}),
}
# A page's result names its words with their polygons: 100 KB of a dense page, which is the same
# few numbers again and again. As compressed JSON it is a tenth of that, and pydantic writes and
# reads JSON without a Python object for each number.
_COMPRESSED: Final = frozenset({"PageSucceeded"})
_QUICK: Final = 1  # level 6 takes three times as long for a fifth less
# A result of more than 8 MB is refused by the broker; 32 times that is no result but a bomb.
_MOST_JSON_BYTES: Final = 256 * 2**20


def encode(message: BaseModel) -> bytes:
    """The wire form of a message: {"schema": 2, "kind": class name, "data": fields}, fields of
    large kinds as compressed JSON. "schema" is 1 where nothing is in it that came with 2."""
    kind = type(message).__name__
    schema = SCHEMA_VERSION
    data: Any
    if kind in _COMPRESSED:
        data = zlib.compress(message.model_dump_json().encode(), _QUICK)
    elif (new := _NEW_FIELDS.get(kind)) is not None and _all_default(message, new):
        schema = _VERSION_BEFORE
        data = message.model_dump(mode="python", exclude=set(new))
    else:
        data = message.model_dump(mode="python")
    return msgpack.packb(  # type: ignore[no-any-return]
        {"schema": schema, "kind": kind, "data": data}
    )


def _all_default(message: BaseModel, names: frozenset[str]) -> bool:
    fields = type(message).model_fields
    return all(getattr(message, name) == fields[name].default for name in names)


@overload
def decode[A: BaseModel](payload: bytes, kind: type[A], /) -> A: ...
@overload
def decode[A: BaseModel, B: BaseModel](
    payload: bytes, kind: type[A], other: type[B], /
) -> A | B: ...
def decode(payload: bytes, /, *kinds: type[BaseModel]) -> BaseModel:
    """The message in `payload`, which must be one of `kinds`.

    Raises: SchemaVersionUnknown, MessageUndecodable.
    """
    return decode_as_told(payload, *kinds)[0]


@overload
def decode_as_told[A: BaseModel](payload: bytes, kind: type[A], /) -> tuple[A, bytes | None]: ...
@overload
def decode_as_told[A: BaseModel, B: BaseModel](
    payload: bytes, kind: type[A], other: type[B], /
) -> tuple[A | B, bytes | None]: ...
def decode_as_told(payload: bytes, /, *kinds: type[BaseModel]) -> tuple[BaseModel, bytes | None]:
    """As `decode`, and the JSON that says the same, None where the message was sent in another
    form, or its JSON says something else as that (a number as text)."""
    try:
        # raw=False: text is text; the limits are the payload's own size, so nothing can balloon.
        envelope: Any = msgpack.unpackb(payload, raw=False)
        schema, kind, data = envelope["schema"], envelope["kind"], envelope["data"]
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise MessageUndecodable(
            f"a message of {len(payload)} bytes is not a distributed-ocr message "
            f"({type(wrong).__name__}); publish documents to ocr.submit, nothing else"
        ) from wrong
    if schema not in (SCHEMA_VERSION, _VERSION_BEFORE):  # a tuple: it may be anything
        raise SchemaVersionUnknown(
            f"a message has schema version {schema!r}, this release reads {_VERSION_BEFORE} and "
            f"{SCHEMA_VERSION}; run the same release of distributed-ocr on every machine"
        )
    for each in kinds:
        if each.__name__ == kind:
            try:
                if kind in _COMPRESSED and schema == SCHEMA_VERSION:
                    return _read(each, _decompressed(data))
                return each.model_validate(data), None
            except ValidationError as wrong:
                raise MessageUndecodable(
                    f"a {kind} message lacks or breaks {wrong.error_count()} of its fields, the "
                    f"first is {'.'.join(map(str, wrong.errors()[0]['loc'])) or 'the whole'}; "
                    "run the same release of distributed-ocr on every machine"
                ) from wrong
    expected = " or ".join(each.__name__ for each in kinds)
    raise MessageUndecodable(f"a message of kind {kind!r} stands where {expected} is expected")


def _read(kind: type[BaseModel], json: bytes) -> tuple[BaseModel, bytes | None]:
    """Raises: ValidationError."""
    try:
        return kind.model_validate_json(json, strict=True), json
    except ValidationError:
        return kind.model_validate_json(json), None


def _decompressed(data: Any) -> bytes:
    """Raises: MessageUndecodable."""
    try:
        unpacker = zlib.decompressobj()
        json = unpacker.decompress(data, _MOST_JSON_BYTES)
    except (zlib.error, TypeError) as wrong:
        raise MessageUndecodable(
            "a page's result is damaged; run the same release of distributed-ocr on every machine"
        ) from wrong
    if not unpacker.eof:
        raise MessageUndecodable(
            "a page's result is cut off or too large; run the same release of distributed-ocr on "
            "every machine"
        )
    return json
