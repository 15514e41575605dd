"""The environment of a child process: that of its parent, but what opens other doors."""

import re
from collections.abc import Mapping
from typing import Final

_SECRET: Final = re.compile(
    r"SECRET|TOKEN|PASSW|CREDENTIAL|CREDS|API_?KEY|ACCESS_KEY|PRIVATE|NATS_|AUTH|COOKIE|DSN",
    re.IGNORECASE,
)
_IN_ADDRESS: Final = re.compile(r"://[^/\s]*@")  # a name and perhaps a password
# NumPy would start a thread a core when it is imported, for products of matrices that nobody asks
# it for here: each takes memory, and those that are there before a lock are not behind it.
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1"}


def of_locked_child(environment: Mapping[str, str]) -> dict[str, str]:
    """What a child is started with that will be locked in."""
    return {**without_secrets(environment), **_ONE_THREAD}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables whose names do not speak of keys, nor their values name a user of a server."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET.search(name) and not _IN_ADDRESS.search(value)
    }
