"""The keys of a broker's users, in one folder: seeds, and which public keys count.

`NAME.nk` is the seed of a role, or of a tenant's readers (`reader-TENANT.nk`); `users.json` the
public keys of each, the newest first; `users.conf` what nats-server includes.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import nkeys

from broker.roles import OPERATOR, READER, ROLES
from broker.users_conf import is_user, users_conf
from contracts.errors import InvalidOption
from contracts.ids import is_token

CONF: Final = "users.conf"
KEYS: Final = "users.json"
_BASIC: Final = (OPERATOR, *(role.name for role in ROLES))


def make_folder(folder: Path) -> None:
    """A folder for keys, if it is not there. Raises: InvalidOption if it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as wrong:
        raise _unusable(folder, wrong) from wrong


class UserKeys:
    """Reads the folder, or makes it. Who changes keys must be the only one to do so meanwhile.

    Raises: InvalidOption if the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)
        try:
            text = (folder / KEYS).read_text() if (folder / KEYS).exists() else "{}"
        except OSError as wrong:
            raise _unusable(folder, wrong) from wrong
        try:
            found = json.loads(text)
            self._keys: dict[str, list[str]] = {
                name: [str(key) for key in keys] for name, keys in found.items()
            }
        except (ValueError, AttributeError, TypeError):
            raise InvalidOption(
                f"{folder / KEYS} is not what this command writes; move it away, and all keys are "
                "made anew"
            ) from None

    @property
    def names(self) -> list[str]:
        """All users there are."""
        return sorted(self._keys)

    def complete(self, tenants: Iterable[str]) -> list[str]:
        """Makes what is missing: all roles, readers of these tenants; the names of those made."""
        wanted = [*_BASIC]
        for tenant in tenants:
            if not is_token(tenant):
                raise InvalidOption(
                    f"tenant {tenant[:80]!r} cannot be used; take 1 to 64 letters, digits, hyphens "
                    "and underscores"
                )
            wanted.append(f"{READER}-{tenant}")
        made = [name for name in wanted if name not in self._keys or not self._seed(name).exists()]
        for name in made:
            self._make(name)
        return made

    def rotate(self, names: Iterable[str]) -> list[str]:
        """Gives these users (`all`: every one) a new key; the one before counts until `retire`."""
        chosen = list(names)
        if "all" in chosen:
            chosen = self.names
        for name in chosen:
            if name not in self._keys or not is_user(name):
                raise InvalidOption(
                    f"there is no user {name[:80]!r}; choose of {', '.join(self.names)}, or all"
                )
        for name in chosen:
            self._make(name)
        return chosen

    def retire(self) -> list[str]:
        """Old keys count no more; the names of the users that had some."""
        had = [name for name, keys in self._keys.items() if len(keys) > 1]
        self._keys = {name: keys[:1] for name, keys in self._keys.items()}
        return had

    def save(self) -> Path:
        """Writes users.json and users.conf; returns the path of the latter."""
        self._write(KEYS, json.dumps(self._keys, indent=1) + "\n", 0o644)
        return self._write(CONF, users_conf(self._keys), 0o644)

    def _seed(self, name: str) -> Path:
        return self._folder / f"{name}.nk"

    def _make(self, name: str) -> None:
        seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
        pair = nkeys.from_seed(bytearray(seed))
        key: str = pair.public_key.decode()
        pair.wipe()
        # Which keys count is written first: a seed that no broker will take is of no use.
        self._keys[name] = [key, *self._keys.get(name, [])]
        self._write(KEYS, json.dumps(self._keys, indent=1) + "\n", 0o644)
        self._write(f"{name}.nk", seed.decode() + "\n", 0o600)

    def _write(self, name: str, text: str, mode: int) -> Path:
        """All of it, or nothing: a broker may reload, and a service read its seed, meanwhile."""
        path, draft = self._folder / name, self._folder / f".{name}.new"
        try:
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
                file.write(text)
            draft.replace(path)
        except OSError as wrong:
            raise _unusable(self._folder, wrong) from wrong
        return path


def _unusable(folder: Path, wrong: OSError) -> InvalidOption:
    return InvalidOption(
        f"the folder {folder} cannot be used ({wrong.strerror}); name another one with --out"
    )
