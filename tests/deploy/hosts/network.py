"""A switch that hosts are plugged into; nothing leads out of it."""

import subprocess
from typing import Final

PREFIX: Final = "docrtest"
# Of who runs deploy.sh, who has a namespace too: the switch's.
OPERATOR: Final = f"{PREFIX}-operator"
_BRIDGE: Final = "switch"
_NETWORK: Final = "10.77.0."


def ip(*arguments: str) -> None:
    """The command `ip`."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"


def make_switch() -> None:
    """With the operator at 10.77.0.254."""
    ip("netns", "add", OPERATOR)
    ip("-n", OPERATOR, "link", "set", "lo", "up")
    ip("-n", OPERATOR, "link", "add", _BRIDGE, "type", "bridge")
    ip("-n", OPERATOR, "addr", "add", f"{_NETWORK}254/24", "dev", _BRIDGE)
    ip("-n", OPERATOR, "link", "set", _BRIDGE, "up")


def plug_in(name: str, number: int) -> tuple[str, str]:
    """Namespace and address of a new host."""
    namespace, address = f"{PREFIX}-{name}", f"{_NETWORK}{number}"
    ip("netns", "add", namespace)
    port = f"port{number}"
    ip("-n", OPERATOR, "link", "add", port, "type", "veth", "peer", "eth0", "netns", namespace)
    ip("-n", OPERATOR, "link", "set", port, "master", _BRIDGE, "up")
    ip("-n", namespace, "link", "set", "lo", "up")
    ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
    ip("-n", namespace, "link", "set", "eth0", "up")
    return namespace, address


def remove_all() -> None:
    """What a run that was killed has left, too."""
    told = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    for line in told.stdout.splitlines():
        if line.startswith(f"{PREFIX}-"):
            ip("netns", "del", line.split()[0])
