"""A document's password on its way: in clear nowhere but in the memory of the door, of ingest, and
of who makes a PDF of the document.

What lies on the broker is sealed with the key that doors, ingest and aggregators share
(OCR_SECRET_KEY). There is nothing in it by which a job could be told from another: the same
password is sealed otherwise every time.
"""

import base64
import hashlib
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

from contracts.errors import DocumentRejected, InvalidOption, PasswordRefused

# PDF knows 127 bytes, ZIP 65535; what is longer than this is not a password but a mistake.
_MAX_BYTES: Final = 1024
# Below that a key can be guessed by who has read the broker's disk.
_LEAST_KEY_CHARS: Final = 16
_PURPOSE: Final = b"distributed-ocr password "
_ENCODED: Final = "utf-8''"

NO_KEY: Final = (
    "passwords cannot be taken here, for they could not be kept secret: set OCR_SECRET_KEY, to the "
    "same text of 16 characters or more for gateways, ingest and aggregators (openssl rand -base64 "
    "32 makes one)"
)
# By a way on which it was stored already, for all who can read the broker's disk.
NOT_HERE: Final = (
    "a password came with the document as header Ocr-Password on a way that stores what it is "
    "given; hand the document in by a request to ocr.jobs.submit or by HTTP, where it is sealed "
    "first, or seal it yourself with a request to ocr.jobs.seal, and take another password for it"
)


class PasswordSeal:
    """Seals passwords, and opens what was sealed with the same key."""

    def __init__(self, secret_key: str) -> None:
        """Raises: InvalidOption for a key that is too short."""
        if len(secret_key) < _LEAST_KEY_CHARS:
            raise InvalidOption(
                f"OCR_SECRET_KEY is too short; take {_LEAST_KEY_CHARS} characters or more "
                "(openssl rand -base64 32 makes a good one)"
            )
        # Stretched to the 32 bytes that the cipher wants; the key itself is to be random.
        digest = hashlib.sha256(_PURPOSE + secret_key.encode("utf-8", "surrogateescape")).digest()
        self._key = base64.urlsafe_b64encode(digest)

    @classmethod
    def of(cls, secret_key: str) -> Self | None:
        """None without a key. Raises: InvalidOption."""
        return cls(secret_key) if secret_key else None

    def seal(self, password: str) -> str:
        """A line of ASCII in which nobody can read the password without the key."""
        # 10 ms to import, for the few documents that have one.
        from cryptography.fernet import Fernet  # noqa: PLC0415

        return Fernet(self._key).encrypt(password.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises: DocumentRejected if it was sealed with another key, or is damaged."""
        from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415

        try:
            return Fernet(self._key).decrypt(sealed.encode("utf-8", "replace")).decode()
        except (InvalidToken, UnicodeDecodeError):
            raise DocumentRejected(
                "the password that came with the document cannot be opened: it was sealed with "
                "another key; set OCR_SECRET_KEY to the same text for gateways, ingest and "
                "aggregators, and submit the document again"
            ) from None


def sealed(password: str, seal: PasswordSeal | None) -> str:
    """What a door does with a password. Raises: PasswordRefused without a key."""
    if seal is None:
        raise PasswordRefused(NO_KEY)
    return seal.seal(password)


def checked_password(password: str) -> str:
    """Returns it. Raises: InvalidOption, without repeating it, for what can be no password."""
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        raise InvalidOption("the password is not text in UTF-8; send it again") from None
    if not 1 <= size <= _MAX_BYTES or "\0" in password:
        raise InvalidOption(f"the password must have 1 to {_MAX_BYTES} bytes, none of them 0")
    return password


def password_of_header(value: str) -> str:
    """The password in a header: as it is, or, if a header cannot hold it, as RFC 8187 writes it:
    UTF-8''p%C3%A4ss. Raises: InvalidOption."""
    if value[: len(_ENCODED)].lower() == _ENCODED:
        raw = unquote_to_bytes(value[len(_ENCODED) :])
    else:
        # Libraries take the bytes of a header for Latin-1, or hide them as surrogates.
        try:
            raw = value.encode("latin-1")
        except UnicodeEncodeError:
            raw = value.encode("utf-8", "surrogateescape")
    try:
        return checked_password(raw.decode())
    except UnicodeDecodeError:
        return checked_password(raw.decode("latin-1"))


def as_password_header(password: str) -> str:
    """The value of a header from which `password_of_header` makes the same password."""
    plain = (
        password.isascii()
        and password.isprintable()
        and password == password.strip()
        and not password.lower().startswith(_ENCODED)
    )
    return password if plain else f"UTF-8''{quote(password, safe='')}"
