# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop that compares and acts: every half second if something may have changed, else it only looks at health."""

import logging
import threading
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import docker
import docker.errors
import requests

from local_cloud.emulator import Emulator
from local_cloud.emulator.fidelity import cache_nodes, target_draining, target_health
from local_cloud.emulator.lifecycle import lifecycle
from local_cloud.reconcile import account, engine, haproxy, networks
from local_cloud.reconcile.access_logs import AccessLogs
from local_cloud.reconcile.balancers import Balancers
from local_cloud.reconcile.caches import Caches
from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.databases import Databases
from local_cloud.reconcile.desired import Balancer, Desired
from local_cloud.reconcile.endpoints import Endpoints
from local_cloud.reconcile.files import Files
from local_cloud.reconcile.firewalls import Firewalls, Member
from local_cloud.reconcile.health import Health
from local_cloud.reconcile.hosts import Hosts

log = logging.getLogger(__name__)

TICK = 0.5
PAUSE = 2
SETTLE_SECONDS = 20
# Even without a reason, look this often (in ticks): what goes wrong outside of our sight is repaired then.
PATROL = 60
PHASES = (
    "rds.creating",
    "rds.deleting",
    "rds.snapshot.creating",
    "elasticache.creating",
    "elasticache.modifying",
    "elasticache.deleting",
    "elbv2.creating",
    "elbv2.deleting",
    "nat.creating",
    "nat.deleting",
)


class Reconciler:
    """Owns the loop. After each round it calls `published(loopback ports by balancer, problem or "")`."""

    def __init__(
        self,
        emulator: Emulator,
        client: docker.DockerClient,
        directory: Path,
        published: Callable[[dict[str, dict[int, int]], str], None],
    ) -> None:
        self.authority = Authority(directory)
        self._emulator = emulator
        self._client = client
        self._published = published
        self._hosts = Hosts(client, Endpoints(emulator, directory / "endpoints"))
        self._databases = Databases(client, self.authority)
        self._caches = Caches(client, self.authority)
        self._files = Files(client)
        self._balancers = Balancers(client, self.authority)
        self._firewalls = Firewalls(client)
        self._health = Health()
        self._access_logs = AccessLogs(client, emulator)
        self._desired = Desired()
        self._problem = ""
        self._stop = threading.Event()
        self._changed = threading.Event()
        self._wake = threading.Event()
        self._settled = threading.Condition()
        self._done = -1

    def run(self) -> None:
        """Work until `stop`."""
        self._emulator.on_settle(self.settle)
        lifecycle.gate("rds.creating", lambda arn: arn in self._databases.ready)
        lifecycle.gate("rds.deleting", lambda arn: arn not in self._databases.present)
        lifecycle.gate("rds.snapshot.creating", lambda arn: arn in self._databases.snapshots.ready)
        lifecycle.gate("elasticache.creating", self._has_its_nodes)
        lifecycle.gate("elasticache.modifying", lambda arn: self._has_caught_up() and self._has_its_nodes(arn))
        lifecycle.gate("elasticache.deleting", self._has_no_nodes)
        lifecycle.gate("autoscaling.launching", lambda instance: instance in self._hosts.present)
        lifecycle.gate("elbv2.creating", lambda arn: arn in self._balancers.present)
        lifecycle.gate("elbv2.deleting", lambda arn: arn not in self._balancers.present)
        target_health.observers.append(self._health.of)
        target_draining.observers.append(self._health.busy)
        threading.Thread(target=self._watch_containers, name="events", daemon=True).start()
        seen, idle = -1, 0
        lifecycle.patient = True
        while not self._stop.is_set():
            self._emulator.go_on()
            mutations = self._emulator.mutations
            if mutations != seen or self._changed.is_set() or self._under_way() or idle >= PATROL:
                self._changed.clear()
                seen, idle = (mutations if self._round() else -1), 0
                with self._settled:
                    self._done = max(self._done, seen)
                    self._settled.notify_all()
            idle += 1
            self._look()
            self._wake.wait(TICK)
            self._wake.clear()

    def settle(self) -> None:
        """Wait until Docker follows all calls so far, within reason."""
        target = self._emulator.mutations
        self._wake.set()
        with self._settled:
            self._settled.wait_for(lambda: self._done >= target, timeout=SETTLE_SECONDS)

    def stop(self) -> None:
        """End the loop after the round under way."""
        self._stop.set()
        self._wake.set()

    @staticmethod
    def _under_way() -> bool:
        return any(lifecycle.under_way(phase) for phase in PHASES)

    def _round(self) -> bool:
        """Compare everything and act; false if something failed and has to be tried again, a little later."""
        problem = self._try()
        if problem and problem != self._problem:
            log.warning("%s", problem)
        self._problem = problem
        self._published(self._ports(), problem)
        if problem:
            self._stop.wait(PAUSE)
        return not problem

    def _try(self) -> str:
        """Return what went wrong, or nothing."""
        try:
            with self._emulator.lock:
                self._desired = account.read()
            self._act(self._desired)
        except (docker.errors.DockerException, requests.RequestException) as error:
            return str(error)
        except Exception as error:
            # The emulator must go on whatever happens here; the log has the reason.
            log.exception("a round failed")
            return repr(error)
        return ""

    def _act(self, desired: Desired) -> None:
        networks.create_missing(self._client, desired.networks)
        hosts = self._hosts.reconcile(desired.hosts)
        machines: list[Member] = [(hosts[host.id], host.firewall, None) for host in desired.hosts]
        self._firewalls.apply(machines)
        gateways = {network.vpc: str(ip_network(network.cidr)[1]) for network in desired.networks}
        balancers = self._balancers.reconcile(desired.balancers)
        proxies: list[Member] = [
            (balancers[item.arn], item.firewall, (gateways[item.vpc], haproxy.CONTROL_PORT)) for item in desired.balancers
        ]
        self._firewalls.apply(proxies)
        databases = self._databases.reconcile(desired.databases, desired.snapshots)
        caches = self._caches.reconcile(desired.caches)
        targets = self._files.reconcile(desired.file_systems, desired.mount_targets)
        servers: list[Member] = [
            (databases[item.arn], item.firewall, None) for item in desired.databases if item.arn in databases
        ]
        servers += [(caches[node.id], node.firewall, None) for node in desired.caches]
        servers += [(targets[item.id], item.firewall, None) for item in desired.mount_targets]
        self._firewalls.apply(servers)
        self._firewalls.forget(machines + proxies + servers)
        networks.remove_unwanted(self._client, desired.networks)

    def _has_caught_up(self) -> bool:
        """Whether Docker follows all calls so far."""
        return self._done >= self._emulator.mutations

    def _has_its_nodes(self, group: str) -> bool:
        """Whether all nodes of a replication group answer; what is none, a user for instance, has none."""
        return all(node in self._caches.ready for node in cache_nodes.owners(group))

    def _has_no_nodes(self, owner: str) -> bool:
        """Whether a node, or all nodes of a group, are gone."""
        return not any(node == owner or node.startswith(f"{owner}/") for node in self._caches.present)

    def _ports(self) -> dict[str, dict[int, int]]:
        names = {balancer.arn: balancer.name for balancer in self._desired.balancers}
        return {names[arn]: ports for arn, ports in self._balancers.ports.items() if arn in names}

    def _look(self) -> None:
        """Look after the balancers; whatever happens there, the loop goes on."""
        try:
            self._look_at_balancers()
        except Exception:
            log.exception("the load balancers could not be looked at")

    def _look_at_balancers(self) -> None:
        """Let deregistered targets go when they may, refresh the targets' health, and deliver access logs."""
        self._balancers.settle()
        ports: dict[Balancer, int | None] = {
            balancer: self._balancers.ports.get(balancer.arn, {}).get(haproxy.CONTROL_PORT)
            for balancer in self._desired.balancers
        }
        if ports:
            self._health.observe(ports)
        self._access_logs.deliver(self._desired.balancers)

    def _watch_containers(self) -> None:
        """Wake the loop when somebody starts or stops one of our containers."""
        filters = engine.belonging() | {"type": ["container"], "event": ["start", "die", "destroy"]}
        while not self._stop.is_set():
            try:
                for event in self._client.events(decode=True, filters=filters):
                    if event["Actor"]["Attributes"].get(engine.LABEL) != engine.HELPER:
                        self._changed.set()
            except (docker.errors.DockerException, requests.RequestException):
                self._stop.wait(TICK)
