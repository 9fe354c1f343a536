# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What database, cache and file servers are told."""

from dataclasses import replace
from hashlib import sha256

import pytest

from local_cloud.reconcile import files, mariadb, postgres, redis
from local_cloud.reconcile.desired import CacheNode, CacheUser, Database, Directory, Firewall, MountTarget, Source

OPEN = Firewall((), ())
DATABASE = Database(
    arn="arn:aws:rds:eu-west-1:123456789012:db:main",
    identifier="main",
    engine="postgres",
    vpc="vpc-1",
    address="10.0.0.4",
    endpoint="main.example.com",
    port=5432,
    name="app",
    user="owner",
    password="it's \\ secret",
    force_tls=True,
    running=True,
    source=None,
    abroad=False,
    origin="",
    moment="",
    firewall=OPEN,
)
REPLICA = replace(DATABASE, source=Source("arn", "source.example.com", 6432))
NODE = CacheNode(
    id="arn/sessions-001",
    group="arn",
    name="sessions-001",
    vpc="vpc-1",
    address="10.0.0.5",
    names=("sessions-001.example.com",),
    certificate_names=("sessions-001.example.com",),
    port=6379,
    primary="",
    slots=None,
    members=("10.0.0.5", "10.0.0.6"),
    tls=True,
    users=(CacheUser("default", "on ~* &* +@all", ("token",)),),
    firewall=OPEN,
)


def test_texts_are_quoted_for_each_server() -> None:
    assert "PASSWORD %L', 'owner', 'it''s \\ secret'" in postgres.setup(DATABASE)
    assert "IDENTIFIED BY 'it''s \\\\ secret'" in mariadb.setup(DATABASE)


def test_plain_text_is_admitted_only_when_it_may_be() -> None:
    assert "hostnossl" not in postgres.access(DATABASE)
    assert "hostnossl" in postgres.access(replace(DATABASE, force_tls=False))
    assert "require_secure_transport = ON" in mariadb.configuration(DATABASE)
    assert "require_secure_transport = OFF" in mariadb.configuration(replace(DATABASE, force_tls=False))


def test_replicas_are_told_whom_to_follow_and_nothing_else() -> None:
    assert postgres.SERVER.environment(REPLICA)["PRIMARY"] == "host=source.example.com port=6432"
    assert "MASTER_HOST = 'source.example.com', MASTER_PORT = 6432" in mariadb.setup(REPLICA)
    for setup in (postgres.setup(REPLICA), mariadb.setup(REPLICA)):
        assert "secret" not in setup


def test_servers_of_a_source_and_its_replica_have_different_numbers() -> None:
    number = mariadb.configuration(DATABASE).partition("server_id")[2].splitlines()[0]
    assert number not in mariadb.configuration(replace(REPLICA, arn="arn:other"))


def test_caches_listen_with_or_without_tls_but_not_both() -> None:
    assert "port 0\ntls-port 6379\n" in redis.configuration(NODE, "p")
    plain = redis.configuration(replace(NODE, tls=False), "p")
    assert "tls-port" not in plain
    assert "port 6379\n" in plain


def test_tokens_are_told_as_digests() -> None:
    rules = redis.access(replace(NODE, users=(CacheUser("default", "on ~* +@all", ("one", "two")),)), "p")
    for token in ("one", "two"):
        assert f"#{sha256(token.encode()).hexdigest()}" in rules["default"]
    assert "one" not in rules["default"].split()


@pytest.mark.parametrize(
    ("users", "rule"),
    [
        ((CacheUser("default", "on ~* +@all", open=True),), "nopass"),
        ((CacheUser("app", "on ~* +@all", ("secret",)),), "off"),
    ],
)
def test_nobody_comes_in_by_default_unless_all_may(users: tuple[CacheUser, ...], rule: str) -> None:
    assert redis.access(replace(NODE, users=users), "p")["default"].split()[0] == rule


def test_roles_are_told_by_address() -> None:
    assert redis.commands(NODE, {}, set()) == "REPLICAOF NO ONE\n"
    assert redis.commands(replace(NODE, primary="10.0.0.6"), {}, {"old"}) == "ACL DELUSER old\nREPLICAOF 10.0.0.6 6379\n"
    assert "REPLICAOF" not in redis.commands(replace(NODE, slots=(0, 16383)), {}, set())


def test_nodes_of_a_cluster_have_slots_or_a_primary() -> None:
    assert redis.joining(NODE) == ""
    assert "ADDSLOTSRANGE 0 8191" in redis.joining(replace(NODE, slots=(0, 8191)))
    replica = redis.joining(replace(NODE, address="10.0.0.6", slots=(0, 8191), primary="10.0.0.5"))
    assert "ADDSLOTSRANGE" not in replica
    assert "CLUSTER REPLICATE" in replica


def test_mount_targets_tell_the_directories() -> None:
    root, point = Directory("fs-1", "fs-1"), Directory("fs-1/fsap-1", "fs-1/a b", (33, 33, "0750"))
    target = MountTarget("fsmt-1", "fs-1", "vpc-1", "10.0.0.7", ("fs-1.example.com",), (root, point), OPEN)
    assert 'string "fs-1/a b" if { path /fs-1/fsap-1 }' in files.render(target)
    assert "install -d -o 33 -g 33 -m 0750 '/files/fs-1/a b'" in files.creation(target.directories)
