# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the identity tier."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_policy import IamPolicy
from ansible_collections.terrace.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.terrace.aws.plugins.module_utils.kinds.instance_profile import InstanceProfile
from tests.contract.case import Case


def document(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": ["*"]}]}


def trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


SSM = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
AGENT = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
SHARED = Declaration("iam_policy", "shared", "identity", IamPolicy(document=document("s3:*")))
ROLE = Declaration("iam_role", "app", "identity", IamRole(trust=trust("ec2.amazonaws.com")))
OTHER_ROLE = Declaration("iam_role", "other", "identity", IamRole(trust=trust("ec2.amazonaws.com")))
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
}
