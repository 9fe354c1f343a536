# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of a key: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html

An alias takes no tags: it is ours if it has the name that we give and leads to a key of ours. Names that
others give to our keys are theirs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only, mutable


@dataclasses.dataclass(frozen=True)
class KmsAlias:
    """`name` begins with ``alias/``; `key` is the ARN of the key."""

    name: str | None = create_only()
    key: Any = mutable(refers=("kms_key",))


def list_aliases(context: Context) -> Iterable[Found]:
    """Those with names like ours; what leads to somebody else's key stands in the way."""
    keys = {found.attributes["key_id"]: found for found in context.found("kms_key")}
    prefix = KIND.aws_name(context.stack, "")
    listed = [raw for raw in context.pages("kms", "list_aliases", "Aliases") if raw["AliasName"].startswith(prefix)]
    return [_found(raw, keys.get(raw.get("TargetKeyId"))) for raw in listed]


def create(context: Context, new: New, values: KmsAlias) -> Found:
    kms = context.client("kms")
    kms.create_alias(AliasName=values.name, TargetKeyId=values.key)
    arn = f"arn:{kms.meta.partition}:kms:{context.region}:{context.stack.account}:{values.name}"
    return Found(arn, values, name=values.name, attributes={"arn": arn})


def update(context: Context, found: Found, values: KmsAlias, fields: set[str]) -> None:
    context.client("kms").update_alias(AliasName=found.name, TargetKeyId=values.key)


def delete(context: Context, found: Found) -> None:
    context.client("kms").delete_alias(AliasName=found.name)


def identity(values: KmsAlias) -> tuple[Any, ...]:
    return (values.name,)


def _found(raw: Mapping[str, Any], key: Found | None) -> Found:
    """One that leads elsewhere has no identity, so that it is never taken for ours."""
    values = KmsAlias(name=raw["AliasName"], key=key.id) if key else KmsAlias()
    return Found(raw["AliasArn"], values, name=raw["AliasName"], attributes={"arn": raw["AliasArn"]})


KIND = Kind(
    name="kms_alias",
    service="kms",
    values=KmsAlias,
    list=list_aliases,
    calls={"ListAliases": "page"},
    actions=("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"),
    create=create,
    update=update,
    delete=delete,
    after=("kms_key",),
    parent="key",
    identity=identity,
    unique_name=True,
    name_format="alias/{stack}-{name}",
    name_limit=256,
)
