# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of ElastiCache replication groups: Redis servers in containers, with TLS, tokens and users."""

import logging
import secrets
from collections.abc import Iterable

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, redis
from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.desired import CacheNode
from local_cloud.reconcile.networks import name_of

log = logging.getLogger(__name__)

SETTINGS = "/etc/terrace"
# The client does not tell of failed commands in its status. A replica must have its copy before it is ready.
APPLY = f"""ask() {{ redis-cli -s {redis.DIRECTORY}/admin.sock --user {redis.ADMINISTRATOR} --no-auth-warning "$@"; }}
answers=$(ask < {SETTINGS}/commands) || exit 1
if echo "$answers" | grep -v -e ^OK -e ^[0-9]; then exit 1; fi
. {SETTINGS}/joining
case "$(ask INFO replication)" in *role:slave*master_link_status:down*) exit 1 ;; esac
"""


class Caches:
    """Keeps the nodes' containers as the account wants them; `ready` and `present` are sets of nodes' ids."""

    def __init__(self, client: docker.DockerClient, authority: Authority) -> None:
        self.ready: set[str] = set()
        self.present: set[str] = set()
        self._client = client
        self._authority = authority
        self._password = secrets.token_hex(24)
        self._configured: dict[str, str] = {}
        self._users: dict[str, set[str]] = {}

    def reconcile(self, wanted: Iterable[CacheNode]) -> dict[str, Container]:
        """Create, configure and remove; the containers by node."""
        nodes = {node.id: node for node in wanted}
        present = engine.containers(self._client, engine.CACHE)
        for gone in present.keys() - nodes.keys():
            engine.remove(present.pop(gone))
        for node in nodes.values():
            if node.id not in present:
                present[node.id] = self._create(node)
                present[node.id].start()
                present[node.id].reload()
            self._follow(node, present[node.id])
        self.ready &= nodes.keys()
        self.present = set(present)
        return present

    def _create(self, node: CacheNode) -> Container:
        container = engine.create(
            self._client,
            image_name("redis"),
            name_of(node.vpc),
            node.address,
            list(node.names),
            name=node.container,
            hostname=node.name,
            labels=engine.labels(engine.CACHE, node.id),
            # A server that cannot start at once may a moment later; one that is stopped by hand stays so.
            restart_policy={"Name": "on-failure", "MaximumRetryCount": 5},
        )
        certificate, key = self._authority.issue(*node.certificate_names)
        files = {"ca.crt": self._authority.certificate_file.read_bytes(), "server.crt": certificate, "server.key": key}
        files |= {
            "redis.conf": redis.configuration(node, self._password).encode(),
            "users.acl": redis.users_file(redis.access(node, self._password)).encode(),
        }
        engine.put_files(container, SETTINGS, files)
        self._users[node.id] = set()
        return container

    def _follow(self, node: CacheNode, container: Container) -> None:
        rules = redis.access(node, self._password)
        wanted = repr((engine.incarnation(container), node.names, node.primary, node.members, rules))
        if container.status == "exited" or self._configured.get(node.id) == wanted:
            return
        self.ready.discard(node.id)
        self._answer_to(node, container)
        if self._apply(node, container, rules):
            self._configured[node.id] = wanted
            self._users[node.id] = set(rules)
            self.ready.add(node.id)

    def _apply(self, node: CacheNode, container: Container, rules: dict[str, str]) -> bool:
        """Tell the server its users and its role; false while it does not answer or has no copy yet."""
        files = {
            "users.acl": redis.users_file(rules).encode(),
            "commands": redis.commands(node, rules, self._users.get(node.id, set()) - rules.keys()).encode(),
        }
        files["joining"] = redis.joining(node).encode()
        engine.put_files(container, SETTINGS, files)
        status, output = container.exec_run(["sh", "-c", APPLY], environment={"REDISCLI_AUTH": self._password})
        if status:
            log.debug("%s is not ready: %r", node.name, output)
        return status == 0

    def _answer_to(self, node: CacheNode, container: Container) -> None:
        """Give the node the endpoints' names of its role, which change hands at a failover."""
        network = name_of(node.vpc)
        container.reload()
        names = container.attrs["NetworkSettings"]["Networks"][network]["Aliases"] or []
        # Docker adds names of its own, all without a domain.
        if set(node.names) == {name for name in names if "." in name}:
            return
        docker_network = self._client.networks.get(network)
        docker_network.disconnect(container, force=True)
        docker_network.connect(container, aliases=list(node.names), ipv4_address=node.address)
