# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ElastiCache kinds share: tags, and passwords that come from secrets.

A password is read from Secrets Manager when it is about to be set, and goes nowhere else. Which version of the secret
was set stands in a tag, so that a new one shows as a change without anybody reading it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import TerraceError
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found

TAG_VERSION = "terrace:secret-version"
TAG_KEY = "terrace:secret-key"
LENGTH = range(16, 129)
# Of a stack's name, in resource names that were too long for AWS.
KEPT_OF_NAMES = 30


def tags(items: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return a TagList as a dict."""
    return {item["Key"]: item["Value"] for item in items}


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    """AddTagsToResource: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AddTagsToResource.html"""
    context.client("elasticache").add_tags_to_resource(ResourceName=found.attributes["arn"], Tags=tag_list(wanted))


def tag_list(wanted: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]


def tags_by_arn(context: Context, arns: Iterable[str], current: bool = False) -> dict[str, Mapping[str, str]]:
    """Return the tags of resources, whose lists omit them, from the region's tag index.

    The index lags: what it does not have is read one by one if its name says that it may be the stack's. With `current`,
    so is all that is the stack's, for kinds whose tags say more than whose they are.
    """
    index = context.tags_by_arn()
    arns = list(arns)
    names = f"{context.stack.name}-"[:KEPT_OF_NAMES]

    def unsure(arn: str) -> bool:
        ours = index.get(arn, {}).get(TAG_STACK) == context.stack.name
        return (current or arn not in index) and (ours or _name(arn).startswith(names))

    unknown = [arn for arn in arns if unsure(arn)]
    read = dict(zip(unknown, context.each(lambda arn: _read_tags(context, arn), unknown), strict=True))
    return {arn: read[arn] if arn in read else index.get(arn, {}) for arn in arns}


def secret_tags(password: str | None, key: str | None) -> dict[str, str]:
    """Return the tags that say which version of a secret, and what of it, has been set."""
    return {TAG_VERSION: version_of(password or ""), TAG_KEY: key or ""}


def version_of(reference: str) -> str:
    """Return the version of ``<arn of a secret>:::<version>``: the normaliser of such fields. Their ids are unique."""
    return reference.rpartition(":")[2]


def password(context: Context, reference: Any, key: str | None) -> str:
    """Return what a secret holds, or what its JSON has under `key`. Raises TerraceError, without the value."""
    if not isinstance(reference, str):
        raise TerraceError("the secret has no value yet: put one in first")
    arn, _key, _stage, version = reference.rsplit(":", 3)
    answer = context.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version)
    value = _part(answer.get("SecretString") or "", key, arn)
    if len(value) not in LENGTH or not (value.isascii() and value.isprintable()):
        raise TerraceError(f"the value of {arn} is no password for ElastiCache: it takes 16 to 128 printable ASCII characters")
    return value


def _part(content: str, key: str | None, arn: str) -> str:
    if not key:
        return content
    try:
        value = json.loads(content)[key]
    except (ValueError, KeyError, TypeError):
        value = None
    if not isinstance(value, str):
        raise TerraceError(f"the value of {arn} is no JSON object with text under {key}")
    return value


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def _read_tags(context: Context, arn: str) -> dict[str, str]:
    return tags(context.client("elasticache").list_tags_for_resource(ResourceName=arn)["TagList"])
