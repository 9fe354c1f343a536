# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers: one proxy each, its listeners published on the loopback interface."""

import hashlib
import logging
import socket
import time
from collections.abc import Iterable

import docker
import docker.errors
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, haproxy, proxy_control, proxy_targets
from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.desired import Balancer
from local_cloud.reconcile.listener_certificates import ListenerCertificates
from local_cloud.reconcile.networks import name_of

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
FIRST_PORT, PORTS = 20000, 10000
# Docker publishes ports when a container is created. With these there from the start, most listeners come and go without
# another container, which would cut connections.
USUAL_PORTS = {80, 443}
START_SECONDS = 10


class ProxyError(Exception):
    """A proxy does not do what it is told; the message says which and why."""


class Balancers:
    """Keeps the proxies as the account wants them; `present` is the set of ARNs, `ports` what is published."""

    def __init__(self, client: docker.DockerClient, authority: Authority) -> None:
        self.present: set[str] = set()
        self.ports: dict[str, dict[int, int]] = {}
        self._client = client
        self._certificates = ListenerCertificates(authority)
        self._configured: dict[str, str] = {}
        self._unsettled: dict[str, Balancer] = {}

    def reconcile(self, wanted: Iterable[Balancer]) -> dict[str, Container]:
        """Create, configure and remove; the containers by ARN."""
        balancers = {balancer.arn: balancer for balancer in wanted}
        present = engine.containers(self._client, engine.BALANCER)
        for arn, container in list(present.items()):
            balancer = balancers.get(arn)
            if balancer is None or not _ports(balancer) <= _published(container).keys():
                engine.remove(present.pop(arn))
        for balancer in balancers.values():
            if balancer.arn not in present:
                present[balancer.arn] = self._create(balancer)
            try:
                self._configure(balancer, present[balancer.arn])
            except ProxyError:
                # The others must not wait for it; what it cannot do now it does not try again until something changes.
                log.exception("a load balancer stays as it is")
        self.ports = {arn: _in_use(balancer, present[arn]) for arn, balancer in balancers.items()}
        self.present = set(present)
        # All of them: what a proxy that was restarted by hand has forgotten is added again.
        self._unsettled = balancers
        self.settle()
        return present

    def settle(self) -> None:
        """Let the proxies follow the targets, until nothing is left to wait for."""
        for arn, balancer in list(self._unsettled.items()):
            try:
                if proxy_targets.follow(balancer, self.ports[arn][haproxy.CONTROL_PORT]):
                    del self._unsettled[arn]
            except OSError as error:
                log.debug("%s does not answer: %s", balancer.container, error)

    def _create(self, balancer: Balancer) -> Container:
        usual = USUAL_PORTS if balancer.public and balancer.application else set()
        return engine.create(
            self._client,
            image_name("proxy"),
            name_of(balancer.vpc),
            balancer.address,
            [balancer.dns_name],
            name=balancer.container,
            labels=engine.labels(engine.BALANCER, balancer.arn),
            ports={f"{port}/tcp": (LOOPBACK, _free_port(f"{balancer.name}:{port}")) for port in _ports(balancer) | usual},
            sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},
        )

    def _configure(self, balancer: Balancer, container: Container) -> None:
        published = _in_use(balancer, container)
        files = self._certificates.files(balancer)
        wanted = repr((container.id, haproxy.render(balancer, published), sorted(files)))
        running = container.status == "running"
        if self._configured.get(balancer.arn) != wanted or not running:
            state = proxy_control.state(published[haproxy.CONTROL_PORT]) if running else ""
            files["servers"] = state.encode()
            files["haproxy.cfg"] = haproxy.render(balancer, published, proxy_targets.known(state)).encode()
            engine.put_files(container, haproxy.DIRECTORY, files)
            self._configured[balancer.arn] = wanted
            self._reload(container, published) if running else self._start(container, published)

    def _start(self, container: Container, published: dict[int, int]) -> None:
        try:
            container.start()
        except docker.errors.APIError:
            # Somebody else took its port: the next one gets another.
            engine.remove(container)
            raise
        container.reload()
        self._wait_for_another(container, published, "")

    def _reload(self, container: Container, published: dict[int, int]) -> None:
        """Let a new process take over; the old one goes on with what it has begun."""
        former = proxy_control.process(published[haproxy.CONTROL_PORT])
        container.kill(signal="USR2")
        self._wait_for_another(container, published, former)

    @staticmethod
    def _wait_for_another(container: Container, published: dict[int, int], former: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and container.status == "running":
            try:
                if proxy_control.process(published[haproxy.CONTROL_PORT]) not in ("", former):
                    return
            except OSError:
                log.debug("%s does not answer yet", container.name)
            time.sleep(0.05)
            container.reload()
        raise ProxyError(f"{container.name} does not take its configuration: {container.logs(tail=20).decode()}")


def _ports(balancer: Balancer) -> set[int]:
    """Return the ports that have to be published."""
    listeners = {listener.port for listener in balancer.listeners} if balancer.public else set()
    return listeners | {haproxy.CONTROL_PORT}


def _in_use(balancer: Balancer, container: Container) -> dict[int, int]:
    """Return the loopback ports by the container's ports, without those that no listener has yet."""
    return {port: published for port, published in _published(container).items() if port in _ports(balancer)}


def _published(container: Container) -> dict[int, int]:
    """Return the loopback ports by the container's ports."""
    bindings = container.attrs["HostConfig"]["PortBindings"] or {}
    return {int(port.partition("/")[0]): int(hosts[0]["HostPort"]) for port, hosts in bindings.items()}


def _free_port(name: str) -> int:
    """Return a port that is the same each time, so that URLs stay; any other one if somebody has it."""
    port = FIRST_PORT + int(hashlib.sha256(name.encode()).hexdigest(), 16) % PORTS
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, wanted))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise ProxyError("there is no free port")
