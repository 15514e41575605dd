"""Certificates of the brokers: of a private CA in the folder of credentials, or of one's own.

    tls/ca.pem, ca.key     the CA: its key stays here
    tls/NAME.pem, NAME.key of each host with a broker

One of the private CA is made anew when it nears its end, is not good for the host's address any
more, or is not there. Only brokers get it, who take it in while they run.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.rollout.inventory import Host, Inventory, OwnCertificates
from deploy.rollout.release import ROOT
from deploy.rollout.wrong import InventoryWrong

_MAKE: Final = ROOT / "deploy" / "nats" / "make_ca.sh"
_NEAR_ITS_END_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """PEM texts. `pairs`: certificate and key by the name of a broker's host."""

    ca: str
    pairs: Mapping[str, tuple[str, str]]


def certificates_of(inventory: Inventory) -> Certificates | None:
    """None without TLS. Raises: InventoryWrong."""
    if isinstance(inventory.tls, OwnCertificates):
        return _read(inventory.tls.ca, inventory.tls.folder, inventory)
    if not inventory.tls:
        return None
    if shutil.which("openssl") is None:
        raise InventoryWrong(
            "there is no openssl here, which makes the broker's certificate; on Debian and Ubuntu: "
            "apt install openssl. Or name certificates of your own under tls"
        )
    folder = inventory.credentials / "tls"
    for host in inventory.brokers:
        if not _is_good(folder, host):
            _make(folder, host)
    return _read(folder / "ca.pem", folder, inventory)


def _read(ca: Path, folder: Path, inventory: Inventory) -> Certificates:
    return Certificates(
        ca=_pem(ca),
        pairs={
            host.name: (_pem(folder / f"{host.name}.pem"), _pem(folder / f"{host.name}.key"))
            for host in inventory.brokers
        },
    )


def _pem(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        text = ""
    if "-----BEGIN " not in text:
        raise InventoryWrong(f"tls: {path} is missing, or is no PEM; put it there")
    return text


def _make(folder: Path, host: Host) -> None:
    made = subprocess.run(
        [str(_MAKE), str(folder), host.name, *_addresses(host)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise InventoryWrong(
            f"tls: no certificate could be made for {host.name}: "
            f"{(made.stderr or made.stdout).strip()}"
        )


def _is_good(folder: Path, host: Host) -> bool:
    certificate = folder / f"{host.name}.pem"
    if not (certificate.exists() and (folder / f"{host.name}.key").exists()):
        return False
    lasts = _openssl("x509", "-in", certificate, "-noout", "-checkend", _NEAR_ITS_END_S)
    signed = _openssl("verify", "-CAfile", folder / "ca.pem", certificate)
    return lasts.returncode == signed.returncode == 0 and all(
        "does match" in _openssl("x509", "-in", certificate, "-noout", check, address).stdout
        for address in _addresses(host)
        for check in ("-checkip" if _is_ip(address) else "-checkhost",)
    )


def _addresses(host: Host) -> list[str]:
    return list(dict.fromkeys((host.address, host.name)))


def _is_ip(address: str) -> bool:
    return ":" in address or address.replace(".", "").isdigit()


def _openssl(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["openssl", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
