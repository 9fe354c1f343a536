# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The architecture with a domain and a certificate of its own. The tests of this file follow one another.

What no emulator has, an image of a registry, a file server stands in for: the demo shows the way to it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from urllib3.util import connection

from tests.site.conftest import Site
from tests.toolchain.witness import production_environment

pytestmark = [pytest.mark.docker, pytest.mark.slow]
PROFILE = "PROFILE=starttech"
STACK, NAME = "starttech-production", "api.starttech.example.com"
# Of what has to be gone: the deletion of others, such as keys, takes days.
KINDS = ["ec2:vpc", "ec2:subnet", "ec2:security-group", "elasticache:replicationgroup", "elasticloadbalancing", "ecr", "s3"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build this architecture alone."""
    site = Site(production_environment(tmp_path_factory.mktemp("production")))
    site.make("demo-down")
    site.make("demo", PROFILE)
    yield site
    site.make("demo-down")


@pytest.fixture(scope="module")
def ports(site: Site) -> dict[str, int]:
    """Return the loopback ports of the load balancer by scheme."""
    return {parts.scheme: parts.port or 0 for parts in map(urlsplit, site.summary["urls"])}


@pytest.fixture
def to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve every name to this machine, as the demo's commands do."""
    connect = connection.create_connection
    monkeypatch.setattr(
        connection, "create_connection", lambda address, *rest, **options: connect(("127.0.0.1", address[1]), *rest, **options)
    )


@pytest.mark.usefixtures("to_loopback")
def test_the_backend_answers_by_the_name_of_its_certificate(
    site: Site, ports: dict[str, int], eventually: Callable[..., None]
) -> None:
    """Soon after the run: nothing is pushed to these hosts, whose targets are looked at twice in a minute."""

    def answer() -> tuple[int, str]:
        got = requests.get(f"https://{NAME}:{ports['https']}/health", verify=site.summary["ca_file"], timeout=10)
        return got.status_code, got.text.strip()

    eventually(lambda: answer() == (200, "ok"), seconds=300)


@pytest.mark.usefixtures("to_loopback")
def test_nobody_else_has_that_certificate(site: Site, ports: dict[str, int]) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://www.example.com:{ports['https']}/health", verify=site.summary["ca_file"], timeout=10)


@pytest.mark.usefixtures("to_loopback")
def test_who_comes_by_http_is_sent_to_https(ports: dict[str, int]) -> None:
    answer = requests.get(f"http://{NAME}:{ports['http']}/health?a=1", allow_redirects=False, timeout=10)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{NAME}:{ports['https']}/health?a=1"


def test_hosts_are_not_reached_past_the_load_balancer(site: Site) -> None:
    hosts = site.containers("instance")
    assert len(hosts) == 2
    for host in hosts:
        (network,) = host.attrs["NetworkSettings"]["Networks"].values()
        with pytest.raises(OSError), socket.create_connection((network["IPAddress"], 8080), timeout=3):
            pass


def test_a_second_run_changes_nothing(site: Site) -> None:
    assert set(site.make("converge", PROFILE).changed.values()) == {0}


def test_the_plan_is_empty(site: Site) -> None:
    assert "0 to create, 0 to update, 0 to replace, 0 to delete" in site.make("plan", PROFILE).output


def test_teardown_leaves_nothing(site: Site) -> None:
    site.make("teardown", PROFILE)
    left = site.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "terrace:stack", "Values": [STACK]}], ResourceTypeFilters=KINDS
    )["ResourceTagMappingList"]
    assert left == []
    assert not site.containers("instance")
    assert not site.networks("network")
