# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 instances: containers that boot systemd."""

from collections.abc import Iterable

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, files
from local_cloud.reconcile.desired import Host
from local_cloud.reconcile.endpoints import ENVIRONMENT, Endpoints
from local_cloud.reconcile.endpoints import FILES as ENDPOINT_FILES
from local_cloud.reconcile.networks import name_of

# Where the image's mount helper looks for all file systems.
FILES = "/var/lib/local-cloud/files"


class Hosts:
    """Keeps the instances' containers as the account wants them; `present` is the set of instance ids.

    A container that somebody stopped by hand stays stopped, as a crashed machine would: only what was stopped here,
    because its instance was, is started again with it.
    """

    def __init__(self, client: docker.DockerClient, endpoints: Endpoints) -> None:
        self._client = client
        self._endpoints = endpoints
        self._stopped: set[str] = set()
        self.present: set[str] = set()

    def reconcile(self, wanted: Iterable[Host]) -> dict[str, Container]:
        """Create, start, stop and remove; the containers by instance id."""
        hosts = {host.id: host for host in wanted}
        present = engine.containers(self._client, engine.INSTANCE)
        for instance in present.keys() - hosts.keys():
            engine.remove(present.pop(instance))
            self._endpoints.close(instance)
        for host in hosts.values():
            if host.id not in present:
                present[host.id] = self._create(host)
            self._follow_state(host, present[host.id])
        self.present = set(present)
        return present

    def _follow_state(self, host: Host, container: Container) -> None:
        if not host.running and host.id not in self._stopped:
            container.stop(timeout=5)
            self._stopped.add(host.id)
        elif host.running and (container.status == "created" or host.id in self._stopped):
            container.start()
            self._stopped.discard(host.id)

    def _create(self, host: Host) -> Container:
        container = engine.create(
            self._client,
            image_name("host"),
            name_of(host.vpc),
            host.address,
            [host.hostname],
            name=host.container,
            hostname=host.hostname,
            labels=engine.labels(engine.INSTANCE, host.id),
            cap_add=["SYS_ADMIN", "NET_ADMIN"],
            security_opt=["seccomp=unconfined", "apparmor=unconfined"],
            cgroupns="private",
            tmpfs={"/run": "", "/tmp": ""},  # noqa: S108 the container's own
            volumes=engine.bundle_mount() | files.shared_volume(self._client, FILES) | self._endpoints.open(host),
            environment=ENVIRONMENT,
        )
        engine.put_files(container, "/", ENDPOINT_FILES, mode=0o644)
        if host.user_data:
            engine.put_files(container, "/var/lib/cloud", {"user-data": host.user_data})
        return container
