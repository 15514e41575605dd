"""The command line of deploy.sh."""

import argparse
import fcntl
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.rollout.account import Account
from deploy.rollout.credentials import Credentials
from deploy.rollout.deployment import Deployment, hosts_of
from deploy.rollout.host_steps import Goal
from deploy.rollout.inventory import Host, Inventory
from deploy.rollout.inventory_file import read_inventory
from deploy.rollout.release import Release, build_release
from deploy.rollout.site import Halted, Site, timed
from deploy.rollout.wrong import InventoryWrong

EXIT_WELL: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all is as the inventory says, 1 something failed or, with --check, is to be
    done, 2 the command line or the inventory is wrong."""
    told = _parser().parse_args(arguments)
    account = Account(check=told.check)
    began = time.monotonic()
    try:
        inventory = _with_options(read_inventory(told.inventory), told)
        hosts = _hosts(inventory, told)
        with _alone(told.inventory):
            _run(told, inventory, hosts, account)
    except InventoryWrong as wrong:
        for line in str(wrong).splitlines():
            sys.stderr.write(f"deploy.sh: {line}\n")
        return EXIT_USAGE
    except Halted:
        account.say("Stopped: nothing more was done on any host.")
    except KeyboardInterrupt:
        account.say("Stopped by Ctrl-C: run deploy.sh again, it goes on there.")
        return 130
    account.close(time.monotonic() - began)
    if account.failures or (told.check and account.changes):
        return EXIT_FAILED
    return EXIT_WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy.sh",
        description="Brings distributed-ocr onto the hosts of an inventory, by ssh, and verifies "
        "it. Can be run again at any time: it does what is missing.",
        epilog="Exit codes: 0 all is as the inventory says; 1 something failed, or with --check is "
        "to be done; 2 the command line or the inventory is wrong.",
    )
    parser.add_argument("inventory", type=Path, help="see deploy/inventory.example.yaml")
    parser.add_argument("--check", action="store_true", help="change nothing, say what would be")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--upgrade", action="store_true", help="bring hosts to this checkout's release"
    )
    what.add_argument(
        "--rollback", action="store_true", help="switch to the release before the last upgrade"
    )
    what.add_argument("--add-node", metavar="HOST", help="do no more than set up this node")
    what.add_argument("--remove-node", metavar="HOST", help="end this node, and remove it")
    parser.add_argument(
        "--wheelhouse", type=Path, metavar="DIR", help="all packages, for hosts without an index"
    )
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder for OCR_MODEL_DIR")
    return parser


def _with_options(inventory: Inventory, told: argparse.Namespace) -> Inventory:
    """Raises: InventoryWrong for a folder that is none."""
    folders = {}
    for name in ("wheelhouse", "models"):
        folder = getattr(told, name) or getattr(inventory, name)
        if folder is not None and not folder.is_dir():
            raise InventoryWrong(f"{name}: {folder} is no folder; name the one that you filled")
        folders[name] = folder
    return inventory.model_copy(update=folders)


def _hosts(inventory: Inventory, told: argparse.Namespace) -> list[Host]:
    """Those that this is about. Raises: InventoryWrong."""
    name = told.add_node or told.remove_node
    if name is None:
        return list(inventory.hosts)
    found = hosts_of(inventory.hosts, name)
    if not found or "node" not in found[0].roles:
        raise InventoryWrong(
            f"{told.inventory} has no host {name} with the role node; put it in "
            "(for --remove-node: leave it in until it is removed)"
        )
    if told.add_node and found[0].roles != ("node",):
        raise InventoryWrong(
            f"{name} is more than a node ({', '.join(found[0].roles)}); run deploy.sh without "
            "--add-node"
        )
    return found


@contextmanager
def _alone(inventory: Path) -> Iterator[None]:
    """Two at once would undo each other's steps. Raises: InventoryWrong."""
    with inventory.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InventoryWrong(
                f"another deploy.sh works with {inventory}; wait until it has ended"
            ) from None
        yield


def _run(
    told: argparse.Namespace, inventory: Inventory, hosts: list[Host], account: Account
) -> None:
    with tempfile.TemporaryDirectory(prefix="docr-release-") as folder:
        release = None
        if not (told.rollback or told.remove_node):
            with timed(account, "release"):
                release = build_release(Path(folder) / "release")
            account.say(f"Release {release.name}, {len(hosts)} hosts.")
        with Site(inventory, hosts, account, check=told.check) as site:
            goal = _goal(_trying_out(inventory, Path(folder), told), release)
            deployment = Deployment(goal, site, account, check=told.check)
            if told.rollback:
                deployment.go_back()
            elif told.remove_node:
                deployment.remove_node()
                account.say(f"Now take {hosts[0].name} out of the inventory, or out of its nodes.")
            elif told.add_node:
                with Site(inventory, inventory.brokers, account, check=told.check) as brokers:
                    deployment.add_node(brokers)
            else:
                deployment.install(upgrade=told.upgrade)


def _trying_out(inventory: Inventory, folder: Path, told: argparse.Namespace) -> Inventory:
    """With --check, credentials that are not there yet are made for a moment only. Raises:
    InventoryWrong."""
    if not told.check:
        return inventory
    copy = folder / "credentials"
    if inventory.credentials.exists():
        try:
            shutil.copytree(inventory.credentials, copy)
        except (OSError, shutil.Error):
            raise InventoryWrong(
                f"credentials: {inventory.credentials} cannot be read; let it be that of who runs "
                "deploy.sh"
            ) from None
    return inventory.model_copy(update={"credentials": copy})


def _goal(inventory: Inventory, release: Release | None) -> Goal:
    return Goal(
        inventory=inventory,
        credentials=Credentials.made(inventory),
        release=release,
        release_name="" if release is None else release.name,
    )


if __name__ == "__main__":
    sys.exit(main())
