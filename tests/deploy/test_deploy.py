"""deploy.sh on bare hosts, each a Debian of its own; `./dev test-deploy` runs it, in some minutes.

One run at a time on a machine. In order: each test goes on where the one before it ended, as an
operator does.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.hosts.bare_hosts import NEED_HOSTS, bare_hosts
from tests.deploy.hosts.client import (
    client_of,
    each_page_is_there_once,
    healthy_nodes,
    pages_done,
    said,
    show,
    submitting,
)
from tests.deploy.hosts.site import TestSite
from tests.waiting import block_until

pytestmark = NEED_HOSTS

_CORE: Final = ["broker", "aggregator", "ingest", "gateway"]
_ROLES: Final = {"core": _CORE, "reader-1": ["node"], "reader-2": ["node"]}
# More than two nodes read while an upgrade goes on.
_PAGES: Final = 200


@pytest.fixture(scope="module")
def site() -> Iterator[TestSite]:
    """Three hosts that nothing was done to."""
    with bare_hosts(_ROLES) as made:
        made.forbid_root("reader-2")
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """Hosts are processes too, and are ended by `site`, not by the test that starts them."""


@pytest.fixture(scope="module")
def next_checkout(site: TestSite) -> Path:
    """The release after this one."""
    folder = site.folder / "next"
    shutil.copytree(site.checkout, folder, symlinks=True)
    project = folder / "pyproject.toml"
    text, found = re.subn(r'(?m)^version = ".*"$', 'version = "99.0.0"', project.read_text())
    assert found == 1
    project.write_text(text)
    return folder


def release_of(site: TestSite, host: str) -> str:
    return site.hosts[host].run("basename $(readlink /opt/distributed-ocr/current)")


def test_bare_hosts_become_a_system_that_reads(site: TestSite) -> None:
    began = time.monotonic()
    output = said(site.deploy(site.inventory(_ROLES)), 0)
    show(f"from bare hosts to the first result: {time.monotonic() - began:.0f} s")
    assert "was read" in output
    assert output.count("finds nothing wrong") == 3
    secrets = [each.read_text().strip() for each in site.folder.glob("credentials/**/*.nk")]
    secrets += [each.read_text().strip() for each in site.folder.glob("credentials/api-keys/*")]
    secrets.append((site.folder / "credentials/secret-key").read_text().strip())
    # Seeds of four services, operator and submitter; a tenant's key; what seals passwords.
    assert len(secrets) == 8
    assert not any(each in output for each in secrets)
    ca_key = (site.folder / "credentials/tls/ca.key").read_text().splitlines()[1]
    for host in site.hosts.values():
        assert ca_key not in host.run("cat /etc/distributed-ocr/*")


def test_settings_and_seeds_are_read_by_their_services_only(site: TestSite) -> None:
    listed = site.hosts["core"].run("stat -c '%a %U:%G %n' /etc/distributed-ocr/*")
    assert {line.rpartition(" ")[0] for line in listed.splitlines()} == {"640 root:docr"}
    assert site.hosts["reader-1"].run("stat -c '%a %G' /etc/distributed-ocr") == "750 docr"
    assert "OCR_SECRET_KEY" not in site.hosts["reader-1"].run("cat /etc/distributed-ocr/*.env")


def test_the_broker_lets_nobody_in_without_a_seed(site: TestSite) -> None:
    ca = site.folder / "credentials/tls/ca.pem"
    for trusted, sentence in (
        ({"NATS_TLS_CA": str(ca)}, "refuses this user"),
        ({}, "is not trusted"),
    ):
        told = subprocess.run(
            [*client_of(site), "nodes"],
            env={
                **os.environ,
                "NATS_URL": f"tls://{site.hosts['core'].address}:4222",
                **trusted,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode != 0
        assert sentence in told.stderr


def test_a_second_run_changes_nothing(site: TestSite) -> None:
    output = said(site.deploy(site.inventory(_ROLES)), 0)
    assert "Nothing had to be changed." in output
    assert "Nothing had to be changed." in said(site.deploy(site.inventory(_ROLES), "--check"), 0)


def test_another_release_is_installed_only_when_asked_for(
    site: TestSite, next_checkout: Path
) -> None:
    output = said(site.deploy(site.inventory(_ROLES), checkout=next_checkout), 1)
    assert "run deploy.sh --upgrade" in output
    assert release_of(site, "core").startswith("0.")


def test_an_upgrade_while_a_job_runs_loses_no_page(site: TestSite, next_checkout: Path) -> None:
    document = site.document("many.pdf", _PAGES)
    with submitting(site, document) as job:
        block_until(lambda: pages_done(site, document) > 2, "the job's first pages are read", 60)
        output = said(site.deploy(site.inventory(_ROLES), "--upgrade", checkout=next_checkout), 0)
        done = pages_done(site, document)
        show(f"pages read when the upgrade was done: {done} of {_PAGES}")
        assert 2 < done < _PAGES
        ended = job.communicate(timeout=600)[0]
    assert job.returncode == 0, ended
    assert "docr-broker" not in output
    each_page_is_there_once(site, document, _PAGES)
    assert {release_of(site, each) for each in _ROLES} == {release_of(site, "core")}
    assert release_of(site, "core").startswith("99.0.0-")


def test_a_rollback_brings_back_the_release_before(site: TestSite) -> None:
    began = time.monotonic()
    output = said(site.deploy(site.inventory(_ROLES), "--rollback"), 0)
    show(f"rollback: {time.monotonic() - began:.0f} s")
    assert "Back to release 0." in output
    # Nobody writes messages of the newer release any more when their readers go back.
    went = re.findall(r"(gateway|ingest|node|aggregator) +done", output)
    assert went == ["gateway", "ingest", "node", "node", "aggregator"]
    assert "install" not in output
    assert "Nothing had to be changed." in said(site.deploy(site.inventory(_ROLES)), 0)


def test_a_host_that_lost_its_power_comes_back_by_itself(site: TestSite) -> None:
    for name in ("core", "reader-1"):
        site.hosts[name].stop()
        site.boot(site.hosts[name])
    block_until(lambda: healthy_nodes(site) == 2, "both nodes are healthy again", 90)
    assert "Nothing had to be changed." in said(site.deploy(site.inventory(_ROLES)), 0)


def test_a_disk_that_becomes_full_is_named_and_the_next_run_goes_on(site: TestSite) -> None:
    site.host("reader-3", small_opt_mb=1300)
    inventory = site.inventory({**_ROLES, "reader-3": ["node"]})
    filling = site.hosts["reader-3"]
    with subprocess.Popen(
        site.deploying(inventory, "--add-node", "reader-3"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as deploying:
        begun = "test -d /opt/distributed-ocr/packages && echo begun"
        block_until(
            lambda: filling.run(begun, check=False) == "begun", "packages are installed", 120
        )
        filling.run("cat /dev/zero >/opt/distributed-ocr/filler", check=False)
        output = deploying.communicate(timeout=600)[0]
    show(output)
    assert deploying.returncode == 1
    assert re.search(r"reader-3 +release +FAILED", output)
    assert "No space left on device" in output
    assert "make room on this host" in output
    filling.run("rm /opt/distributed-ocr/filler")
    output = said(site.deploy(inventory, "--add-node", "reader-3"), 0)
    assert "core  " not in output
    block_until(lambda: healthy_nodes(site) == 3, "three nodes are healthy", 60)


def test_a_removed_node_leaves_its_host_as_it_was(site: TestSite) -> None:
    inventory = site.inventory({**_ROLES, "reader-3": ["node"]})
    output = said(site.deploy(inventory, "--remove-node", "reader-3"), 0)
    assert "take reader-3 out of the inventory" in output
    left = "find /opt/distributed-ocr /etc/distributed-ocr -mindepth 1; ls /etc/systemd/system"
    assert "docr" not in site.hosts["reader-3"].run(left, check=False)
    block_until(lambda: healthy_nodes(site) == 2, "two nodes are left", 30)
    site.hosts.pop("reader-3").stop()


def test_nodes_that_cannot_be_set_up_are_named_and_the_others_work_on(site: TestSite) -> None:
    site.host("no-python", packages=False)
    site.host("small-disk", small_opt_mb=300)
    site.host("wrong-key")
    other_key = site.folder / "small-disk_host_key"
    inventory = site.inventory(
        {**_ROLES, "no-python": ["node"], "small-disk": ["node"], "wrong-key": ["node"]},
        ssh_of={"wrong-key": {"key": str(other_key)}},
        more_hosts=[{"name": "away", "address": "10.77.0.99", "roles": ["node"]}],
    )
    output = said(site.deploy(inventory), 1)
    assert re.search(r"no-python +python +FAILED", output)
    assert "there is no Python 3.12 or 3.13" in output
    assert re.search(r"small-disk +room +FAILED", output)
    assert re.search(r"has \d+ MB free, and a release needs", output)
    assert re.search(r"wrong-key +reach +FAILED", output)
    assert "does not accept this key" in output
    assert re.search(r"away +reach +FAILED", output)
    assert "the host does not answer" in output
    assert output.count("\nFAILED on ") == 4
    assert "was read" in output


def test_nothing_is_changed_when_a_host_that_all_need_is_away(site: TestSite) -> None:
    inventory = site.inventory(
        {"reader-1": ["node"], "reader-2": ["node"]},
        more_hosts=[{"name": "away", "address": "10.77.0.99", "roles": _CORE}],
    )
    output = said(site.deploy(inventory), 1)
    assert "Stopped: nothing more was done on any host." in output
    assert "settings" not in output


def test_what_one_broker_holds_is_not_given_to_three(site: TestSite) -> None:
    also = ["broker", "node"]
    output = said(site.deploy(site.inventory({**_ROLES, "reader-1": also, "reader-2": also})), 1)
    assert "the store of this host is that of a broker alone, and here are 3" in output
    assert "settings" not in output
