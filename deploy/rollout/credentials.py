"""Seeds and keys of a deployment: files in a folder of the operator, made once, never printed.

    users.conf      what the broker lets in, by role: no secrets in it (as of `docr credentials`)
    users.json      which public keys count
    <role>.nk       nkey seed of a role's services; of readers: reader-<tenant>.nk
    operator.nk     likewise, for what deploy.sh itself does at the broker
    services.nk     nkey seed of all services, where a users.conf of one's own has one user only
    secret-key      OCR_SECRET_KEY
    api-keys/NAME   the key of a tenant for the gateway
    tls/            certificates of the brokers, and the CA that signs them

`docr credentials --out FOLDER` works on the same folder: for more readers, and new keys. A
users.conf without users.json is one's own, and used as it is. Rotation of other files: remove one,
run deploy.sh again.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from broker.user_keys import CONF, KEYS, UserKeys
from contracts.api_keys import ADMIN
from contracts.errors import InvalidOption
from deploy.rollout.certificates import Certificates, certificates_of
from deploy.rollout.inventory import Inventory, Role
from deploy.rollout.wrong import InventoryWrong

_SERVICES: Final = "services.nk"


class Credentials:
    """Reads the folder. Made by `Credentials.made`. `certificates`: None without TLS."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificates: Certificates | None = None

    @classmethod
    def made(cls, inventory: Inventory) -> "Credentials":
        """With all files that the inventory needs; what is there stays.

        Raises: InventoryWrong if the folder cannot be used.
        """
        found = cls(inventory.credentials)
        try:
            found._make(inventory)
            found.certificates = certificates_of(inventory)
        except OSError as wrong:
            raise InventoryWrong(
                f"credentials: {wrong.filename} cannot be made ({wrong.strerror}); name a folder "
                "that you may write"
            ) from None
        except InvalidOption as wrong:
            raise InventoryWrong(f"credentials: {wrong}") from None
        return found

    def _make(self, inventory: Inventory) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / "api-keys").mkdir(mode=0o700, exist_ok=True)
        if (self._folder / KEYS).exists() or not (self._folder / CONF).exists():
            # At each run: what a role may do belongs to the release.
            users = UserKeys(self._folder)
            users.complete(name for name in inventory.api_keys if name != ADMIN)
            users.save()
        self._kept("secret-key", secrets.token_urlsafe(32))
        for name in inventory.api_keys:
            self._kept(f"api-keys/{name}", secrets.token_urlsafe(32))

    def _kept(self, name: str, new: str) -> str:
        path = self._folder / name
        if not path.exists():
            _write(path, f"{new}\n")
        return self._read(name)

    def _read(self, name: str) -> str:
        try:
            text = (self._folder / name).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            text = ""
        if not text:
            raise InventoryWrong(
                f"credentials: {self._folder / name} is missing, empty or not a text; remove "
                "users.conf to have both made anew, or put it there"
            )
        return text

    @property
    def users(self) -> str:
        """What the broker's configuration includes."""
        return self._read(CONF) + "\n"

    def seed(self, role: Role | str) -> str:
        """Of a role, or of role `operator`. Raises: InventoryWrong if there is none."""
        own = f"{role}.nk"
        return self._read(own if (self._folder / own).exists() else _SERVICES) + "\n"

    @property
    def by_role(self) -> bool:
        """Whether each role has a user of its own, who may not make streams: the operator does."""
        return (self._folder / "operator.nk").exists()

    @property
    def secret_key(self) -> str:
        """For OCR_SECRET_KEY."""
        return self._read("secret-key")

    def api_key(self, name: str) -> str:
        """Of one tenant."""
        return self._read(f"api-keys/{name}")


def _write(path: Path, text: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w") as file:
        file.write(text)
