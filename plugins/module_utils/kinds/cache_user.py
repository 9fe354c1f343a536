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
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import always, create_only, initial, mutable
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


@dataclasses.dataclass(frozen=True)
class CacheUser:
    """`authentication` is ``password`` or ``iam``, for which `username` has to be the id.

    `password` refers to the current version of a secret's value, `password_key` is what of its JSON; an empty text is for
    the whole. A user with a password and without a secret gets one that nobody knows. Users of the engine ``redis`` serve
    Valkey, too, so `engine` is not compared.
    """

    engine: str | None = initial("Engine")
    username: str | None = create_only("UserName")
    access_string: str | None = mutable("AccessString", normalise=rules)
    authentication: str | None = mutable(disrupts=always("refuses clients that authenticate in the former way"))
    password: Any = mutable(normalise=_elasticache.version_of, refers=("secret",))
    password_key: str | None = mutable()


def list_users(context: Context) -> Iterable[Found]:
    users = context.pages("elasticache", "describe_users", "Users")
    tags = _elasticache.tags_by_arn(context, [raw["ARN"] for raw in users], current=True)
    return [_found(raw, tags[raw["ARN"]]) for raw in users]


def create(context: Context, new: New, values: CacheUser) -> Found:
    tags = {**new.tags, **_secret_tags(values)}
    answer = context.client("elasticache").create_user(
        UserId=new.aws_name,
        UserName=values.username,
        Engine=values.engine,
        AccessString=values.access_string,
        AuthenticationMode=_mode(context, values),
        Tags=_elasticache.tag_list(tags),
    )
    return _found(answer, tags)


def update(context: Context, found: Found, values: CacheUser, fields: set[str]) -> None:
    """The tag comes last: whoever sees it may be sure that the password is set."""
    cache = context.client("elasticache")
    request: dict[str, Any] = {"AccessString": values.access_string} if "access_string" in fields else {}
    if fields - {"access_string"}:
        request["AuthenticationMode"] = _mode(context, values)
    cache.modify_user(UserId=found.id, **request)
    if "AuthenticationMode" in request:
        _elasticache.tag(context, found, _secret_tags(values))


def delete(context: Context, found: Found) -> None:
    context.client("elasticache").delete_user(UserId=found.id)


def _mode(context: Context, values: CacheUser) -> dict[str, Any]:
    if values.authentication != "password":
        return {"Type": values.authentication}
    if not values.password:
        return {"Type": "password", "Passwords": [secrets.token_hex(32)]}
    return {"Type": "password", "Passwords": [_elasticache.password(context, values.password, values.password_key)]}


def _secret_tags(values: CacheUser) -> dict[str, str]:
    return _elasticache.secret_tags(values.password, values.password_key)


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    values = CacheUser(
        engine=raw["Engine"].lower(),
        username=raw["UserName"],
        access_string=raw["AccessString"],
        authentication=raw.get("Authentication", {}).get("Type"),
        password=tags.get(_elasticache.TAG_VERSION, ""),
        password_key=tags.get(_elasticache.TAG_KEY, ""),
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
)
