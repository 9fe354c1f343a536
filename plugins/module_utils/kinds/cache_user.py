# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user of caches, with what it may do: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import (
    DELETING,
    PENDING,
    READY,
    Context,
    Found,
    Kind,
    New,
    Retry,
)
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _elasticache

STATES = {"active": READY, "deleting": DELETING}
ALIASES = {"allkeys": "~*", "allchannels": "&*", "allcommands": "+@all", "nocommands": "-@all"}


def rules(access_string: str) -> tuple[Any, ...]:
    """Normaliser: AWS answers with aliases resolved, flags first, and the ``-@all`` that every user begins with."""
    words = [ALIASES.get(word, word) for word in access_string.split()]
    commands = [word for word in words if word[0] in "+-"]
    while commands and commands[0] == "-@all":
        commands.pop(0)
    keys = sorted({word for word in words if word[0] in "~%"})
    channels = sorted({word for word in words if word[0] == "&"})
    others = sorted(set(words) - set(keys) - set(channels) - {"on", "off", "resetchannels", "-@all", *commands})
    return ("on" in words, keys, channels, commands, others)


def disrupted_by_login(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before["type"] != after["type"]:
        return "refuses clients that log in as before"
    return "" if after.get("former") else "refuses new connections with the former password"


@dataclasses.dataclass(frozen=True)
class CacheUser:
    """`authentication` has a `type`, ``password`` or ``iam``, for which `username` has to be the id; with a password, a login.

    A user with a password and without a secret gets one that nobody knows. Users of the engine ``redis`` serve Valkey, too,
    so `engine` is not compared.
    """

    engine: str | None = initial("Engine")
    username: str | None = create_only("UserName")
    access_string: str | None = mutable("AccessString", normalise=rules)
    authentication: Any = mutable(normalise=_elasticache.Set, refers=("secret",), disrupts=disrupted_by_login)


def list_users(context: Context) -> Iterable[Found]:
    users = context.pages("elasticache", "describe_users", "Users")
    tags = _elasticache.tags_by_arn(context, [raw["ARN"] for raw in users], current=True)
    return [_found(raw, tags[raw["ARN"]]) for raw in users]


def create(context: Context, new: New, values: CacheUser) -> Found:
    login = values.authentication or {}
    tags = {**new.tags, **(_elasticache.login_tags(login) if "secret" in login else {})}
    answer = context.client("elasticache").create_user(
        UserId=new.aws_name,
        UserName=values.username,
        Engine=values.engine,
        AccessString=values.access_string,
        AuthenticationMode=_mode(login, _passwords(context, {**login, "former": False})),
        Tags=_elasticache.tag_list(tags),
    )
    return _found(answer, tags)


def update(context: Context, found: Found, values: CacheUser, fields: set[str]) -> None:
    """The tag comes last: whoever sees it may be sure that the password is set."""
    request: dict[str, Any] = {"AccessString": values.access_string} if "access_string" in fields else {}
    login = values.authentication if "authentication" in fields else {}
    passwords = _passwords(context, login)
    if login:
        request["AuthenticationMode"] = _mode(login, passwords)
    context.client("elasticache").modify_user(UserId=found.id, **request)
    if "secret" in login:
        _elasticache.tag(context, found, _elasticache.login_tags(login, former=len(passwords) > 1))


def delete(context: Context, found: Found) -> None:
    context.client("elasticache").delete_user(UserId=found.id)


def _mode(login: Mapping[str, Any], passwords: list[str]) -> dict[str, Any]:
    return {"Type": login["type"], **({"Passwords": passwords} if passwords else {})}


def _passwords(context: Context, login: Mapping[str, Any]) -> list[str]:
    """Return the current password, and the former one if it is to stay valid."""
    if "secret" not in login:
        return [secrets.token_hex(32)] if login.get("type") == "password" else []
    former = _elasticache.former_password(context, login) if login["former"] else None
    return [_elasticache.password(context, login), *([former] if former else [])]


def _authentication(raw: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """A password without a tag was set by others, or is the one that nobody knows."""
    mode = {"type": raw.get("Authentication", {}).get("Type")}
    return {**mode, **_elasticache.login_of(tags)} if mode["type"] == "password" and tags.get(_elasticache.TAG_VERSION) else mode


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    values = CacheUser(
        engine=raw["Engine"].lower(),
        username=raw["UserName"],
        access_string=raw["AccessString"],
        authentication=_authentication(raw, tags),
    )
    user = raw["UserId"]
    attributes = {"arn": raw["ARN"], "username": raw["UserName"]}
    return Found(user, values, tags, STATES.get(raw["Status"], PENDING), user, attributes, raw["Status"])


KIND = Kind(
    name="cache_user",
    service="elasticache",
    values=CacheUser,
    list=list_users,
    calls={"DescribeUsers": "page", "ListTagsForResource": "resource"},
    actions=(
        "elasticache:CreateUser",
        "elasticache:AddTagsToResource",
        "elasticache:ModifyUser",
        "elasticache:DeleteUser",
        "iam:CreateServiceLinkedRole",
        "secretsmanager:GetSecretValue",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_elasticache.tag,
    waits_for=("update", "delete"),
    name_limit=40,
    unique_name=True,
    # While a group of the user's is being changed, so is the user.
    retries=(
        Retry("ModifyUser", "InvalidUserState", seconds=600.0),
        Retry("DeleteUser", "InvalidUserState", seconds=600.0),
        Retry("DeleteUser", "DefaultUserAssociatedToUserGroup", seconds=600.0),
    ),
    indexed=True,
)
