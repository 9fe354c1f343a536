# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The architecture with all of the data tier. The tests of this file follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from tests.site.conftest import Site
from tests.toolchain.witness import production_environment

pytestmark = [pytest.mark.docker, pytest.mark.slow]
PROFILE = "PROFILE=webapp"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build this architecture alone."""
    site = Site(production_environment(tmp_path_factory.mktemp("production")))
    site.make("demo-down")
    site.make("demo", PROFILE)
    yield site
    site.make("demo-down")


@pytest.fixture(scope="module")
def url(site: Site) -> str:
    return site.summary["urls"][0].rstrip("/")


def query(site: Site, name: str, sql: str) -> str:
    """Ask a database server itself."""
    (server,) = (container for container in site.containers() if container.name == f"terrace-db-webapp-production-{name}")
    status, output = server.exec_run(["psql", "-At", "webapp", "-c", sql], user="postgres")
    assert status == 0, output
    return output.decode().strip()


def test_sessions_outlive_a_host(site: Site, url: str, eventually: Callable[..., None]) -> None:
    browser = requests.Session()
    assert [browser.get(f"{url}/session", timeout=10).json()["visits"] for _visit in range(4)] == [1, 2, 3, 4]
    host = site.containers("instance")[0]
    host.stop()
    try:
        eventually(lambda: requests.get(f"{url}/health", timeout=5).status_code == 200)
        visits = [browser.get(f"{url}/session", timeout=10).json()["visits"] for _visit in range(4)]
        assert visits == list(range(visits[0], visits[0] + 4)) and visits[0] >= 5
    finally:
        host.start()


def test_the_replica_has_what_the_app_writes(site: Site, url: str, eventually: Callable[..., None]) -> None:
    assert requests.post(f"{url}/messages", json={"text": "to be copied"}, timeout=10).status_code == 201
    count = "SELECT count(*) FROM messages WHERE text = 'to be copied'"
    assert query(site, "main", count) == "1"
    eventually(lambda: query(site, "reader", count) == "1")
    assert query(site, "reader", "SELECT pg_is_in_recovery()") == "t"


def test_a_second_run_changes_nothing(site: Site, url: str) -> None:
    assert set(site.make("converge", PROFILE).changed.values()) == {0}


def test_teardown_leaves_nothing(site: Site, url: str) -> None:
    site.make("teardown", PROFILE)
    left = site.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "terrace:stack", "Values": ["webapp-production"]}],
        ResourceTypeFilters=["ec2:vpc", "ec2:subnet", "rds:db", "elasticache:replicationgroup", "s3"],
    )["ResourceTagMappingList"]
    assert left == []
    assert not [container.name for container in site.containers() if "webapp" in container.name]
