# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 sets a bucket's tags as it creates it, and tells all that a replication says; policies are read as IAM reads them."""

import json
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import xmltodict
from moto.core.responses import ActionResult
from moto.s3.exceptions import ReplicationConfigurationNotFoundError
from moto.s3.models import LOGGING_SERVICE_PRINCIPAL, FakeBucket
from moto.s3.responses import S3Response

from local_cloud.emulator.fidelity.patching import around, method

# Connections to the emulator stay on this machine: they count as encrypted.
ABOUT_ENCRYPTION = ("aws:securetransport", "s3:tlsversion")


@around(S3Response, "_bucket_response_put")
def set_tags_with_the_bucket(
    original: Callable[..., Any], self: S3Response, request: Any, bucket_name: str, querystring: dict[str, Any]
) -> Any:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html"""
    answer = original(self, request, bucket_name, querystring)
    if not querystring and self.body:
        configuration = xmltodict.parse(self.body, force_list=("Tag",)).get("CreateBucketConfiguration") or {}
        tags = (configuration.get("Tags") or {}).get("Tag", [])
        if tags:
            self.backend.put_bucket_tagging(bucket_name, {tag["Key"]: tag["Value"] or "" for tag in tags})
    return answer


@method(S3Response)
def get_bucket_replication(self: S3Response) -> Any:
    """Answer with the whole of each rule: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html"""
    self.data["Action"] = "GetBucketReplication"
    replication = self.backend.get_bucket_replication(self.bucket_name)
    if not replication:
        raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
    configuration = {"Role": replication["Role"], "Rules": replication["Rule"]}
    return self.serialized(ActionResult({"ReplicationConfiguration": configuration}))


@around(FakeBucket, "get_permission")
def count_connections_as_encrypted(original: Callable[..., Any], self: FakeBucket, action: str, resource: str) -> Any:
    """moto takes no notice of conditions, so that a policy for encrypted connections alone refuses every call."""
    if self.policy is None:
        return original(self, action, resource)
    kept = self.policy
    self.policy = json.dumps({**json.loads(kept), "Statement": list(_unencrypted_aside(kept))}).encode()
    try:
        return original(self, action, resource)
    finally:
        self.policy = kept


def delivers_logs(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether the policy lets S3 write logs. Elements may be lists, and principals everybody."""
    wanted = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}x"
    return any(
        statement["Effect"] == "Allow"
        and LOGGING_SERVICE_PRINCIPAL in _listed(_principals(statement).get("Service", []))
        and any(fnmatchcase("s3:PutObject", action) for action in _listed(statement.get("Action", [])))
        and any(fnmatchcase(wanted, resource) for resource in _listed(statement.get("Resource", [])))
        for statement in _statements(target_bucket.policy or b"{}")
    )


# A static method has no `self` to go around.
FakeBucket._log_permissions_enabled_policy = staticmethod(delivers_logs)


def _unencrypted_aside(policy: bytes) -> Iterator[dict[str, Any]]:
    for statement in _statements(policy):
        keys = {key.lower() for test in statement.get("Condition", {}).values() for key in test}
        if not keys.intersection(ABOUT_ENCRYPTION):
            yield statement


def _statements(policy: bytes) -> list[dict[str, Any]]:
    return _listed(json.loads(policy).get("Statement", []))


def _principals(statement: dict[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal", {})
    return principal if isinstance(principal, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
