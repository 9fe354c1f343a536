# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of an instance need the permissions of its role; moto lets everybody do everything, or asks all callers.

Resources are looked at where instances usually have narrow permissions: objects, secrets, groups and log groups.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.autoscaling.models import autoscaling_backends
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import AccessDeniedError, JsonRESTError
from moto.s3.exceptions import S3AccessDeniedError
from moto.secretsmanager.exceptions import SecretNotFoundException
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import sts_backends

from local_cloud.emulator import role_policies
from local_cloud.emulator.environment import ACCOUNT
from local_cloud.emulator.fidelity.patching import around
from local_cloud.emulator.operations import SCOPE

PREFIXES = {"monitoring": "cloudwatch"}
FREE = "sts:GetCallerIdentity"


@around(ActionAuthenticatorMixin, "_authenticate_and_authorize_action")
def authorize(original: Any, self: Any, iam_request_cls: type, resource: str = "*") -> None:
    """Check who has the temporary credentials of a role; others are the operator, whom nobody restricts."""
    scope = SCOPE.search(self.headers.get("Authorization", ""))
    session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(scope["key"]) if scope else None
    if scope is None or session is None:
        original(self, iam_request_cls, resource)
        return
    service = PREFIXES.get(scope["service"], scope["service"])
    named = self._get_action()
    action = f"{service}:{named[0] if isinstance(named, list) else named}"
    find = RESOURCES.get(service)
    policies = role_policies.statements(session.role_arn.rpartition("/")[2])
    if action != FREE and not role_policies.allow(policies, action, find(self) if find else None):
        raise _refusal(self, service, AccessDeniedError(session.arn, action))


def _refusal(responses: Any, service: str, error: AccessDeniedError) -> Exception:
    """Return the error as the service words it."""
    if service == "s3":
        return S3AccessDeniedError()
    if responses.headers.get("X-Amz-Target"):
        return JsonRESTError("AccessDeniedException", error.message)
    return error


def _object(responses: Any) -> str:
    return "arn:aws:s3:::" + unquote(responses.raw_path).strip("/")


def _secret(responses: Any) -> str | None:
    backend = secretsmanager_backends[ACCOUNT][responses.region]
    try:
        return str(backend.describe_secret(responses._get_param("SecretId")).arn)
    except SecretNotFoundException:
        return None


def _group(responses: Any) -> str | None:
    group = autoscaling_backends[ACCOUNT][responses.region].autoscaling_groups.get(responses._get_param("AutoScalingGroupName"))
    return group.arn if group else None


def _log_group(responses: Any) -> str | None:
    name = responses._get_param("logGroupName")
    stream = responses._get_param("logStreamName")
    suffix = f":log-stream:{stream}" if stream else ":"
    return f"arn:aws:logs:{responses.region}:{ACCOUNT}:log-group:{name}{suffix}" if name else None


RESOURCES: dict[str, Callable[[Any], str | None]] = {
    "s3": _object,
    "secretsmanager": _secret,
    "autoscaling": _group,
    "logs": _log_group,
}
