"""Frames between a process and its child: 4 bytes of length, big-endian, msgpack."""

import struct
from typing import Any, Final

import msgpack

_LENGTH: Final = struct.Struct(">I")
HEADER_BYTES: Final = _LENGTH.size


def pack(message: dict[str, Any]) -> tuple[bytes, bytes]:
    """Header and body, to be written one after the other: an image is not copied to be joined."""
    body: bytes = msgpack.packb(message)
    return _LENGTH.pack(len(body)), body


def body_length(header: bytes) -> int:
    """The length of the body that follows, in bytes."""
    (length,) = _LENGTH.unpack(header)
    return int(length)


def unpack(body: bytes) -> dict[str, Any]:
    """Raises: ValueError for anything but a message."""
    try:
        message = msgpack.unpackb(body)
    except Exception as wrong:  # several kinds, not all of them ValueErrors
        raise ValueError("no msgpack") from wrong
    if not isinstance(message, dict):
        raise ValueError("no message")  # noqa: TRY004 - it is what was read that is wrong
    return message
