"""The password of a submission, out of its headers."""

from collections.abc import Mapping

from contracts.errors import DocumentRejected, PasswordRefused
from contracts.option_headers import HEADER_PASSWORD, HEADER_SEALED_PASSWORD
from contracts.sealed_password import (
    NO_KEY,
    NOT_HERE,
    PasswordSeal,
    password_of_header,
    sealed,
)


def password_of(headers: Mapping[str, str], seal: PasswordSeal | None) -> str | None:
    """What opens the document; None if it came without. `headers`: of a stored submission.

    Raises: PasswordRefused if it was stored in clear; DocumentRejected if it cannot be unsealed.
    """
    if HEADER_PASSWORD in headers:
        raise PasswordRefused(NOT_HERE)
    if (closed := headers.get(HEADER_SEALED_PASSWORD)) is None:
        return None
    if seal is None:
        raise DocumentRejected(f"the document came with a password, and {NO_KEY}")
    return seal.open(closed)


def sealed_headers(headers: Mapping[str, str], seal: PasswordSeal | None) -> dict[str, str]:
    """For a door that was given these headers: what of the password in them may be stored.

    Raises: InvalidOption; PasswordRefused without a key.
    """
    if (given := headers.get(HEADER_PASSWORD)) is not None:
        return {HEADER_SEALED_PASSWORD: sealed(password_of_header(given), seal)}
    if (closed := headers.get(HEADER_SEALED_PASSWORD)) is not None:
        return {HEADER_SEALED_PASSWORD: closed}
    return {}
