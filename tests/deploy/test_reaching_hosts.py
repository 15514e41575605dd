"""deploy.sh and hosts that answer, or do not: its own scripts, by a stand-in for ssh that runs them
here, in a folder for each host."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from deploy.rollout.account import Account
from deploy.rollout.inventory_file import read_inventory
from deploy.rollout.site import Halted, Site
from deploy.rollout.step import Step, Worker
from deploy.rollout.wrong import StepFailed
from tests.deploy.test_inventory import CORE, NODE, THREE, told

# An address in DOWN does not answer; what a host must have, this machine need not.
_SSH: Final = r"""#!/bin/sh
for each in "$@"; do
    case " $DOWN " in *" $each "*) echo "host $each: No route to host" >&2; exit 255 ;; esac
    case $each in 10.*|fd*) host=$HOSTS/$each ;; esac
done
mkdir -p "$host"
case "$*" in
    *-fN*|*-Oexit*) exit 0 ;;
    *"tar -x"*) exec tar -x -f - -C "$host${*##* -C /opt/distributed-ocr}" ;;
esac
script=$(cat)
# As if the line broke after a step's own script.
[ -z "$NO_RM" ] || case $script in "rm -rf "*) exit 255 ;; esac
printf '%s\n' "$script" | sed -e "s|/opt/distributed-ocr|$host|g; s|/run/|$host/|g" \
    -e "s|command -v [a-z-]* |true |" -e 's|\[ "$(id -u)" = 0 \]|true|' | exec sh -s
"""


_CORE: Final = str(CORE["address"])


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each host has its folder, by its address."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(_SSH)
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("HOSTS", str(tmp_path / "hosts"))
    monkeypatch.setenv("DOWN", "")
    monkeypatch.setenv("NO_RM", "")
    return tmp_path / "hosts"


@contextmanager
def site_of(tmp_path: Path, account: Account) -> Iterator[Site]:
    inventory = read_inventory(told(tmp_path, hosts=[*THREE, NODE]))
    with Site(inventory, inventory.brokers, account, check=False) as site:
        yield site


def test_of_three_brokers_the_first_that_answers_will_do(
    tmp_path: Path,
    hosts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = Account(check=False)
    monkeypatch.setenv("DOWN", _CORE)
    with site_of(tmp_path, account) as site:
        assert site.one_of(Worker.reach).host.name == "two"
        assert "failed; two was asked in its place" in capsys.readouterr().out
        assert not account.failures
        monkeypatch.setenv("DOWN", " ".join(str(each["address"]) for each in THREE))
        with pytest.raises(Halted):
            site.one_of(Worker.reach)
    assert [each.host for each in account.failures] == ["core", "two", "three"]
    assert all("the host does not answer" in each.remedy for each in account.failures)


def test_what_an_interrupted_run_sent_is_removed_by_the_next_one(
    tmp_path: Path, hosts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = hosts / _CORE / "incoming-doctor/files/seed"
    seed.parent.mkdir(parents=True)
    seed.write_text("SECRET")
    with site_of(tmp_path, Account(check=False)) as site:
        site.workers[0].reach()
        site.workers[0].reach()
    assert not seed.exists()
    assert capsys.readouterr().out.count("interrupted run left") == 1


def test_a_step_whose_connection_is_lost_leaves_nothing_of_what_was_sent(
    tmp_path: Path, hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Step(name="gone", script="old_releases.sh", files={"seed": "SECRET"})
    with site_of(tmp_path, Account(check=False)) as site:
        monkeypatch.setenv("NO_RM", "1")
        site.workers[0].make(step)
    assert not list((hosts / _CORE).glob("incoming-*"))


def test_a_host_at_which_another_run_works_is_left_alone(tmp_path: Path, hosts: Path) -> None:
    folder = hosts / _CORE
    folder.mkdir(parents=True)
    with (
        subprocess.Popen(
            ["flock", folder / "distributed-ocr-deploy.lock", "sh", "-c", "echo held; read _"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other,
        site_of(tmp_path, Account(check=False)) as site,
    ):
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StepFailed) as refused:
            site.workers[0].reach()
        other.communicate(b"\n")
        site.workers[0].reach()
    assert "another deploy.sh is at work on this host" in refused.value.lines[0]
    assert "wait until it has ended" in refused.value.remedy
