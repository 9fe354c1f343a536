# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager: schedules of rotation, keys of copies, and descriptions that are taken away.

There are no functions here that could rotate: a rotation leaves the value as it is.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
"""

import json
from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse

from local_cloud.emulator.fidelity.patching import around, method, store


@method(SecretsManagerResponse)
def rotate_secret(self: SecretsManagerResponse) -> str:
    """Answer RotateSecret: keep the function and the whole schedule."""
    secret: Any = self.backend.describe_secret(self._get_param("SecretId"))
    if secret.is_deleted():
        raise InvalidRequestException("You can't perform this operation on the secret because it was marked for deletion.")
    function = self._get_param("RotationLambdaARN") or secret.rotation_lambda_arn
    if not function:
        raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = function
    store(self.backend, "rotation rules")[secret.arn] = self._get_param("RotationRules") or {}
    return json.dumps({"ARN": secret.arn, "Name": secret.name, "VersionId": secret.default_version_id})


@around(FakeSecret, "to_dict")
def to_dict(original: Any, self: FakeSecret) -> dict[str, Any]:
    """Tell the schedule as it was given."""
    told = original(self)
    rules = store(_backend(self), "rotation rules").get(self.arn)
    if rules is not None:
        told["RotationRules"] = rules
    return told


@around(FakeSecret, "create_replicas")
def create_replicas(original: Any, self: FakeSecret, replica_regions: list[dict[str, str]], force_overwrite: bool) -> Any:
    """Keep the key of each copy."""
    replicas = original(self, replica_regions, force_overwrite)
    for replica, given in zip(replicas, replica_regions, strict=True):
        if "KmsKeyId" in given:
            replica.config["KmsKeyId"] = given["KmsKeyId"]
    return replicas


@around(SecretsManagerBackend, "update_secret")
def update_secret(original: Any, self: SecretsManagerBackend, secret_id: str, *arguments: Any, **keywords: Any) -> str:
    """An empty description is one too."""
    answer = original(self, secret_id, *arguments, **keywords)
    if keywords.get("description") == "":
        self.secrets[secret_id].description = ""
    return answer


def _backend(secret: FakeSecret) -> SecretsManagerBackend:
    return secretsmanager_backends[secret.account_id][secret.region]


@around(SecretsManagerBackend, "update_secret_version_stage")
def update_secret_version_stage(original: Any, self: SecretsManagerBackend, *arguments: Any, **keywords: Any) -> Any:
    """What is current is what is read without naming a stage."""
    answer = original(self, *arguments, **keywords)
    secret = self.secrets[keywords["secret_id"] if "secret_id" in keywords else arguments[0]]
    secret.default_version_id = next(id_ for id_, version in secret.versions.items() if "AWSCURRENT" in version["version_stages"])
    return answer
