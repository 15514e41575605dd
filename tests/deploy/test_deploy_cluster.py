"""deploy.sh on three bare hosts with a broker each; `./dev test-deploy` runs it too.

In order, as test_deploy.py.
"""

import re
import time
from collections.abc import Iterator
from typing import Final

import pytest

from tests.deploy.hosts.bare_hosts import NEED_HOSTS, bare_hosts
from tests.deploy.hosts.client import (
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

_ROLES: Final = {
    "first": ["broker", "aggregator", "gateway"],
    "second": ["broker", "ingest"],
    "third": ["broker", "node"],
}
_PAGES: Final = 60
_WELL: Final = re.compile(
    r"(\w+) +broker +nats-server \S+, one of 3 brokers that see each other, led by (\w+), has all"
)


@pytest.fixture(scope="module")
def site() -> Iterator[TestSite]:
    """Three hosts that nothing was done to."""
    with bare_hosts(_ROLES) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """Hosts are processes too, and are ended by `site`, not by the test that starts them."""


def processes(site: TestSite) -> dict[str, str]:
    """The main process of each service, by host."""
    return {
        name: host.run("systemctl show --property=MainPID,Id docr-*.service")
        for name, host in site.hosts.items()
    }


def test_three_bare_hosts_become_a_system_with_three_brokers(site: TestSite) -> None:
    began = time.monotonic()
    output = said(site.deploy(site.inventory(_ROLES)), 0)
    show(f"from bare hosts to the first result: {time.monotonic() - began:.0f} s")
    assert {name for name, _ in _WELL.findall(output)} == set(_ROLES)
    # The doctor compares streams, with their copies, to the settings.
    assert output.count("finds nothing wrong") == 3
    assert "NATS_REPLICAS='3'" in site.hosts["third"].run("cat /etc/distributed-ocr/docr.env")
    assert "was read" in output


def test_a_check_shows_each_broker(site: TestSite) -> None:
    output = said(site.deploy(site.inventory(_ROLES), "--check"), 0)
    assert [name for name, _ in _WELL.findall(output)] == list(_ROLES)
    assert "Nothing had to be changed." in output


def test_brokers_are_restarted_one_at_a_time_while_a_job_runs(site: TestSite) -> None:
    document = site.document("many.pdf", _PAGES)
    with submitting(site, document) as job:
        block_until(lambda: pages_done(site, document) > 1, "the job's first pages are read", 90)
        output = said(site.deploy(site.inventory(_ROLES, store_gb=3)), 0)
        ended = job.communicate(timeout=400)[0]
    assert job.returncode == 0, ended
    each_page_is_there_once(site, document, _PAGES)
    # Each when all three have what they should hold, and once more at the end.
    steps = re.findall(r"(?m)^\w+ +broker +(done|nats-server)", output)
    assert [each for each in steps if each == "done"] == ["done"] * 3
    assert steps == [*(["nats-server"] * 3 + ["done"]) * 3, *["nats-server"] * 3]


def test_new_certificates_are_taken_in_while_all_runs_on(site: TestSite) -> None:
    before = processes(site)
    shown = {name: (site.folder / f"credentials/tls/{name}.pem").read_text() for name in _ROLES}
    for name in _ROLES:
        (site.folder / f"credentials/tls/{name}.pem").unlink()
    inventory = site.inventory(_ROLES, store_gb=3)
    output = said(site.deploy(inventory, "--check"), 1)
    assert output.count("would do: reload docr-broker.service") == 3
    assert not (site.folder / "credentials/tls/first.pem").exists()
    # It waits until each broker shows its new one.
    assert said(site.deploy(inventory), 0).count(": reload docr-broker.service") == 3
    for name, old in shown.items():
        assert site.hosts[name].run("cat /etc/distributed-ocr/broker.pem") != old.strip()
    assert processes(site) == before


def test_a_broker_that_lost_all_it_had_gets_it_from_the_others(site: TestSite) -> None:
    second = site.hosts["second"]
    second.run("systemctl stop docr-broker && rm -r /var/lib/distributed-ocr/jetstream")
    document = site.document("meanwhile.pdf", 2)
    with submitting(site, document) as job:
        ended = job.communicate(timeout=200)[0]
    assert job.returncode == 0, ended
    output = said(site.deploy(site.inventory(_ROLES, store_gb=3)), 0)
    assert "start docr-broker.service" in output
    # With another one away, it is one of the two that everything needs.
    site.hosts["first"].run("systemctl stop docr-broker")
    block_until(lambda: healthy_nodes(site) == 1, "the gateway finds the node", 60)
    block_until(lambda: pages_done(site, document) == 2, "the gateway finds the job", 60)
    site.hosts["first"].run("systemctl start docr-broker")


def test_what_three_hold_is_not_given_to_one_alone(site: TestSite) -> None:
    fewer = {**_ROLES, "second": ["ingest"], "third": ["node"]}
    output = said(site.deploy(site.inventory(fewer, store_gb=3)), 1)
    assert "is one of several brokers', and here is one" in output
    assert "Stopped: nothing more was done on any host." in output
    assert "settings" not in output
