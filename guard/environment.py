"""What a child process is told of its parent's environment: all but what opens other doors."""

import re
from collections.abc import Mapping
from typing import Final

_SECRET: Final = re.compile(
    r"SECRET|TOKEN|PASSW|CREDENTIAL|CREDS|API_?KEY|ACCESS_KEY|PRIVATE|NATS_|AUTH|COOKIE|DSN",
    re.IGNORECASE,
)
_IN_ADDRESS: Final = re.compile(r"://[^/\s]*@")  # a name and perhaps a password


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables whose names do not speak of keys, nor their values name a user of a server."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET.search(name) and not _IN_ADDRESS.search(value)
    }
