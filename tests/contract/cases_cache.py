# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the cache tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_parameter_group import CacheParameterGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_replication_group import CacheReplicationGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_subnet_group import CacheSubnetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_user import CacheUser
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_user_group import CacheUserGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import Secret
from ansible_collections.terrace.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.subnet import Subnet
from ansible_collections.terrace.aws.plugins.module_utils.kinds.vpc import Vpc
from tests.contract.case import Case


def cache(kind: str, name: str, values: Any) -> Declaration:
    return Declaration(kind, name, "cache", values)


def network(kind: str, name: str, values: Any) -> Declaration:
    return Declaration(kind, name, "network", values)


def secret(name: str) -> Declaration:
    values = Secret(
        generated=True,
        username="long-enough-for-a-token",
        value_key="token",
        length=40,
        exclude_punctuation=True,
        recovery_days=7,
    )
    return Declaration("secret", name, "secrets", values)


def parameter_group(name: str, family: str = "redis7", **parameters: str) -> Declaration:
    return cache("cache_parameter_group", name, CacheParameterGroup(family=family, description=name, parameters=parameters))


def user(name: str, username: str) -> Declaration:
    values = CacheUser(engine="redis", username=username, access_string="off -@all", authentication={"type": "password"})
    return cache("cache_user", name, values)


def login(name: str) -> dict[str, Any]:
    return {"secret": Reference("secret", name, "current"), "key": "token", "former": False}


MAIN = Reference("vpc", "main")
NETWORK = (
    network("vpc", "main", Vpc(cidr="10.40.0.0/16")),
    *(
        network("subnet", f"data/eu-west-1{zone}", Subnet(vpc=MAIN, cidr=f"10.40.{number}.0/24", zone=f"eu-west-1{zone}"))
        for number, zone in enumerate("abc")
    ),
    *(network("security_group", name, SecurityGroup(vpc=MAIN, description=name)) for name in ("cache", "other")),
)
TWO_ZONES = (Reference("subnet", "data/eu-west-1a"), Reference("subnet", "data/eu-west-1b"))
DATA = cache("cache_subnet_group", "data", CacheSubnetGroup(description="Data", subnets=TWO_ZONES))
SECRETS = (secret("first"),)
USERS = (user("default", "default"), user("app", "app"), user("jobs", "jobs"))
DEFAULT, APP, JOBS = (Reference("cache_user", name) for name in ("default", "app", "jobs"))
USER_GROUP = cache("cache_user_group", "everybody", CacheUserGroup(engine="redis", users=(DEFAULT, APP)))
LOGS = tuple(Declaration("log_group", name, "monitoring", LogGroup(retention=30)) for name in ("slow", "engine"))
SLOW_LOG = {"type": "slow-log", "log_group": Reference("log_group", "slow"), "format": "json"}
ENGINE_LOG = {"type": "engine-log", "log_group": Reference("log_group", "engine"), "format": "text"}

CASES = {
    "cache_subnet_group": Case(
        CacheSubnetGroup(description="Data", subnets=TWO_ZONES),
        "cache",
        NETWORK,
        changes={"description": "More data", "subnets": Reference("subnet", "data/", every=True)},
    ),
    "cache_parameter_group": Case(
        CacheParameterGroup(
            # One of them is the engine's default.
            family="valkey8",
            description="Data",
            parameters={"maxmemory-policy": "noeviction", "timeout": "0"},
        ),
        "cache",
        changes={"parameters": {"timeout": "300", "notify-keyspace-events": "Ex"}},
    ),
    "cache_user": Case(
        CacheUser(
            engine="valkey",
            # IAM wants the id.
            username="contract-suite-subject",
            access_string="on allkeys +@read",
            authentication={"type": "password", **login("first")},
        ),
        "cache",
        SECRETS,
        changes={
            "access_string": "on ~app:* +@all -@dangerous",
            "authentication": {"type": "iam"},
        },
    ),
    "cache_user_group": Case(
        CacheUserGroup(engine="redis", users=(DEFAULT, APP)),
        "cache",
        USERS,
        changes={"users": (DEFAULT, JOBS)},
    ),
    "cache_replication_group": Case(
        CacheReplicationGroup(
            description="Subject",
            engine="redis",
            version="7.0",
            node_type="cache.t4g.small",
            cluster_mode="compatible",
            shards=1,
            replicas=2,
            automatic_failover=True,
            multi_az=True,
            parameter_group=Reference("cache_parameter_group", "first"),
            subnet_group=Reference("cache_subnet_group", "data"),
            security_groups=(Reference("security_group", "cache"),),
            port=6379,
            at_rest_encryption=True,
            kms_key="",
            transit_encryption="required",
            access=login("first"),
            snapshot_retention=7,
            snapshot_window="03:00-04:00",
            maintenance_window="sun:05:00-sun:06:00",
            auto_minor_version_upgrade=True,
            log_delivery=(SLOW_LOG,),
            deletion_protection=True,
            final_snapshot=True,
        ),
        "cache",
        (
            *NETWORK,
            *SECRETS,
            *LOGS,
            *USERS,
            DATA,
            USER_GROUP,
            parameter_group("first", **{"cluster-enabled": "yes"}),
            parameter_group("second", **{"cluster-enabled": "yes"}),
            parameter_group("plain"),
            parameter_group("valkey", "valkey7", **{"cluster-enabled": "yes"}),
        ),
        changes={
            "description": "Another",
            "engine": "valkey",
            "version": "7.1",
            "node_type": "cache.t4g.medium",
            "cluster_mode": "enabled",
            "shards": 3,
            "replicas": 1,
            "automatic_failover": False,
            "multi_az": False,
            "parameter_group": Reference("cache_parameter_group", "second"),
            "security_groups": (Reference("security_group", "cache"), Reference("security_group", "other")),
            "transit_encryption": "preferred",
            "access": {"user_group": Reference("cache_user_group", "everybody")},
            "snapshot_retention": 14,
            "snapshot_window": "01:00-02:00",
            "maintenance_window": "Mon:05:00-Mon:06:00",
            "auto_minor_version_upgrade": False,
            "log_delivery": (ENGINE_LOG,),
            "deletion_protection": False,
        },
        given={
            "shards": {"cluster_mode": "enabled"},
            "transit_encryption": {"access": {}},
            "automatic_failover": {
                "cluster_mode": "disabled",
                "parameter_group": Reference("cache_parameter_group", "plain"),
                "multi_az": False,
            },
        },
        along={"engine": {"version": "7.2", "parameter_group": Reference("cache_parameter_group", "valkey")}},
        before_delete={"deletion_protection": False},
    ),
}
