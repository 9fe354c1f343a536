# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A parameter of Systems Manager: https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html

The value of a SecureString is generated when it is created. It is never compared or returned, and read only to be put back
where AWS changes nothing about a parameter without its value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, create_only, initial, mutable

SECURE, ADVANCED = "SecureString", "Advanced"
# What an empty `kms_key` stands for.
DEFAULT_KEY = "alias/aws/ssm"
RULES = {"length", "exclude_characters", "exclude_punctuation"}


def keeping_advanced(before: str, after: str) -> str:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"""
    lowered = before == ADVANCED and after != ADVANCED
    return "cannot go back from Advanced to Standard; give another parameter another name" if lowered else ""


@dataclasses.dataclass(frozen=True)
class SsmParameter:
    """`value` is None for a SecureString. `kms_key` is the ARN of a key, empty for the account's ``aws/ssm``."""

    type: str | None = create_only("Type")
    value: str | None = mutable("Value")
    description: str | None = mutable("Description")
    tier: str | None = mutable("Tier", forbids=keeping_advanced)
    kms_key: Any = mutable(refers=("kms_key",))
    allowed_pattern: str | None = mutable("AllowedPattern")
    data_type: str | None = create_only("DataType")
    length: int | None = initial("PasswordLength")
    exclude_characters: str | None = initial("ExcludeCharacters")
    exclude_punctuation: bool | None = initial("ExcludePunctuation")


# The type of the data, too: without it AWS takes a new version for plain text.
PUT = {"description", "tier", "allowed_pattern", "data_type"}


def list_parameters(context: Context) -> Iterable[Found]:
    """All under the stack's path, by two paged lists: one has the settings, the other the values, encrypted or not.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    path = KIND.aws_name(context.stack, "").rstrip("/")
    below = [{"Key": "Path", "Option": "Recursive", "Values": [path]}]
    described = context.pages("ssm", "describe_parameters", "Parameters", ParameterFilters=below)
    valued = context.pages("ssm", "get_parameters_by_path", "Parameters", Path=path, Recursive=True) if described else []
    by_name = {raw["Name"]: raw for raw in valued}
    raws = [{**by_name[raw["Name"]], **raw} for raw in described if raw["Name"] in by_name]
    return context.each(lambda raw: _found(raw, _tags(context, raw)), raws)


def create(context: Context, new: New, values: SsmParameter) -> Found:
    value = values.value if values.type != SECURE else _random_value(context, values)
    context.client("ssm").put_parameter(
        Name=new.aws_name,
        Value=value,
        Tags=new.tag_list,
        Overwrite=False,
        **_sent(values, PUT | {"type"}),
        **_key_argument(values),
    )
    arn = f"arn:{context.client('ssm').meta.partition}:ssm:{context.region}:{context.stack.account}:parameter{new.aws_name}"
    return Found(new.aws_name, values, new.tags, name=new.aws_name, attributes={"arn": arn})


def update(context: Context, found: Found, values: SsmParameter, fields: set[str]) -> None:
    """Every change is a new version with the whole value."""
    ssm = context.client("ssm")
    value = values.value if values.type != SECURE else _present_value(ssm, found.id)
    ssm.put_parameter(
        Name=found.id, Value=value, Type=values.type, Overwrite=True, **arguments(values, PUT), **_key_argument(values)
    )


def delete(context: Context, found: Found) -> None:
    context.client("ssm").delete_parameter(Name=found.id)


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("ssm").add_tags_to_resource(ResourceType="Parameter", ResourceId=found.id, Tags=tags)


def _sent(values: SsmParameter, fields: set[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments(values, fields).items() if value}


def _key_argument(values: SsmParameter) -> dict[str, str]:
    key = values.kms_key or (DEFAULT_KEY if values.type == SECURE else "")
    return {"KeyId": key} if key else {}


def _random_value(context: Context, values: SsmParameter) -> str:
    return context.client("secretsmanager").get_random_password(**arguments(values, RULES))["RandomPassword"]


def _present_value(ssm: Any, name: str) -> str:
    return ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def _tags(context: Context, raw: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the tags from the index, or by a call of its own for what the index does not have (yet)."""
    indexed = context.tags_by_arn().get(raw["ARN"])
    if indexed:
        return indexed
    tags = context.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=raw["Name"])["TagList"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    """What AWS keeps of a secret value is not looked at, though it is encrypted."""
    key = raw.get("KeyId") or ""
    values = SsmParameter(
        type=raw["Type"],
        value=None if raw["Type"] == SECURE else raw["Value"],
        description=raw.get("Description", ""),
        tier=raw.get("Tier", "Standard"),
        kms_key="" if key.endswith(DEFAULT_KEY) else key,
        allowed_pattern=raw.get("AllowedPattern", ""),
        data_type=raw.get("DataType", "text"),
    )
    return Found(raw["Name"], values, tags, name=raw["Name"], attributes={"arn": raw["ARN"]})


KIND = Kind(
    name="ssm_parameter",
    service="ssm",
    values=SsmParameter,
    list=list_parameters,
    calls={
        "DescribeParameters": "page",
        "GetParametersByPath": "page",
        "GetResources": "page",
        "ListTagsForResource": "resource",
    },
    actions=(
        "ssm:PutParameter",
        "ssm:AddTagsToResource",
        "ssm:GetParameter",
        "ssm:DeleteParameter",
        "secretsmanager:GetRandomPassword",
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_format="/{stack}/{name}",
    name_limit=1011,
    indexed=True,
)
