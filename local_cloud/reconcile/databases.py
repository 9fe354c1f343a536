# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS instances: real servers in containers, with TLS and the master user's password."""

import logging
from collections.abc import Iterable

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, mariadb, postgres
from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.desired import Database, Snapshot
from local_cloud.reconcile.networks import connect_to_backbone, name_of, remove_backbone
from local_cloud.reconcile.servers import REPLICATION_USER
from local_cloud.reconcile.snapshots import Snapshots

log = logging.getLogger(__name__)

# RDS's engine -> the server that stands in for it.
ENGINES = {"postgres": postgres.SERVER, "mariadb": mariadb.SERVER, "mysql": mariadb.SERVER}
SETTINGS = "/etc/terrace"


class Databases:
    """Keeps the databases' containers as the account wants them.

    `ready` and `present` are sets of ARNs; what has no server here is ready at once.
    """

    def __init__(self, client: docker.DockerClient, authority: Authority) -> None:
        self.ready: set[str] = set()
        self.present: set[str] = set()
        self.snapshots = Snapshots(client)
        self._client = client
        self._authority = authority
        self._configured: dict[str, str] = {}
        self._abroad: set[str] = set()

    def reconcile(self, wanted: Iterable[Database], snapshots: Iterable[Snapshot]) -> dict[str, Container]:
        """Create, configure, start, stop, copy and remove; the containers by ARN."""
        everything = {database.arn: database for database in wanted}
        databases = {arn: database for arn, database in everything.items() if database.engine in ENGINES}
        present = engine.containers(self._client, engine.DATABASE)
        self.snapshots.reconcile(snapshots, present)
        for arn in present.keys() - databases.keys():
            engine.remove(present.pop(arn))
        for database in databases.values():
            if database.arn not in present:
                present[database.arn] = self._create(database)
            if database.abroad:
                connect_to_backbone(self._client, present[database.arn], database.endpoint)
                self._abroad.add(database.arn)
            self._follow_state(database, present[database.arn])
        if self._abroad - databases.keys():
            remove_backbone(self._client)
            self._abroad &= databases.keys()
        self.ready = (self.ready & databases.keys()) | (everything.keys() - databases.keys())
        self.present = set(present)
        return present

    def _follow_state(self, database: Database, container: Container) -> None:
        if not database.running:
            container.stop(timeout=5)
            return
        if container.status != "running":
            container.start()
        server = ENGINES[database.engine]
        wanted = repr((container.id, server.settings(database), server.setup(database)))
        if self._configured.get(database.arn) != wanted and self._configure(database, container):
            self._configured[database.arn] = wanted
            self.ready.add(database.arn)

    def _create(self, database: Database) -> Container:
        server = ENGINES[database.engine]
        container = engine.create(
            self._client,
            image_name(server.image),
            name_of(database.vpc),
            database.address,
            [database.endpoint],
            name=database.container,
            hostname=database.identifier,
            labels=engine.labels(engine.DATABASE, database.arn),
            environment=server.environment(database),
        )
        engine.put_files(container, SETTINGS, self._certificates(database) | server.settings(database))
        if database.origin:
            self.snapshots.restore(database.origin, container)
        return container

    def _certificates(self, database: Database) -> dict[str, bytes]:
        certificate, key = self._authority.issue(database.endpoint)
        replication_certificate, replication_key = self._authority.issue(REPLICATION_USER)
        return {
            "ca.crt": self._authority.certificate_file.read_bytes(),
            "server.crt": certificate,
            "server.key": key,
            "replication.crt": replication_certificate,
            "replication.key": replication_key,
        }

    def _configure(self, database: Database, container: Container) -> bool:
        """Make user and database and set who may connect; false while the server does not answer."""
        server = ENGINES[database.engine]
        sql = {"SQL": server.setup(database)}
        status, output = container.exec_run(["sh", "-c", server.run], user=server.user, environment=sql)
        if status:
            log.debug("%s is not ready: %r", database.identifier, output)
            return False
        engine.put_files(container, SETTINGS, server.settings(database))
        status, _ = container.exec_run(["sh", "-c", server.reload])
        return status == 0
