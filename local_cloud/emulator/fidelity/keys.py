# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS: keys by their ARN in every call, the period of rotation, and replicas that are keys of their own.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

import copy
import json
from typing import Any

from moto.kms.exceptions import AlreadyExistsException, ValidationException
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

from local_cloud.emulator.fidelity.patching import around, method, store

DEFAULT_PERIOD = 365


def _by_arn(name: str) -> None:
    """Let a backend's method take the ARN of a key."""

    @around(KmsBackend, name)
    def with_id(original: Any, self: Any, key_id: str, *arguments: Any, **keywords: Any) -> Any:
        return original(self, self.any_id_to_key_id(key_id), *arguments, **keywords)


for _name in ("disable_key", "enable_key", "cancel_key_deletion", "schedule_key_deletion", "create_grant", "list_grants"):
    _by_arn(_name)


@around(KmsResponse, "enable_key_rotation")
def enable_key_rotation(original: Any, self: KmsResponse) -> str:
    """Keep the period."""
    answer = original(self)
    store(self.kms_backend, "rotation periods")[_key(self).id] = self._get_param("RotationPeriodInDays") or DEFAULT_PERIOD
    return answer


@around(KmsResponse, "get_key_rotation_status")
def get_key_rotation_status(original: Any, self: KmsResponse) -> str:
    """Answer the period with the status."""
    status = json.loads(original(self))
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = store(self.kms_backend, "rotation periods").get(_key(self).id, DEFAULT_PERIOD)
    return json.dumps(status)


@method(KmsResponse)
def replicate_key(self: KmsResponse) -> str:
    """Answer ReplicateKey with a key that has a description, a policy, tags and aliases of its own."""
    primary, region = _key(self), self._get_param("ReplicaRegion")
    if not primary.multi_region:
        raise ValidationException("Replication of a single-Region key is not supported")
    backend = kms_backends[self.current_account][region]
    if primary.id in backend.keys:
        raise AlreadyExistsException(f"Key {primary.id} already exists in {region}")
    replica = _replica(primary, region)
    replica.description = self._get_param("Description") or ""
    replica.policy = self._get_param("Policy") or replica.generate_default_policy()
    backend.keys[replica.id] = replica
    tags = self._get_param("Tags") or []
    backend.tagger.tag_resource(replica.id, tags)
    answer = {"ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"], "ReplicaPolicy": replica.policy, "ReplicaTags": tags}
    return json.dumps(answer)


def _replica(primary: Key, region: str) -> Key:
    replica = copy.copy(primary)
    replica.region, replica.arn = region, primary.arn.replace(f":{primary.region}:", f":{region}:")
    replica.aliases, replica.grants = {}, {}
    primary.multi_region_configuration["ReplicaKeys"].append({"Arn": replica.arn, "Region": region})
    replica.multi_region_configuration = {**primary.multi_region_configuration, "MultiRegionKeyType": "REPLICA"}
    return replica


def _key(response: KmsResponse) -> Key:
    return response.kms_backend.describe_key(response._get_param("KeyId"))
