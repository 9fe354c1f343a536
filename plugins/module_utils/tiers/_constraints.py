# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits that several tiers share."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint

# No quota of AWS, because those can be raised: more things than this in one list of one stack are a mistake.
MANY = 1000
NAME = Constraint(pattern=r"[a-z][a-z0-9-]{0,31}", says="a name is 1 to 32 lower-case letters, digits and hyphens")
# RDS and ElastiCache take single hyphens only in what they call things.
IDENTIFIER = re.compile(r"[a-z]([a-z0-9]|-(?!-))*(?<!-)")
REGION = Constraint(pattern=r"[a-z]{2}(-[a-z]+)+-\d", says="a region looks like eu-west-1")
ZONE = Constraint(pattern=r"[a-z]{2}(-[a-z]+)+-\d[a-z]", says="a zone looks like eu-west-1a")
SERVICE = Constraint(pattern=r"[a-z0-9.-]{1,128}\.amazonaws\.com(\.cn)?", says="a service principal looks like ec2.amazonaws.com")
# What all services take: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TAG_KEY = Constraint(
    pattern=r"(?!(?i:aws|terrace):)(?u:[\w .:/=+@-]{1,128})",
    says="a tag's key has 1 to 128 letters, digits, spaces and _.:/=+-@, and what begins with aws: or terrace: is reserved",
)
TAG_VALUE = Constraint(
    pattern=r"(?u:[\w .:/=+@-]{0,256})", says="a tag's value has up to 256 letters, digits, spaces and _.:/=+-@"
)


def refuse_other_region(region: str | None, path: str, stack: Stack) -> None:
    """Raise InvalidOption for a region that the stack does not name: what is there would be overlooked once it is not
    declared any more."""
    if region and region not in stack.all_regions:
        raise InvalidOption(path, f"{region} is neither the stack's region nor one of stack.regions")


def several(unique: str | tuple[str, ...] = "name") -> Constraint:
    """Return the constraint of a list of things that have names."""
    return Constraint(unique=unique, max_length=MANY)


def reference(address: str) -> Constraint:
    """Return the constraint of the name of something else, whose own tier may allow less."""
    return Constraint(
        pattern=r"[a-z][a-z0-9-]{0,63}", says="a name has letters, digits and hyphens, all lower case", refers=address
    )


def partition(region: str) -> str:
    """Return the partition of AWS that ARNs in a region name."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def key_of(name: str | None, default: Any = "") -> Any:
    """Return the ARN of the KMS key of that name, `default` without a name."""
    return Reference("kms_key", name, "arn") if name else default


KMS_KEY = reference("kms_key/{}")
