# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a visitor of the demo cannot see: encrypted rows, closed doors, and who talks to whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import docker
import pytest
import requests

from tests.site.conftest import Site

pytestmark = [pytest.mark.docker]
PROBE = """
import json, socket, sys
answers = {}
for target in json.loads(sys.argv[1]):
    try:
        socket.create_connection(target, timeout=3).close()
        answers["%s:%d" % tuple(target)] = "open"
    except OSError as error:
        answers["%s:%d" % tuple(target)] = type(error).__name__
print(json.dumps(answers))
"""


def interfaces(site: Site, description: str) -> list[str]:
    """Return the private addresses of the network interfaces with such a description."""
    answer = site.client("ec2").describe_network_interfaces(Filters=[{"Name": "description", "Values": [description]}])
    return [interface["PrivateIpAddress"] for interface in answer["NetworkInterfaces"]]


def instances(site: Site) -> list[dict[str, Any]]:
    reservations = site.client("ec2").describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}, {"Name": "tag:terrace:group", "Values": ["app"]}]
    )["Reservations"]
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def psql(site: Site, statement: str) -> list[str]:
    """Run a statement inside the database's container and return the rows."""
    (database,) = site.containers("database")
    done = database.exec_run(["psql", "-XAtq", "-d", "jyoti", "-c", statement], user="postgres")
    assert done.exit_code == 0, done.output
    return done.output.decode().split()


def test_the_rows_are_in_postgresql(site: Site) -> None:
    url = site.summary["urls"][0].rstrip("/")
    before = int(psql(site, "select count(*) from messages")[0])
    assert requests.post(f"{url}/messages", json={"text": "counted"}, timeout=10).status_code == 201
    assert int(psql(site, "select count(*) from messages")[0]) == before + 1


def test_the_app_talks_tls_with_a_user_of_its_own(site: Site) -> None:
    url = site.summary["urls"][0].rstrip("/")
    assert requests.get(f"{url}/messages", timeout=10).status_code == 200
    sessions = psql(
        site, "select usename || '=' || ssl from pg_stat_ssl join pg_stat_activity using (pid) where client_addr is not null"
    )
    assert sessions and set(sessions) == {"jyoti_app=true"}


def test_a_stranger_in_the_network_finds_every_door_closed(site: Site) -> None:
    targets = [(instance["PrivateIpAddress"], 3000) for instance in instances(site)]
    targets += [(address, 5432) for address in interfaces(site, "RDSNetworkInterface")]
    assert len(targets) >= 3
    network = f"terrace-{instances(site)[0]['VpcId']}"
    output = docker.from_env().containers.run(
        "terrace-local/host:latest", ["python3", "-c", PROBE, json.dumps(targets)], network=network, remove=True, entrypoint=""
    )
    answers = json.loads(output)
    assert set(answers) == {f"{host}:{port}" for host, port in targets}
    assert "open" not in answers.values()


def test_requests_reach_the_hosts_from_the_load_balancers_own_address(site: Site, eventually: Callable[..., None]) -> None:
    url, balancer = site.summary["urls"][0].rstrip("/"), set(interfaces(site, "ELB app/*"))
    assert balancer
    seen: set[str] = set()

    def peers_seen() -> bool:
        requests.get(f"{url}/messages", timeout=10)
        for instance in instances(site):
            done = docker.from_env().containers.get(f"terrace-{instance['InstanceId']}").exec_run("ss -Htan sport = :3000")
            peers = [
                line.split()[4].rsplit(":", 1)[0] for line in done.output.decode().splitlines() if not line.startswith("LISTEN")
            ]
            seen.update(peer.removeprefix("[::ffff:").rstrip("]") for peer in peers)
        return bool(seen)

    eventually(peers_seen)
    assert seen - {"127.0.0.1"} <= balancer


def test_hosts_read_their_secrets_with_a_role_of_their_own(site: Site) -> None:
    before = len(site.calls)
    for instance in instances(site):
        host = docker.from_env().containers.get(f"terrace-{instance['InstanceId']}")
        done = host.exec_run(["systemctl", "is-active", "messages-api-secrets.timer"])
        assert (done.exit_code, done.output.decode().strip()) == (0, "active")
        assert host.exec_run(["systemctl", "start", "messages-api-secrets.service"]).exit_code == 0
    roles = {call["role"] for call in site.calls[before:] if call["operation"] in ("DescribeSecret", "GetSecretValue")}
    assert roles == {f"{site.summary['stack']}-app"}
