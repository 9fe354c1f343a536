# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account in front of which IAM stands: a call passes if every action that AWS checks for it is allowed.

What AWS checks beside the call's own action is written down here once more, from its documentation and not from the
kinds: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from local_cloud.emulator import Emulator
from local_cloud.emulator.operations import identify

PREFIXES = {"efs": "elasticfilesystem", "elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
OTHER_NAMES = {
    "DeleteBucketCors": "s3:PutBucketCORS",
    "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "DeleteBucketReplication": "s3:PutReplicationConfiguration",
    "DeleteObjects": "s3:DeleteObject",
    "GetBucketCors": "s3:GetBucketCORS",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketReplication": "s3:GetReplicationConfiguration",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "HeadBucket": "s3:ListBucket",
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "PutBucketCors": "s3:PutBucketCORS",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "PutBucketReplication": "s3:PutReplicationConfiguration",
    "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
# Nobody needs a permission for it.
FREE = "sts:GetCallerIdentity"
# Operation: the actions checked on the way, and a text in the request without which they are not.
CHECKED = (
    ("ec2:", ["ec2:CreateTags"], "TagSpecification"),
    ("elasticloadbalancing:Create", ["elasticloadbalancing:AddTags"], "Tags"),
    ("rds:Create", ["rds:AddTagsToResource"], "Tags"),
    ("iam:CreateRole", ["iam:TagRole"], "Tags"),
    ("iam:CreatePolicy", ["iam:TagPolicy"], "Tags"),
    ("iam:CreateInstanceProfile", ["iam:TagInstanceProfile"], "Tags"),
    ("logs:CreateLogGroup", ["logs:TagResource"], '"tags"'),
    ("secretsmanager:CreateSecret", ["secretsmanager:TagResource"], "Tags"),
    ("autoscaling:CreateAutoScalingGroup", ["autoscaling:CreateOrUpdateTags"], "Tags"),
    ("autoscaling:CreateAutoScalingGroup", ["iam:CreateServiceLinkedRole"], ""),
    ("autoscaling:CreateAutoScalingGroup", ["ec2:RunInstances", "iam:PassRole"], "LaunchTemplate"),
    ("autoscaling:UpdateAutoScalingGroup", ["ec2:RunInstances", "iam:PassRole"], "LaunchTemplate"),
    ("iam:AddRoleToInstanceProfile", ["iam:PassRole"], ""),
    ("elasticloadbalancing:CreateLoadBalancer", ["iam:CreateServiceLinkedRole"], ""),
    ("rds:CreateDBInstance", ["iam:CreateServiceLinkedRole"], ""),
    (
        "rds:CreateDBInstance",
        ["secretsmanager:CreateSecret", "secretsmanager:TagResource", "kms:DescribeKey"],
        "ManageMasterUserPassword=true",
    ),
    ("rds:DeleteDBInstance", ["rds:CreateDBSnapshot"], "FinalDBSnapshotIdentifier"),
    ("s3:CreateBucket", ["s3:TagResource", "s3:PutBucketOwnershipControls"], "<Tags>"),
    ("s3:PutReplicationConfiguration", ["iam:PassRole"], "<Role>"),
    ("s3:DeleteObject", ["s3:DeleteObjectVersion"], "<VersionId>"),
    ("ec2:CreateFlowLogs", ["iam:PassRole"], "DeliverLogsPermissionArn"),
    ("ec2:CreateFlowLogs", ["logs:CreateLogDelivery"], ""),
    ("ec2:DeleteFlowLogs", ["logs:DeleteLogDelivery"], ""),
    ("ecr:CreateRepository", ["ecr:TagResource"], '"tags"'),
    ("ecr:CreateRepository", ["kms:CreateGrant", "kms:DescribeKey"], '"kmsKey"'),
    ("ecr:PutReplicationConfiguration", ["iam:CreateServiceLinkedRole"], ""),
    ("elasticfilesystem:CreateFileSystem", ["elasticfilesystem:TagResource"], '"Tags"'),
    ("elasticfilesystem:CreateAccessPoint", ["elasticfilesystem:TagResource"], '"Tags"'),
    (
        "elasticfilesystem:CreateMountTarget",
        ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
        "",
    ),
    ("elasticfilesystem:ModifyMountTargetSecurityGroups", ["ec2:ModifyNetworkInterfaceAttribute"], ""),
    ("elasticfilesystem:DeleteMountTarget", ["ec2:DeleteNetworkInterface"], ""),
    ("ec2:CreateVpcEndpoint", ["route53:AssociateVPCWithHostedZone"], "VpcEndpointType=Interface"),
)
QUERY_REFUSAL = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{}</Message></Error></ErrorResponse>"
EC2_REFUSAL = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{}</Message></Error></Errors></Response>"
S3_REFUSAL = "<Error><Code>AccessDenied</Code><Message>{}</Message></Error>"


class Iam:
    """WSGI middleware. `used` are the actions that were asked for and allowed."""

    def __init__(self, application: Callable[..., Iterable[bytes]], allowed: Iterable[str]) -> None:
        self.used: set[str] = set()
        self._application, self._allowed = application, set(allowed)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        operation = identify(environ, body)
        own = OTHER_NAMES.get(operation.name, f"{PREFIXES.get(operation.service, operation.service)}:{operation.name}")
        needed = [action for action in _checked(own, body.decode("utf-8", "replace")) if action != FREE]
        missing = [action for action in needed if action not in self._allowed]
        if not missing:
            self.used.update(needed)
            return self._application(environ, start_response)
        # Services do not name the call's own action reliably; what they miss on the way they do.
        reason = "Not allowed." if missing[0] == own else f"User: test is not authorized to perform: {missing[0]} on resource: *"
        content, answer = _refusal(operation.service, reason)
        start_response("403 Forbidden", [("Content-Type", content), ("Content-Length", str(len(answer)))])
        return [answer]


@contextmanager
def allowing(emulator: Emulator, actions: Iterable[str]) -> Iterator[Iam]:
    """Refuse every call to the emulator that `actions` do not allow."""
    server = emulator._server
    application = server.app
    server.app = iam = Iam(application, actions)
    try:
        yield iam
    finally:
        server.app = application


def _checked(own: str, request: str) -> list[str]:
    implied = [action for begins, actions, text in CHECKED if own.startswith(begins) and text in request for action in actions]
    return [own, *implied]


def _refusal(service: str, reason: str) -> tuple[str, bytes]:
    if service in ("ecr", "efs", "kms", "logs", "resourcegroupstaggingapi", "secretsmanager", "ssm"):
        return "application/x-amz-json-1.1", json.dumps({"__type": "AccessDeniedException", "message": reason}).encode()
    shape = {"ec2": EC2_REFUSAL, "s3": S3_REFUSAL}.get(service, QUERY_REFUSAL)
    return "text/xml", shape.format(reason).encode()
