"""A file that a host gets in /etc, and which services read it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from deploy.rollout.inventory import Role

ETC: Final = "/etc/distributed-ocr"


@dataclass(frozen=True, kw_only=True)
class HostFile:
    """`readers`: roles whose service is started anew when it changes; but for a file that a broker
    `reloads` while it runs."""

    path: str
    text: str
    secret: bool = True
    readers: tuple[Role, ...]
    reloads: bool = False

    @property
    def mode(self) -> str:
        """Readable by group docr only, or by all."""
        return "0640" if self.secret else "0644"

    @property
    def sha256(self) -> str:
        """Of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def configuration_of(files: Iterable[HostFile], role: Role) -> str:
    """A hash of all that the role's service reads at its start only."""
    return _hash_of(
        each for each in files if role in each.readers and not (role == "broker" and each.reloads)
    )


def reloaded_of(files: Iterable[HostFile], role: Role) -> str:
    """A hash of what the role's service takes in while it runs; empty if there is no such file."""
    found = [each for each in files if role == "broker" and role in each.readers and each.reloads]
    return _hash_of(found) if found else ""


def _hash_of(files: Iterable[HostFile]) -> str:
    read = sorted(f"{each.path} {each.sha256}" for each in files)
    return hashlib.sha256("\n".join(read).encode()).hexdigest()[:16]
