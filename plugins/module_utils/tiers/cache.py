# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache tier: Valkey and Redis caches with a parameter group each, their subnet groups, users and user groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, names, require_known
from ansible_collections.terrace.aws.plugins.module_utils.kinds import cache_user
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_parameter_group import CacheParameterGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_replication_group import CacheReplicationGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_subnet_group import CacheSubnetGroup
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_user import CacheUser
from ansible_collections.terrace.aws.plugins.module_utils.kinds.cache_user_group import CacheUserGroup
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _windows
from ansible_collections.terrace.aws.plugins.module_utils.tiers._cache_checks import check, check_user, check_user_group
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    KMS_KEY,
    key_of,
    reference,
    several,
)

TIER = "cache"
KINDS = (
    "cache_subnet_group",
    "cache_parameter_group",
    "cache_user",
    "cache_user_group",
    "cache_replication_group",
)
SPEC = {
    "replication_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "engine": {"type": "str", "choices": ["valkey", "redis"], "default": "valkey"},
            "version": {"type": "str", "required": True},
            "node_type": {"type": "str", "required": True},
            "cluster_mode": {"type": "str", "choices": ["disabled", "compatible", "enabled"], "default": "disabled"},
            "shards": {"type": "int", "default": 1},
            "replicas": {"type": "int", "default": 1},
            "multi_az": {"type": "bool"},
            "port": {"type": "int", "default": 6379},
            "subnets": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "str", "required": True},
            "encrypted": {"type": "bool", "default": True},
            "kms_key": {"type": "str", "no_log": False},
            "transit_encryption": {"type": "str", "choices": ["required", "preferred", "disabled"], "default": "required"},
            # Names: no option of this tier takes a password.
            "auth_token_secret": {"type": "str", "no_log": False},
            "auth_token_key": {"type": "str", "no_log": False},
            "keep_former_token": {"type": "bool", "default": False, "no_log": False},
            "user_group": {"type": "str"},
            "parameters": {"type": "dict", "default": {}},
            "restore_snapshot": {"type": "str"},
            "snapshot_retention": {"type": "int", "default": 7},
            "snapshot_window": {"type": "str"},
            "maintenance_window": {"type": "str"},
            "auto_minor_version_upgrade": {"type": "bool", "default": True},
            "logs": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "type": {"type": "str", "choices": ["slow-log", "engine-log"], "required": True},
                    "log_group": {"type": "str", "required": True},
                    "format": {"type": "str", "choices": ["json", "text"], "default": "json"},
                },
            },
            "deletion_protection": {"type": "bool", "default": True},
            "final_snapshot": {"type": "bool", "default": True},
        },
    },
    "users": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "username": {"type": "str"},
            "access_string": {"type": "str", "required": True},
            "authentication": {"type": "str", "choices": ["password", "iam"], "default": "password"},
            "password_secret": {"type": "str", "no_log": False},
            "password_key": {"type": "str", "no_log": False},
            "keep_former_password": {"type": "bool", "default": False, "no_log": False},
        },
    },
    "user_groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "users": {"type": "list", "elements": "str", "required": True},
        },
    },
}
IDENTIFIER_NAME = Constraint(
    pattern=r"(?=.{1,32}$)[a-z]+(-?[a-z0-9]+)*", says="a name is 1 to 32 lower-case letters, digits and single hyphens"
)
USER_NAME = Constraint(
    pattern=r"(?=.{1,32}$)(?!default$)[a-z]+(-?[a-z0-9]+)*",
    says="a name is 1 to 32 lower-case letters, digits and single hyphens; default is the user that is always turned off",
)
JSON_KEY = Constraint(pattern=r"[A-Za-z0-9_.-]{1,64}", says="a key has letters, digits and _.-")
CONSTRAINTS = {
    "replication_groups": several(),
    "replication_groups[].name": IDENTIFIER_NAME,
    "replication_groups[].version": Constraint(
        pattern=r"([7-9]|1\d)\.\d{1,2}", says='a version has a major number from 7 on and a minor one, such as "8.0" (quote it)'
    ),
    "replication_groups[].node_type": Constraint(
        pattern=r"cache\.(?!t1\.|t2\.|m[1-3]\.|c1\.|r3\.)[a-z0-9-]{2,16}\.[a-z0-9]{4,12}",
        says="a node type looks like cache.t4g.small; the types of the earliest generations cannot run these versions",
    ),
    "replication_groups[].shards": Constraint(minimum=1, maximum=500),
    "replication_groups[].replicas": Constraint(minimum=0, maximum=5),
    "replication_groups[].port": Constraint(minimum=1, maximum=65535),
    "replication_groups[].subnets": reference("subnet/{}/"),
    "replication_groups[].security_groups": Constraint(min_length=1, max_length=5, distinct=True),
    "replication_groups[].security_groups[]": reference("security_group/{}"),
    "replication_groups[].kms_key": KMS_KEY,
    "replication_groups[].auth_token_secret": reference("secret/{}"),
    "replication_groups[].auth_token_key": JSON_KEY,
    "replication_groups[].user_group": reference("cache_user_group/{}"),
    "replication_groups[].parameters": Constraint(
        keys=Constraint(
            pattern=r"(?!cluster-enabled$)[a-z][a-z0-9-]{0,99}",
            says="a parameter's name looks like maxmemory-policy; cluster-enabled follows from cluster_mode",
        ),
        values=Constraint(),
    ),
    "replication_groups[].restore_snapshot": Constraint(
        pattern=r"(automatic\.)?[A-Za-z]([A-Za-z0-9-]{0,252}[A-Za-z0-9])?",
        says="a snapshot's name has letters, digits and hyphens",
    ),
    "replication_groups[].snapshot_retention": Constraint(minimum=0, maximum=35),
    "replication_groups[].snapshot_window": _windows.DAILY,
    "replication_groups[].maintenance_window": _windows.WEEKLY,
    "replication_groups[].logs": Constraint(unique="type", max_length=2),
    "replication_groups[].logs[].log_group": reference("log_group/{}"),
    "users": several(),
    "users[].name": USER_NAME,
    "users[].username": Constraint(
        pattern=r"(?!default$)[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}",
        says="1 to 128 letters, digits and _.@-; default is the user that is always turned off",
    ),
    "users[].access_string": Constraint(
        pattern=r"(on|off)( [!-~]+)*",
        max_length=2048,
        says="an access string looks like 'on ~app:* +@read +@write' and has no passwords",
    ),
    "users[].password_secret": reference("secret/{}"),
    "users[].password_key": JSON_KEY,
    "user_groups": several(),
    "user_groups[].name": IDENTIFIER_NAME,
    # A hundred users with the one that is turned off: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html
    "user_groups[].users": Constraint(min_length=1, max_length=99, distinct=True),
    "user_groups[].users[]": reference("cache_user/{}"),
}
# Options that are fields of the kind, as they are.
SAME_NAME = (
    "engine",
    "version",
    "node_type",
    "cluster_mode",
    "shards",
    "replicas",
    "port",
    "transit_encryption",
    "snapshot_retention",
    "snapshot_window",
    "maintenance_window",
    "auto_minor_version_upgrade",
    "deletion_protection",
    "final_snapshot",
)
TURNED_OFF = "default"


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    declarations: list[Declaration] = []
    for index, group in enumerate(options["replication_groups"]):
        path = f"cache.replication_groups[{index}]"
        check(group, path, stack)
        require_known(group["user_group"], names(options["user_groups"]), f"{path}.user_group", "user group")
        declarations += [_parameter_group(group, path), _replication_group(group, path)]
    return [*_users(options, stack), *_user_groups(options, stack), *_subnet_groups(options), *declarations]


def _subnet_groups(options: Mapping[str, Any]) -> Iterator[Declaration]:
    """One group for each class of subnets that a cache is in."""
    classes = {group["subnets"]: index for index, group in reversed(list(enumerate(options["replication_groups"])))}
    for name, index in sorted(classes.items()):
        yield Declaration(
            "cache_subnet_group",
            name,
            TIER,
            CacheSubnetGroup(description=f"Subnets {name}", subnets=Reference("subnet", f"{name}/", every=True)),
            f"cache.replication_groups[{index}].subnets",
        )


def _parameter_group(group: Mapping[str, Any], path: str) -> Declaration:
    """Whether a cache is a cluster stands in its parameters, which cannot be changed: another mode has another group."""
    clustered = group["cluster_mode"] != "disabled"
    parameters = {name: _text(value) for name, value in group["parameters"].items()}
    return Declaration(
        "cache_parameter_group",
        _parameter_group_name(group),
        TIER,
        CacheParameterGroup(
            family=f"{group['engine']}{group['version'].partition('.')[0]}",
            description=f"Parameters of {group['name']}",
            parameters={**parameters, **({"cluster-enabled": "yes"} if clustered else {})},
        ),
        f"{path}.parameters",
    )


def _parameter_group_name(group: Mapping[str, Any]) -> str:
    return group["name"] if group["cluster_mode"] == "disabled" else f"{group['name']}/cluster"


def _replication_group(group: Mapping[str, Any], path: str) -> Declaration:
    return Declaration(
        "cache_replication_group",
        group["name"],
        TIER,
        CacheReplicationGroup(
            **{name: group[name] for name in SAME_NAME},
            description=f"Cache {group['name']}",
            automatic_failover=_fails_over(group),
            multi_az=_is_multi_az(group),
            parameter_group=Reference("cache_parameter_group", _parameter_group_name(group)),
            subnet_group=Reference("cache_subnet_group", group["subnets"]),
            security_groups=tuple(Reference("security_group", name) for name in group["security_groups"]),
            at_rest_encryption=group["encrypted"],
            kms_key=key_of(group["kms_key"]),
            snapshot=group["restore_snapshot"],
            access=_access(group),
            log_delivery=tuple({**log, "log_group": Reference("log_group", log["log_group"])} for log in group["logs"]),
        ),
        path,
    )


def _access(group: Mapping[str, Any]) -> dict[str, Any]:
    if group["user_group"]:
        return {"user_group": Reference("cache_user_group", group["user_group"])}
    if group["auth_token_secret"]:
        return _login(group["auth_token_secret"], group["auth_token_key"], group["keep_former_token"])
    return {}


def _login(secret: str, key: str | None, former: bool) -> dict[str, Any]:
    return {"secret": Reference("secret", secret, "current"), "key": key or "", "former": former}


def _users(options: Mapping[str, Any], stack: Stack) -> Iterator[Declaration]:
    """Users, and one called default, whom each group has to have: it can log in nowhere."""
    engines = _engines(options)
    for index, user in enumerate(options["users"]):
        path = f"cache.users[{index}]"
        check_user(user, path, stack)
        yield _user(user, engines.get(user["name"], "valkey"), stack, path)
    if options["user_groups"]:
        turned_off = CacheUser(
            engine=engines[TURNED_OFF],
            username=TURNED_OFF,
            access_string="off -@all",
            authentication={"type": "password"},
        )
        yield Declaration("cache_user", TURNED_OFF, TIER, turned_off, "cache.user_groups")


def _user_groups(options: Mapping[str, Any], stack: Stack) -> Iterator[Declaration]:
    for index, group in enumerate(options["user_groups"]):
        path = f"cache.user_groups[{index}]"
        check_user_group(group, options["users"], path, stack)
        values = CacheUserGroup(
            engine="redis" if group["name"] in _redis_groups(options) else "valkey",
            users=tuple(Reference("cache_user", name) for name in (*group["users"], TURNED_OFF)),
        )
        yield Declaration("cache_user_group", group["name"], TIER, values, path)


def _redis_groups(options: Mapping[str, Any]) -> set[str]:
    return {group["user_group"] for group in options["replication_groups"] if group["engine"] == "redis"}


def _engines(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the engine of each user in a group: Valkey takes users of Redis, but not the other way round."""
    engines: dict[str, str] = {}
    for group in options["user_groups"]:
        for name in (*group["users"], TURNED_OFF):
            if engines.get(name) != "redis":
                engines[name] = "redis" if group["name"] in _redis_groups(options) else "valkey"
    return engines


def _user(user: Mapping[str, Any], engine: str, stack: Stack, path: str) -> Declaration:
    iam = user["authentication"] == "iam"
    login = _login(user["password_secret"], user["password_key"], user["keep_former_password"])
    identifier = cache_user.KIND.aws_name(stack, user["name"])
    values = CacheUser(
        engine=engine,
        username=identifier if iam else user["username"] or user["name"],
        access_string=user["access_string"],
        authentication={"type": user["authentication"], **({} if iam else login)},
    )
    return Declaration("cache_user", user["name"], TIER, values, path)


def _fails_over(group: Mapping[str, Any]) -> bool:
    """Clusters have to, whether they have a replica or not."""
    return group["replicas"] > 0 or group["cluster_mode"] != "disabled"


def _is_multi_az(group: Mapping[str, Any]) -> bool:
    return group["replicas"] > 0 if group["multi_az"] is None else group["multi_az"]


def _text(value: Any) -> str:
    """Return a parameter's value as ElastiCache has it: text, with yes and no for what is on or off."""
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
