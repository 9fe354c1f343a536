# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Application load balancers: one proxy each, its listeners published on the loopback interface."""

import hashlib
import socket
import time
from collections.abc import Iterable
from typing import Any

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, haproxy
from local_cloud.reconcile.desired import Balancer
from local_cloud.reconcile.networks import name_of

LOOPBACK = "127.0.0.1"
FIRST_PORT, PORTS = 20000, 10000
PORTS_LABEL = f"{engine.LABEL}.ports"


class Balancers:
    """Keeps the proxies as the account wants them; `present` is the set of ARNs, `ports` what is published."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.present: set[str] = set()
        self.ports: dict[str, dict[int, int]] = {}
        self._client = client
        self._configured: dict[str, str] = {}

    def reconcile(self, wanted: Iterable[Balancer]) -> dict[str, Container]:
        """Create, configure and remove; the containers by ARN."""
        balancers = {balancer.arn: balancer for balancer in wanted}
        present = engine.containers(self._client, engine.BALANCER)
        for arn, container in list(present.items()):
            balancer = balancers.get(arn)
            # Docker publishes ports at creation only: other listeners, another container.
            if balancer is None or container.labels[PORTS_LABEL] != _ports_label(balancer):
                engine.remove(present.pop(arn))
        for balancer in balancers.values():
            if balancer.arn not in present:
                present[balancer.arn] = self._create(balancer)
            self._configure(balancer, present[balancer.arn])
        self.ports = {arn: _published(container) for arn, container in present.items()}
        self.present = set(present)
        return present

    def _create(self, balancer: Balancer) -> Container:
        ports: dict[str, Any] = {f"{haproxy.STATISTICS_PORT}/tcp": (LOOPBACK, None)}
        for listener in balancer.listeners if balancer.public else ():
            ports[f"{listener.port}/tcp"] = (LOOPBACK, _free_port(f"{balancer.name}:{listener.port}"))
        return engine.create(
            self._client,
            image_name("proxy"),
            name_of(balancer.vpc),
            balancer.address,
            [balancer.dns_name],
            name=balancer.container,
            labels=engine.labels(engine.BALANCER, balancer.arn) | {PORTS_LABEL: _ports_label(balancer)},
            ports=ports,
            sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},
        )

    def _configure(self, balancer: Balancer, container: Container) -> None:
        configuration = haproxy.render(balancer)
        wanted = f"{container.id}\n{configuration}"
        if self._configured.get(balancer.arn) != wanted:
            engine.put_files(container, "/etc/haproxy", {"haproxy.cfg": configuration.encode()}, mode=0o644)
            if container.status == "running":
                container.kill(signal="USR2")
            self._configured[balancer.arn] = wanted
        if container.status != "running":
            container.start()
            container.reload()
            self._wait_for_ports(container)

    @staticmethod
    def _wait_for_ports(container: Container) -> None:
        """Give Docker the moment that it needs to say which ports it chose."""
        deadline = time.monotonic() + 2
        while not _published(container) and time.monotonic() < deadline:
            time.sleep(0.1)
            container.reload()


def _ports_label(balancer: Balancer) -> str:
    return ",".join(str(listener.port) for listener in balancer.listeners) if balancer.public else "internal"


def _published(container: Container) -> dict[int, int]:
    """Return the loopback ports by the container's ports."""
    bindings = container.attrs.get("NetworkSettings", {}).get("Ports") or {}
    return {int(port.partition("/")[0]): int(hosts[0]["HostPort"]) for port, hosts in bindings.items() if hosts}


def _free_port(name: str) -> int | None:
    """Return a port that is the same each time, so that URLs stay; None, any port, if somebody has it."""
    port = FIRST_PORT + int(hashlib.sha256(name.encode()).hexdigest(), 16) % PORTS
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return None
    return port
