# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases, caches and file systems of the emulated account, used from its hosts. The tests follow one another."""

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.paths import scope
from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.engine import put_files
from tests.local_cloud.data import PASSWORD, TOKENS, Data, build

pytestmark = pytest.mark.docker

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 120
CLOUD = "data-tests"
ENVIRONMENT = os.environ | {"TERRACE_LOCAL_CLOUD": CLOUD}
FILES = "/etc/terrace-test"
LABEL = f"terrace.local.cloud={scope(CLOUD)}"
STATE = CHECKOUT / ".local" / f"cloud-{CLOUD}"


def cloud(command: str) -> None:
    subprocess.run([sys.executable, "-m", "local_cloud", command], cwd=CHECKOUT, env=ENVIRONMENT, check=True)


def eventually(wanted: Any, read: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (value := read()) != wanted:
        assert time.monotonic() < deadline, f"{value!r} never became {wanted!r}"
        time.sleep(0.3)


@dataclass
class World:
    """The account, and a client for each kind of server in the first host's place in the network."""

    data: Data
    connect: Callable[[str], Any]
    docker: docker.DockerClient
    clients: dict[str, Container] = field(default_factory=dict)

    def host(self, number: int) -> Container:
        return self.docker.containers.get(f"terrace-{self.data.hosts[number]}")

    def ask(self, kind: str, command: list[str], **environment: str) -> str:
        """Return what a client says, of which nobody asks whether it worked."""
        if kind not in self.clients:
            labels = {"terrace.local": "helper", "terrace.local.cloud": scope(CLOUD)}
            network = f"container:{self.host(0).id}"
            client = self.docker.containers.run(
                image_name(kind), ["sleep", "infinity"], detach=True, network_mode=network, labels=labels
            )
            other = Authority(STATE / "other").certificate_file.read_bytes()
            put_files(client, FILES, {"ca.pem": (STATE / "ca.pem").read_bytes(), "other.pem": other}, mode=0o644)
            self.clients[kind] = client
        _, output = self.clients[kind].exec_run(["timeout", "5", *command], environment=environment)
        return output.decode().strip()

    def on_host(self, number: int, command: str) -> str:
        _, output = self.host(number).exec_run(["sh", "-c", command])
        return output.decode().strip()

    def database(self, name: str) -> dict[str, Any]:
        return self.connect("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def available(self, *names: str) -> None:
        for name in names:
            eventually("available", lambda name=name: self.database(name)["DBInstanceStatus"])

    def sql(self, name: str, statement: str, ca: str = "ca", host: str = "", tls: bool = True) -> str:
        """Ask a database as its master user."""
        database = self.database(name)
        host = host or database["Endpoint"]["Address"]
        if database["Engine"] == "postgres":
            mode = f"sslmode=verify-full sslrootcert={FILES}/{ca}.pem" if tls else "sslmode=disable"
            return self.ask(
                "postgres", ["psql", "-qtA", f"host={host} dbname=app user=owner {mode}", "-c", statement], PGPASSWORD=PASSWORD
            )
        options = [f"--ssl-ca={FILES}/{ca}.pem", "--ssl-verify-server-cert"] if tls else ["--skip-ssl"]
        return self.ask(
            "mariadb", ["mariadb", *options, "-N", "-h", host, "-u", "owner", "app", "-e", statement], MYSQL_PWD=PASSWORD
        )

    def cache(self, endpoint: str, *command: str, token: str = TOKENS[0], ca: str = "ca", tls: bool = True) -> str:
        """Ask the cache behind one of its endpoints."""
        group = self.connect("elasticache").describe_replication_groups(ReplicationGroupId="sessions")["ReplicationGroups"][0]
        host = group["NodeGroups"][0][endpoint]["Address"]
        options = ["--tls", "--cacert", f"{FILES}/{ca}.pem", "--sni", host] if tls else []
        return self.ask("redis", ["redis-cli", "-h", host, "--no-auth-warning", *options, *command], REDISCLI_AUTH=token)

    def cache_status(self) -> str:
        group = self.connect("elasticache").describe_replication_groups(ReplicationGroupId="sessions")["ReplicationGroups"][0]
        return group["Status"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    cloud("down")
    cloud("up")
    (STATE / "other").mkdir(exist_ok=True)
    try:
        endpoint = json.loads((STATE / "state.json").read_text())["endpoint"]
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        connect = functools.cache(lambda service: boto3.client(service, region_name="eu-west-1", endpoint_url=endpoint, **keys))
        world = World(build(connect), connect, docker.from_env())
        world.available("pg", "my")
        eventually("available", world.cache_status)
        yield world
    finally:
        cloud("down")


COUNT = "SELECT count(*) FROM visits"


@pytest.mark.parametrize(
    ("name", "wrong_name", "in_the_clear"),
    [
        ("pg", "does not match host name", "no pg_hba.conf entry"),
        ("my", "Validation of SSL server certificate failed", "Access denied"),
    ],
)
def test_databases_are_reached_with_verified_tls_only(world: World, name: str, wrong_name: str, in_the_clear: str) -> None:
    assert world.sql(name, "CREATE TABLE visits (n int PRIMARY KEY)") == ""
    assert world.sql(name, "INSERT INTO visits VALUES (1)") == ""
    assert world.sql(name, COUNT) == "1"
    assert "certificate" in world.sql(name, COUNT, ca="other")
    address = world.on_host(0, f"getent hosts {world.database(name)['Endpoint']['Address']}").split()[0]
    assert wrong_name in world.sql(name, COUNT, host=address)
    assert in_the_clear in world.sql(name, COUNT, tls=False)


@pytest.mark.parametrize("name", ["pg", "my"])
def test_the_master_user_is_no_superuser(world: World, name: str) -> None:
    forbidden = {"pg": "ALTER SYSTEM SET work_mem = '1GB'", "my": "SET GLOBAL max_connections = 1"}
    assert "denied" in world.sql(name, forbidden[name])


def test_replicas_follow_and_can_be_promoted(world: World) -> None:
    rds = world.connect("rds")
    for name in ("pg", "my"):
        rds.create_db_instance_read_replica(DBInstanceIdentifier=f"{name}-reader", SourceDBInstanceIdentifier=name)
    world.available("pg-reader", "my-reader")
    for name in ("pg", "my"):
        world.sql(name, "INSERT INTO visits VALUES (2)")
        eventually("2", lambda name=name: world.sql(f"{name}-reader", COUNT))
        assert "read-only" in world.sql(f"{name}-reader", "INSERT INTO visits VALUES (3)")
    rds.promote_read_replica(DBInstanceIdentifier="pg-reader")
    eventually("", lambda: world.sql("pg-reader", "INSERT INTO visits VALUES (3) ON CONFLICT DO NOTHING"))
    assert (world.sql("pg-reader", COUNT), world.sql("pg", COUNT)) == ("3", "2")


def test_snapshots_and_moments_hold_data(world: World) -> None:
    rds = world.connect("rds")
    network = {"DBSubnetGroupName": "data", "VpcSecurityGroupIds": [world.data.group]}
    rds.create_db_snapshot(DBInstanceIdentifier="pg", DBSnapshotIdentifier="before")
    eventually("available", lambda: rds.describe_db_snapshots(DBSnapshotIdentifier="before")["DBSnapshots"][0]["Status"])
    time.sleep(1)
    moment = datetime.now(UTC)
    time.sleep(1)
    world.sql("pg", "DROP TABLE visits")
    rds.delete_db_instance(DBInstanceIdentifier="my", FinalDBSnapshotIdentifier="last")
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="pg-restored", DBSnapshotIdentifier="before", **network)
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="my-restored", DBSnapshotIdentifier="last", DBParameterGroupName="my", **network
    )
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="pg", TargetDBInstanceIdentifier="pg-past", RestoreTime=moment, **network
    )
    world.available("pg-restored", "my-restored", "pg-past")
    assert [world.sql(name, COUNT) for name in ("pg-restored", "my-restored", "pg-past")] == ["2", "2", "2"]
    assert "does not exist" in world.sql("pg", COUNT)


def test_the_cache_is_reached_with_verified_tls_and_its_token_only(world: World) -> None:
    assert world.cache("PrimaryEndpoint", "SET", "key", "value") == "OK"
    eventually("value", lambda: world.cache("ReaderEndpoint", "GET", "key"))
    assert "READONLY" in world.cache("ReaderEndpoint", "SET", "key", "other")
    assert "certificate" in world.cache("PrimaryEndpoint", "PING", ca="other")
    assert "WRONGPASS" in world.cache("PrimaryEndpoint", "PING", token="wrong")
    assert "PONG" not in world.cache("PrimaryEndpoint", "PING", tls=False)
    assert "NOPERM" in world.cache("PrimaryEndpoint", "CONFIG", "GET", "*")


def test_both_tokens_are_valid_while_they_are_rotated(world: World) -> None:
    change = functools.partial(
        world.connect("elasticache").modify_replication_group, ReplicationGroupId="sessions", ApplyImmediately=True
    )
    change(AuthToken=TOKENS[1], AuthTokenUpdateStrategy="ROTATE")
    eventually("available", world.cache_status)
    assert [world.cache("PrimaryEndpoint", "PING", token=token) for token in TOKENS] == ["PONG", "PONG"]
    change(AuthToken=TOKENS[1], AuthTokenUpdateStrategy="SET")
    eventually("available", world.cache_status)
    assert "WRONGPASS" in world.cache("PrimaryEndpoint", "PING")
    assert world.cache("ReaderEndpoint", "PING", token=TOKENS[1]) == "PONG"


def test_hosts_share_a_file_system(world: World) -> None:
    name = f"{world.data.file_system}.efs.eu-west-1.amazonaws.com"
    mount = f"mkdir -p /srv/shared && mount -t nfs4 -o nfsvers=4.1,hard,noresvport {name}:/ /srv/shared"
    for number in (0, 1):
        assert world.on_host(number, f"{mount} && mountpoint /srv/shared") == "/srv/shared is a mountpoint"
    world.on_host(0, "echo hello > /srv/shared/greeting")
    assert world.on_host(1, "cat /srv/shared/greeting") == "hello"
    options = f"tls,accesspoint={world.data.access_point}"
    mount = f"mkdir -p /srv/www && mount -t efs -o {options} {world.data.file_system}:/ /srv/www"
    assert world.on_host(1, f"{mount} && stat -c '%u %g %a' /srv/www") == "33 33 750"


def test_what_is_not_there_is_not_mounted(world: World) -> None:
    name = f"{world.data.file_system}.efs.eu-west-1.amazonaws.com"
    assert "No such file" in world.on_host(0, f"mount -t nfs4 {name}:/missing /mnt")
    assert "no other NFS servers" in world.on_host(0, "mount -t nfs4 files.example.com:/ /mnt")


def test_what_is_deleted_disappears(world: World) -> None:
    efs, elasticache, rds = world.connect("efs"), world.connect("elasticache"), world.connect("rds")
    elasticache.delete_replication_group(ReplicationGroupId="sessions")
    for name in ("pg", "pg-reader", "pg-restored", "pg-past", "my-reader", "my-restored"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    for snapshot in ("before", "last"):
        rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    for target in efs.describe_mount_targets(FileSystemId=world.data.file_system)["MountTargets"]:
        efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    efs.delete_file_system(FileSystemId=world.data.file_system)
    kinds = ("database", "cache", "files")
    filters = [{"label": [f"terrace.local={kind}", LABEL]} for kind in kinds]
    containers = functools.partial(world.docker.containers.list, all=True, ignore_removed=True)
    eventually([], lambda: [item for one in filters for item in containers(filters=one)])
    eventually([], lambda: world.docker.volumes.list(filters={"label": ["terrace.local=snapshot", LABEL]}))
