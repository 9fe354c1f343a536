# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS instances: real servers in containers, with TLS and the master user's password."""

import logging
from collections.abc import Iterable

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.reconcile import engine, postgres
from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.desired import Database
from local_cloud.reconcile.networks import name_of

log = logging.getLogger(__name__)

# RDS's engine -> the image that stands in for it.
ENGINES = {"postgres": "postgres"}
SETTINGS = "/etc/terrace"
DATA = "/var/lib/postgresql/data"
RUN_SQL = 'printf %s "$SQL" | psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --port="$DATABASE_PORT" postgres'
RELOAD = f"install -o postgres -g postgres -m 600 {SETTINGS}/pg_hba.conf {DATA}/ && kill -HUP 1"


class Databases:
    """Keeps the databases' containers as the account wants them; `ready` and `present` are sets of ARNs."""

    def __init__(self, client: docker.DockerClient, authority: Authority) -> None:
        self.ready: set[str] = set()
        self.present: set[str] = set()
        self._client = client
        self._authority = authority
        self._configured: dict[str, str] = {}

    def reconcile(self, wanted: Iterable[Database]) -> dict[str, Container]:
        """Create, configure, start, stop and remove; the containers by ARN."""
        databases = {database.arn: database for database in wanted if database.engine in ENGINES}
        present = engine.containers(self._client, engine.DATABASE)
        for arn in present.keys() - databases.keys():
            engine.remove(present.pop(arn))
        for database in databases.values():
            if database.arn not in present:
                present[database.arn] = self._create(database)
            self._follow_state(database, present[database.arn])
        self.ready &= databases.keys()
        self.present = set(present)
        return present

    def _follow_state(self, database: Database, container: Container) -> None:
        if not database.running:
            container.stop(timeout=5)
            return
        if container.status != "running":
            container.start()
        wanted = repr((container.id, postgres.access(database), postgres.setup(database)))
        if self._configured.get(database.arn) != wanted and self._configure(database, container):
            self._configured[database.arn] = wanted
            self.ready.add(database.arn)

    def _create(self, database: Database) -> Container:
        container = engine.create(
            self._client,
            image_name(ENGINES[database.engine]),
            name_of(database.vpc),
            database.address,
            [database.endpoint],
            name=database.container,
            hostname=database.identifier,
            labels=engine.labels(engine.DATABASE, database.arn),
            environment={"DATABASE_PORT": str(database.port)},
        )
        certificate, key = self._authority.issue(database.endpoint)
        files = {"server.crt": certificate, "server.key": key, "pg_hba.conf": postgres.access(database).encode()}
        engine.put_files(container, SETTINGS, files)
        return container

    def _configure(self, database: Database, container: Container) -> bool:
        """Make user and database and set who may connect; false while the server does not answer."""
        sql = {"SQL": postgres.setup(database)}
        status, output = container.exec_run(["sh", "-c", RUN_SQL], user="postgres", environment=sql)
        if status:
            log.debug("%s is not ready: %r", database.identifier, output)
            return False
        engine.put_files(container, SETTINGS, {"pg_hba.conf": postgres.access(database).encode()})
        status, _ = container.exec_run(["sh", "-c", RELOAD])
        return status == 0
