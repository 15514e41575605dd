"""ZIPs for tests, those among them that no honest program writes."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

_KEYS: Final = (0x12345678, 0x23456789, 0x34567890)
_TABLE: Final = [0] * 256
for _n in range(256):
    _value = _n
    for _ in range(8):
        _value = (_value >> 1) ^ (0xEDB88320 if _value & 1 else 0)
    _TABLE[_n] = _value


def zipped(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these members, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def encrypted_zip(members: Mapping[str, bytes], password: bytes) -> bytes:
    """Members stored under the encryption of ZIP 2.0 (APPNOTE 6.1)."""
    plain = zipped(members, method=zipfile.ZIP_STORED)
    result = bytearray()
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        entries = []
        for info in archive.infolist():
            content = archive.read(info)
            secret = _encrypted(bytes(11) + bytes([info.CRC >> 24]) + content, password)
            entries.append((info, len(result), secret))
            result += _local(info, secret)
        start = len(result)
        for info, at, secret in entries:
            result += _central(info, at, secret)
    return bytes(result) + _end(len(entries), len(result) - start, start)


def patched(content: bytes, name: str, *, method: int, flags: int = 0) -> bytes:
    """The ZIP with another method of compression in the entries of one member."""
    out = bytearray(content)
    raw = name.encode()
    for mark, at_flags, at_method, at_name in ((b"PK\1\2", 8, 10, 46), (b"PK\3\4", 6, 8, 30)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            if content[at + at_name : at + at_name + len(raw)] == raw:
                out[at + at_flags] |= flags
                out[at + at_method : at + at_method + 2] = method.to_bytes(2, "little")
    return bytes(out)


def _encrypted(content: bytes, password: bytes) -> bytes:
    keys = list(_KEYS)

    def update(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ _TABLE[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ _TABLE[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in content:
        mixed = keys[2] | 2
        out.append(byte ^ (((mixed * (mixed ^ 1)) >> 8) & 0xFF))
        update(byte)
    return bytes(out)


def _fields(info: zipfile.ZipInfo, secret: bytes) -> bytes:
    numbers = ((20, 2), (1, 2), (0, 2), (0, 2), (33, 2), (info.CRC, 4), (len(secret), 4),
               (info.file_size, 4), (len(info.filename.encode()), 2), (0, 2))  # fmt: skip
    return b"".join(value.to_bytes(size, "little") for value, size in numbers)


def _local(info: zipfile.ZipInfo, secret: bytes) -> bytes:
    return b"PK\3\4" + _fields(info, secret) + info.filename.encode() + secret


def _central(info: zipfile.ZipInfo, at: int, secret: bytes) -> bytes:
    rest = bytes(10) + at.to_bytes(4, "little")
    return (
        b"PK\1\2" + (20).to_bytes(2, "little") + _fields(info, secret) + rest
        + info.filename.encode()
    )  # fmt: skip


def _end(count: int, size: int, start: int) -> bytes:
    numbers = ((0, 2), (0, 2), (count, 2), (count, 2), (size, 4), (start, 4), (0, 2))
    return b"PK\5\6" + b"".join(value.to_bytes(width, "little") for value, width in numbers)


def overlapping_zip(content: bytes, count: int) -> bytes:
    """Many names for the same bytes, as bombs are made."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(content) + packed.flush()
    crc = zlib.crc32(content)

    def fields(name: bytes) -> bytes:
        numbers = ((20, 2), (0, 2), (8, 2), (0, 2), (33, 2), (crc, 4), (len(data), 4),
                   (len(content), 4), (len(name), 2), (0, 2))  # fmt: skip
        return b"".join(value.to_bytes(size, "little") for value, size in numbers)

    local = b"PK\3\4" + fields(b"000.png") + b"000.png" + data
    central = b"".join(
        b"PK\1\2" + (20).to_bytes(2, "little") + fields(name) + bytes(14) + name
        for name in (b"%03d.png" % number for number in range(count))
    )
    return local + central + _end(count, len(central), len(local))
