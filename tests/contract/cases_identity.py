# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the identity tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_policy import IamPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.instance_profile import InstanceProfile
from ansible_collections.terrace.aws.plugins.module_utils.kinds.kms_alias import KmsAlias
from ansible_collections.terrace.aws.plugins.module_utils.kinds.kms_key import KmsKey
from tests.contract.case import Case


def document(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": ["*"]}]}


def key_policy(*users: str) -> dict[str, Any]:
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
    using = {"Effect": "Allow", "Principal": {"AWS": list(users)}, "Action": "kms:Decrypt", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [root, *([using] if users else [])]}


def trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


SSM = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
AGENT = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
SHARED = Declaration("iam_policy", "shared", "identity", IamPolicy(document=document("s3:*")))
ROLE = Declaration("iam_role", "app", "identity", IamRole(trust=trust("ec2.amazonaws.com")))
OTHER_ROLE = Declaration("iam_role", "other", "identity", IamRole(trust=trust("ec2.amazonaws.com")))
KEY = Declaration("kms_key", "main", "identity", KmsKey(multi_region=False))
OTHER_KEY = Declaration("kms_key", "other", "identity", KmsKey(multi_region=False))
SHARED_ARN = Reference("iam_policy", "shared", "arn")

CASES = {
    "iam_role": Case(
        IamRole(
            trust=trust("ec2.amazonaws.com"),
            description="Subject",
            max_session=3600,
            boundary=SHARED_ARN,
            policies={"read": document("s3:GetObject"), "list": document("s3:ListBucket")},
            managed_policies=(SSM, SHARED_ARN),
        ),
        "identity",
        (SHARED,),
        changes={
            "trust": trust("backup.amazonaws.com"),
            "description": "Another",
            "max_session": 7200,
            "boundary": "",
            "policies": {"read": document("s3:GetObject", "s3:GetObjectVersion")},
            "managed_policies": (AGENT,),
        },
    ),
    "instance_profile": Case(
        InstanceProfile(role=Reference("iam_role", "app")),
        "identity",
        (ROLE, OTHER_ROLE),
        changes={"role": Reference("iam_role", "other")},
    ),
    "iam_policy": Case(
        IamPolicy(document=document("s3:GetObject"), description="Subject"),
        "identity",
        changes={"document": document("s3:GetObject", "s3:ListBucket")},
    ),
    "kms_key": Case(
        KmsKey(
            description="Subject",
            policy=key_policy(),
            enabled=True,
            rotation=365,
            multi_region=False,
            window=7,
        ),
        "identity",
        changes={
            "description": "Another",
            "policy": key_policy("arn:aws:iam::123456789012:role/app"),
            "enabled": False,
            "rotation": 90,
        },
    ),
    "kms_alias": Case(
        KmsAlias(name="alias/contract-suite-subject", key=Reference("kms_key", "main", "arn")),
        "identity",
        (KEY, OTHER_KEY),
        changes={"key": Reference("kms_key", "other", "arn")},
    ),
}
