"""Who we are at the broker: a .creds file (JWT and seed) or a file with an nkey seed."""

from pathlib import Path
from typing import Any, Final

from contracts.errors import BrokerUnsuitable

_JWT_BEGINS: Final = "-----BEGIN NATS USER JWT-----"
_SEED_BEGINS: Final = "-----BEGIN USER NKEY SEED-----"


def connect_options(path: str) -> dict[str, Any]:
    """What nats-py's `connect` gets for the file of setting NATS_CREDS; nothing for an empty path.

    Raises: BrokerUnsuitable for a file that is no such file.
    """
    if not path:
        return {}
    try:
        text = Path(path).expanduser().read_text(encoding="ascii")
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else "it is not a text file"
        raise BrokerUnsuitable(
            f"NATS_CREDS names {path}, which cannot be read ({reason}); name a .creds file or a "
            "file with an nkey seed that this user may read"
        ) from None
    if _JWT_BEGINS in text and _SEED_BEGINS in text:
        _check_seed(path, text.partition(_SEED_BEGINS)[2].split()[0:1])
        return {"user_credentials": str(Path(path).expanduser())}
    _check_seed(path, text.split())
    # The path: it is read again for each connection.
    return {"nkeys_seed": str(Path(path).expanduser())}


def _check_seed(path: str, words: list[str]) -> None:
    import nkeys  # noqa: PLC0415 - 7 ms, for those who have a seed

    try:
        (seed,) = words
        nkeys.from_seed(bytearray(seed.encode())).wipe()
    except Exception:  # the library raises what it likes, a binascii.Error among it
        raise BrokerUnsuitable(
            f"NATS_CREDS names {path}, which holds no user's seed; make it with 'nsc generate "
            "creds' or 'nk -gen user', one seed (SU...) in it"
        ) from None
