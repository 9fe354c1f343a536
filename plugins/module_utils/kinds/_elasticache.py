# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ElastiCache kinds share: tags, and passwords that come from secrets.

A login is a mapping: `secret` refers to the current version of a secret's value, `key` is what of its JSON, an empty text
for the whole, and `former` lets the value before stay valid. The value is read from Secrets Manager when it is about to be
set, and goes nowhere else. Which version was set stands in a tag, so that a new one shows as a change without anybody
reading it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import TerraceError
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

TAG_VERSION = "terrace:secret-version"
TAG_KEY = "terrace:secret-key"
# Ends the tag of a version while the value before is valid, too.
FORMER = "/former"
LENGTH = range(16, 129)
# Of a stack's name, in resource names that were too long for AWS.
KEPT_OF_NAMES = 30
Login = Mapping[str, Any]


class Set:
    """Normaliser of mappings with a login: of what was set, only the version is known. There need be no former value, but
    there may only be one (left) if it is to be kept."""

    def __init__(self, login: Login) -> None:
        self.former = bool(login.get("former"))
        self.rest = {name: value for name, value in login.items() if name != "former"}
        if "secret" in login:
            self.rest["secret"] = version_of(login["secret"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Set) and self.rest == other.rest and (other.former or not self.former)

    def __hash__(self) -> int:
        return hash(self.rest.get("secret"))


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


def login_tags(login: Login, former: bool = False) -> dict[str, str]:
    """Return the tags that say which version of a secret, and what of it, has been set."""
    version = version_of(login["secret"]) + FORMER if former else version_of(login["secret"])
    return {TAG_VERSION: version, TAG_KEY: login["key"]}


def login_of(tagged: Mapping[str, str]) -> dict[str, Any]:
    """Return the login that tags tell of. One that others have set has no version that we know."""
    version = tagged.get(TAG_VERSION) or "unknown"
    return {"secret": version.removesuffix(FORMER), "key": tagged.get(TAG_KEY, ""), "former": version.endswith(FORMER)}


def version_of(reference: str) -> str:
    """Return the version of ``<arn of a secret>:::<version>``. Their ids are unique."""
    return reference.rpartition(":")[2]


def password(context: Context, login: Login) -> str:
    """Return what the secret holds. Raises TerraceError, without the value."""
    if not isinstance(login["secret"], str):
        raise TerraceError("the secret has no value yet: put one in first")
    arn, version = _parts(login["secret"])
    answer = context.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version)
    return _checked(answer, login["key"], arn)


def former_password(context: Context, login: Login) -> str | None:
    """Return what the secret held before, or None if there was nothing else. Raises TerraceError, without the value."""
    arn, version = _parts(login["secret"])
    secrets = context.client("secretsmanager")
    answer = existing(lambda: secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS"))
    return _checked(answer, login["key"], arn) if answer and answer["VersionId"] != version else None


def _parts(reference: str) -> tuple[str, str]:
    arn, _key, _stage, version = reference.rsplit(":", 3)
    return arn, version


def _checked(answer: Mapping[str, Any], key: str, arn: str) -> str:
    value = _part(answer.get("SecretString") or "", key, arn)
    if len(value) not in LENGTH or not (value.isascii() and value.isprintable()):
        raise TerraceError(f"the value of {arn} is no password for ElastiCache: it takes 16 to 128 printable ASCII characters")
    return value


def _part(content: str, key: str, arn: str) -> str:
    if not key:
        return content
    try:
        value = json.loads(content)[key]
    except (ValueError, KeyError, TypeError):
        value = None
    if not isinstance(value, str):
        # Without the error that led here, which quotes the value.
        raise TerraceError(f"the value of {arn} is no JSON object with text under {key}") from None
    return value


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def _read_tags(context: Context, arn: str) -> dict[str, str]:
    return tags(context.client("elasticache").list_tags_for_resource(ResourceName=arn)["TagList"])
