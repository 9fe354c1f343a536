# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the secrets tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import Secret
from ansible_collections.terrace.aws.plugins.module_utils.kinds.ssm_parameter import SsmParameter
from tests.contract.case import Case

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890a"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"


def only(reader: str) -> dict[str, Any]:
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::123456789012:role/{reader}"]}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


CASES = {
    "secret": Case(
        Secret(
            description="Subject",
            kms_key=f"{KEY}b",
            policy=only("app"),
            rotation={"lambda": FUNCTION, "schedule": "rate(30 days)", "duration": "", "immediately": True},
            replicas=({"region": "eu-central-1", "kms_key": ""},),
            generated=True,
            username="app",
            length=32,
            exclude_punctuation=True,
            recovery_days=7,
        ),
        "secrets",
        changes={
            "description": "Another",
            "kms_key": f"{KEY}c",
            "policy": {},
            "rotation": {"lambda": FUNCTION, "schedule": "cron(0 8 1 * ? *)", "duration": "3h", "immediately": False},
            "replicas": ({"region": "eu-west-3", "kms_key": ""},),
        },
    ),
    "ssm_parameter": Case(
        SsmParameter(
            type="String",
            value="info",
            description="Subject",
            tier="Standard",
            kms_key="",
            allowed_pattern="[a-z]+",
            data_type="text",
        ),
        "secrets",
        changes={
            "value": "debug",
            "description": "Another",
            "tier": "Advanced",
            "kms_key": f"{KEY}b",
            "allowed_pattern": "info|debug",
        },
    ),
}
