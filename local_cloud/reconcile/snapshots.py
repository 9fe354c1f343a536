# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of RDS snapshots: a volume each, with a copy of the database's files as they were at one instant."""

from collections.abc import Iterable, Mapping

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine
from local_cloud.reconcile.desired import Snapshot

# A server that starts from the copy recovers as after a loss of power; what names the old process, and what says that it was
# restored itself, must not be there.
COPY = ["sh", "-c", "cp -a /from/. /to/ && rm -f /to/main/postmaster.pid /to/restored"]


class Snapshots:
    """Keeps the volumes as the account wants them; `ready` is the set of ARNs."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.ready: set[str] = set()
        self._client = client

    def reconcile(self, wanted: Iterable[Snapshot], databases: Mapping[str, Container]) -> None:
        """Take what is new, while the databases that may be about to go are still there, and remove what is gone."""
        snapshots = {snapshot.arn: snapshot for snapshot in wanted}
        present = self._volumes()
        for arn in present.keys() - snapshots.keys():
            self._client.volumes.get(present.pop(arn)).remove(force=True)
        self.ready &= snapshots.keys()
        for arn, snapshot in snapshots.items():
            if arn in self.ready:
                continue
            if snapshot.source in databases:
                self._take(arn, databases[snapshot.source])
            elif snapshot.source in present:
                self._copy(present[snapshot.source], self._create(arn))
            self.ready.add(arn)

    def restore(self, arn: str, container: Container) -> None:
        """Fill the volume of a container that has not been started."""
        if volume := self._volumes().get(arn):
            container.reload()
            self._copy(volume, _data_volume(container))

    def _take(self, arn: str, container: Container) -> None:
        """Copy the files of a database that stands still meanwhile, as RDS suspends I/O."""
        running = container.status == "running"
        if running:
            container.pause()
        try:
            self._copy(_data_volume(container), self._create(arn))
        finally:
            if running:
                container.unpause()

    def _create(self, arn: str) -> str:
        return self._client.volumes.create(labels=engine.labels(engine.SNAPSHOT, arn)).name

    def _copy(self, source: str, target: str) -> None:
        self._client.containers.run(
            image_name("proxy"),
            COPY,
            network_mode="none",
            volumes={source: {"bind": "/from", "mode": "ro"}, target: {"bind": "/to", "mode": "rw"}},
            labels=engine.labels(engine.HELPER, target),
            remove=True,
        )

    def _volumes(self) -> dict[str, str]:
        found = self._client.volumes.list(filters=engine.belonging(engine.SNAPSHOT))
        return {volume.attrs["Labels"][f"{engine.LABEL}.id"]: volume.name for volume in found}


def _data_volume(container: Container) -> str:
    """Return the name of the one volume that a database's container has."""
    return next(mount["Name"] for mount in container.attrs["Mounts"] if mount["Type"] == "volume")
