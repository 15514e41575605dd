"""What every test of deploy.sh on hosts begins with."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from tests.deploy.hosts.base_system import check_machine, folder_of_hosts
from tests.deploy.hosts.site import TestSite

NEED_HOSTS: Final = [
    pytest.mark.skipif(
        os.environ.get("DEPLOY_HOSTS") != "1", reason="takes minutes and root; ./dev test-deploy"
    ),
    pytest.mark.timeout(1200),
]


@contextmanager
def bare_hosts(names: Iterable[str]) -> Iterator[TestSite]:
    """Hosts of these names that nothing was done to."""
    check_machine()
    with TestSite(folder_of_hosts()) as made:
        for name in names:
            made.host(name)
        yield made
