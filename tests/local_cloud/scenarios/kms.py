# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import refused


def key(kms: Any, **request: Any) -> str:
    return kms.create_key(**request)["KeyMetadata"]["Arn"]


@scenario
def key_is_disabled_and_deleted_by_its_arn(connect: Connect) -> None:
    kms = connect("kms")
    arn = key(kms)
    kms.disable_key(KeyId=arn)
    kms.enable_key(KeyId=arn)
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=arn)
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Disabled"


@scenario
def key_rotation_has_a_period(connect: Connect) -> None:
    kms = connect("kms")
    arn = key(kms)
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=arn)
    kms.enable_key_rotation(KeyId=arn)
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 90


@scenario
def replica_is_a_key_of_its_own(connect: Connect) -> None:
    kms, elsewhere = connect("kms"), connect("kms", "eu-central-1")
    refused("ValidationException", kms.replicate_key, KeyId=key(kms), ReplicaRegion="eu-central-1")
    primary = key(kms, MultiRegion=True, Description="First")
    replica = {"KeyId": primary, "ReplicaRegion": "eu-central-1", "Description": "Second"}
    made = kms.replicate_key(**replica, Tags=[{"TagKey": "a", "TagValue": "b"}])["ReplicaKeyMetadata"]
    refused("AlreadyExistsException", kms.replicate_key, **replica)
    assert elsewhere.list_resource_tags(KeyId=made["Arn"])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    told = elsewhere.describe_key(KeyId=made["Arn"])["KeyMetadata"]
    assert (told["Description"], told["MultiRegionConfiguration"]["MultiRegionKeyType"]) == ("Second", "REPLICA")
    told = kms.describe_key(KeyId=primary)["KeyMetadata"]
    assert (told["Description"], told["MultiRegionConfiguration"]["MultiRegionKeyType"]) == ("First", "PRIMARY")
