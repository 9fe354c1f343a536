# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret whose value AWS generates: https://docs.aws.amazon.com/secretsmanager/latest/userguide/managing-secrets.html

The value is made at creation and then belongs to whoever uses or rotates it: it is never read, compared or returned.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, READY, Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, initial, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

DEFAULT_RECOVERY_DAYS = 30


@dataclasses.dataclass(frozen=True)
class Secret:
    """`kms_key` is the ARN of a key other than the account's ``aws/secretsmanager``.

    With `username` or `value_key` the content is JSON, ``{"username": ..., value_key: ...}``, else the bare value.
    Without `generated` the secret is created without a value, for somebody to put one in. `recovery_days` is 0 for
    a deletion at once.
    """

    description: str | None = mutable("Description")
    kms_key: Any = mutable("KmsKeyId", refers=("kms_key",))
    generated: bool | None = initial()
    username: str | None = initial()
    value_key: str | None = initial()
    length: int | None = initial("PasswordLength")
    exclude_characters: str | None = initial("ExcludeCharacters")
    exclude_punctuation: bool | None = initial("ExcludePunctuation")
    recovery_days: int | None = initial()


def list_secrets(context: Context) -> Iterable[Found]:
    """The list may lag by five minutes, so that it serves to find names only; AWS says that DescribeSecret does not.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
    """
    filters = [{"Key": "tag-key", "Values": [TAG_STACK]}, {"Key": "tag-value", "Values": [context.stack.name]}]
    listed = context.pages("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True, Filters=filters)
    names = {raw["Name"] for raw in listed if _tags(raw).get(TAG_STACK) == context.stack.name}
    names |= {KIND.aws_name(context.stack, declaration.name) for declaration in context.declared("secret")}
    described = context.each(lambda name: existing(lambda: describe(context, name)), sorted(names))
    return [_found(raw) for raw in described if raw]


def describe(context: Context, name: str) -> dict[str, Any]:
    return context.client("secretsmanager").describe_secret(SecretId=name)


def create(context: Context, new: New, values: Secret) -> Found:
    """Create the secret, or restore the one of the same name that waits for its deletion, with its value.

    No fixed client token: it would name a version, and a repeated call has another random value.
    """
    secrets = context.client("secretsmanager")
    for found in context.found("secret"):
        if found.name == new.aws_name and found.state == DELETING:
            secrets.restore_secret(SecretId=found.id)
            context.note(f"secret {found.name} was restored from its recovery window and kept its value")
            return dataclasses.replace(found, state=READY, detail="")
    content = {"SecretString": _content(context, values)} if values.generated else {}
    answer = secrets.create_secret(
        Name=new.aws_name, Tags=new.tag_list, **arguments(values, {"description", "kms_key"}), **content
    )
    return Found(
        answer["ARN"], values, new.tags, name=new.aws_name, attributes=_attributes(answer["ARN"], answer.get("VersionId"))
    )


def update(context: Context, found: Found, values: Secret, fields: set[str]) -> None:
    context.client("secretsmanager").update_secret(SecretId=found.id, **arguments(values, fields))


def delete(context: Context, found: Found) -> None:
    days = _recovery_days(context, found)
    window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    context.client("secretsmanager").delete_secret(SecretId=found.id, **window)
    if days:
        context.note(f"secret {found.name} can be restored for {days} days, which declaring it again does")


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("secretsmanager").tag_resource(SecretId=found.id, Tags=tags)


def _content(context: Context, values: Secret) -> str:
    value = _random_value(context, values)
    if not values.username and not values.value_key:
        return value
    username = {"username": values.username} if values.username else {}
    return json.dumps({**username, values.value_key or "password": value})


def _random_value(context: Context, values: Secret) -> str:
    rules = arguments(values, {"length", "exclude_characters", "exclude_punctuation"})
    return context.client("secretsmanager").get_random_password(**rules)["RandomPassword"]


def _recovery_days(context: Context, found: Found) -> int:
    """Return the declared window; what is not declared any more gets the longest."""
    declared = {declaration.name: declaration.values.recovery_days for declaration in context.declared("secret")}
    return declared.get(found.logical_name, DEFAULT_RECOVERY_DAYS)


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}


def _found(raw: Mapping[str, Any]) -> Found:
    values = read(Secret, raw, description=raw.get("Description", ""))
    state = DELETING if raw.get("DeletedDate") else READY
    current = [version for version, stages in raw.get("VersionIdsToStages", {}).items() if "AWSCURRENT" in stages]
    attributes = _attributes(raw["ARN"], next(iter(current), None))
    return Found(raw["ARN"], values, _tags(raw), state, name=raw["Name"], attributes=attributes)


def _attributes(arn: str, version: str | None) -> dict[str, Any]:
    """`current` points to the current version of the value, as ECS writes it, and so changes whenever the value does.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    return {"arn": arn, "current": f"{arn}:::{version}" if version else None}


KIND = Kind(
    name="secret",
    service="secretsmanager",
    values=Secret,
    list=list_secrets,
    calls={"ListSecrets": "page", "DescribeSecret": "resource"},
    actions=(
        "secretsmanager:GetRandomPassword",
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:RestoreSecret",
        "secretsmanager:UpdateSecret",
        "secretsmanager:DeleteSecret",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_format="{stack}/{name}",
    name_limit=512,
    # Deletion without recovery frees the name some time later:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    retries=(Retry("CreateSecret", "InvalidRequestException", "scheduled for deletion"),),
)
