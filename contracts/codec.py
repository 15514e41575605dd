"""Messages between services as msgpack, each with its kind and the version of its schema.

A message that this release does not understand is refused in words, never guessed at.
"""

from typing import Any, Final, overload

import msgpack
from pydantic import BaseModel, ValidationError

from contracts.errors import MessageUndecodable, SchemaVersionUnknown

SCHEMA_VERSION: Final = 1


def encode(message: BaseModel) -> bytes:
    """The wire form of a message: {"schema": 1, "kind": class name, "data": fields}."""
    return msgpack.packb(  # type: ignore[no-any-return]
        {
            "schema": SCHEMA_VERSION,
            "kind": type(message).__name__,
            "data": message.model_dump(mode="python"),
        }
    )


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
    try:
        # raw=False: text is text; the limits are the payload's own size, so nothing can balloon.
        envelope: Any = msgpack.unpackb(payload, raw=False)
        schema, kind, data = envelope["schema"], envelope["kind"], envelope["data"]
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise MessageUndecodable(
            f"a message of {len(payload)} bytes is not a distributed-ocr message "
            f"({type(wrong).__name__}); publish documents to ocr.submit, nothing else"
        ) from wrong
    if schema != SCHEMA_VERSION:
        raise SchemaVersionUnknown(
            f"a message has schema version {schema!r}, this release reads {SCHEMA_VERSION}; "
            "run the same release of distributed-ocr on every machine"
        )
    for each in kinds:
        if each.__name__ == kind:
            try:
                return each.model_validate(data)
            except ValidationError as wrong:
                raise MessageUndecodable(
                    f"a {kind} message lacks or breaks {wrong.error_count()} of its fields, the "
                    f"first is {'.'.join(map(str, wrong.errors()[0]['loc'])) or 'the whole'}; "
                    "run the same release of distributed-ocr on every machine"
                ) from wrong
    expected = " or ".join(each.__name__ for each in kinds)
    raise MessageUndecodable(f"a message of kind {kind!r} stands where {expected} is expected")
