# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups, enforced in each container's network namespace by small helper containers."""

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, nftables
from local_cloud.reconcile.desired import Firewall

# A container, what it lets through, and from where and on which port the reconciler itself looks in.
Member = tuple[Container, Firewall, tuple[str, int] | None]

APPLY = ["sh", "-c", 'printf %s "$RULES" | nft -f -']


class Firewalls:
    """Applies rules where they differ from what was applied last to the same start of a container."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._applied: dict[str, str] = {}

    def apply(self, members: list[Member]) -> None:
        """Bring each running container's rules up to date."""
        for container, firewall, management in members:
            container.reload()
            if container.status != "running":
                continue
            key, rules = engine.incarnation(container), nftables.render(firewall, management)
            if self._applied.get(key) != rules:
                self._replace(container, rules)
                self._applied[key] = rules

    def forget(self, members: list[Member]) -> None:
        """Forget the containers that are gone."""
        present = {engine.incarnation(container) for container, _, _ in members}
        self._applied = {key: rules for key, rules in self._applied.items() if key in present}

    def _replace(self, container: Container, rules: str) -> None:
        self._client.containers.run(
            image_name("host"),
            APPLY,
            environment={"RULES": rules},
            network_mode=f"container:{container.id}",
            cap_add=["NET_ADMIN"],
            labels=engine.labels(engine.HELPER, container.id),
            remove=True,
        )
