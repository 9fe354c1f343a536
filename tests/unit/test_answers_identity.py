# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What KMS and IAM answer to what was declared differs in form, and is no difference.

https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
"""

from __future__ import annotations

import copy
import datetime
import json
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, PENDING, READY, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import kms_alias, kms_key
from ansible_collections.terrace.aws.plugins.module_utils.kinds._iam import same_policy
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import context

STACK = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:123456789012:key/{ID}"
TAGS = {"terrace:stack": "demo", "terrace:id": "identity/kms_key/main", "terrace:managed-by": "terrace.aws"}
KEY: dict[str, Any] = {"name": "main", "users": ["app", "web"], "services": ["logs.amazonaws.com", "sns.amazonaws.com"]}
METADATA: dict[str, Any] = {
    "AWSAccountId": "123456789012",
    "KeyId": ID,
    "Arn": ARN,
    "CreationDate": datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC),
    "Enabled": True,
    "Description": "",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "KeyState": "Enabled",
    "Origin": "AWS_KMS",
    "KeyManager": "CUSTOMER",
    "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    "MultiRegion": False,
    "CurrentKeyMaterialId": "0" * 64,
}
ROTATION = {"KeyId": ARN, "KeyRotationEnabled": True, "RotationPeriodInDays": 365, "NextRotationDate": METADATA["CreationDate"]}


def desired(key: dict[str, Any], name: str = "main") -> Any:
    roles = [{"name": "app"}, {"name": "web"}]
    declared = {d.key: d for d in declarations_of({"identity": {"roles": roles, "keys": [key]}}, STACK)}
    return transform(declared["kms_key", name].values, lambda leaf: ARN if isinstance(leaf, Reference) else leaf)


def answered(wanted: Any, policy: Any = None, rotation: dict[str, Any] | None = None, **metadata: Any) -> list[Found]:
    """Return what the kind makes of the answers for one key. `policy` changes the policy that was declared."""
    document = copy.deepcopy(wanted.policy)
    prepared = {
        "list_keys": {"Keys": [{"KeyArn": ARN, "KeyId": ID}]},
        "describe_key": {"KeyMetadata": {**METADATA, **metadata}},
        "list_resource_tags": {"Tags": [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]},
        "get_key_policy": {"Policy": json.dumps((policy or (lambda given: given))(document)), "PolicyName": "default"},
        "get_key_rotation_status": {**ROTATION, **(rotation or {})},
    }
    return list(kms_key.list_keys(context(STACK, prepared, {ARN: TAGS}, [])))


def reordered(policy: dict[str, Any]) -> dict[str, Any]:
    """Return the policy as AWS may tell it: in another order, with single values bare."""
    for statement in policy["Statement"]:
        actions = statement["Action"]
        statement["Action"] = (
            actions[0] if len(actions) == 1 else list(reversed(actions)) if isinstance(actions, list) else actions
        )
        for test in statement.get("Condition", {}).values():
            for key, value in test.items():
                test[key] = list(reversed(value)) if isinstance(value, list) and len(value) > 1 else value
    return {"Statement": list(reversed(policy["Statement"])), "Version": policy["Version"]}


def by_account(policy: dict[str, Any]) -> dict[str, Any]:
    policy["Statement"][0]["Principal"] = {"AWS": "123456789012"}
    return policy


def everybody(policy: dict[str, Any]) -> dict[str, Any]:
    for statement in policy["Statement"]:
        statement["Principal"] = "*" if statement["Principal"] == {"AWS": "*"} else statement["Principal"]
    return policy


def single_service(policy: dict[str, Any]) -> dict[str, Any]:
    for statement in policy["Statement"]:
        services = statement["Principal"].get("Service") if isinstance(statement["Principal"], dict) else None
        if isinstance(services, list):
            statement["Principal"] = {"Service": services[0]}
    return policy


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ({}, {}),
        ({}, {"policy": reordered}),
        ({}, {"policy": by_account}),
        ({}, {"policy": everybody}),
        ({}, {"policy": single_service}),
        ({"rotation": 90}, {"rotation": {"RotationPeriodInDays": 90}}),
        ({"rotation": 0}, {"rotation": {"KeyRotationEnabled": False}}),
        ({"enabled": False}, {"KeyState": "Disabled", "Enabled": False}),
        # AWS cannot reach the store of a key that is enabled.
        ({}, {"KeyState": "Unavailable", "Enabled": False}),
        ({"multi_region": True}, {"MultiRegion": True, "MultiRegionConfiguration": {"MultiRegionKeyType": "PRIMARY"}}),
    ],
)
def test_what_kms_answers_is_no_difference(key: dict[str, Any], answer: dict[str, Any]) -> None:
    wanted = desired({**KEY, **key})
    (found,) = answered(wanted, **answer)
    assert (found.state, compare(found.values, wanted)) == (READY, ())


def test_a_replica_has_the_rotation_of_its_primary() -> None:
    configuration = {"MultiRegionKeyType": "REPLICA", "PrimaryKey": {"Arn": ARN, "Region": "eu-west-1"}, "ReplicaKeys": []}
    wanted = desired({**KEY, "regions": ["eu-central-1"], "rotation": 90}, "main-eu-central-1")
    (found,) = answered(wanted, MultiRegion=True, MultiRegionConfiguration=configuration)
    assert compare(found.values, wanted) == ()


@pytest.mark.parametrize(
    ("state", "expected"),
    [("Creating", PENDING), ("Updating", PENDING), ("PendingDeletion", DELETING), ("PendingReplicaDeletion", DELETING)],
)
def test_states_are_understood(state: str, expected: str) -> None:
    (found,) = answered(desired(KEY), KeyState=state, Enabled=False)
    assert found.state == expected


def test_the_id_of_a_principal_that_is_gone_is_a_difference() -> None:
    """AWS puts a role's id in the place of its ARN when the role is deleted: it means nobody any more."""

    def replaced(policy: dict[str, Any]) -> dict[str, Any]:
        policy["Statement"][0]["Principal"] = {"AWS": ["AROAEXAMPLEEXAMPLE12", "arn:aws:iam::123456789012:root"]}
        return policy

    wanted = desired(KEY)
    (found,) = answered(wanted, policy=replaced)
    assert [change.field for change in compare(found.values, wanted)] == ["policy"]


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        ({"AliasName": "alias/demo-main", "TargetKeyId": ID}, True),
        ({"AliasName": "alias/demo-main", "TargetKeyId": "another"}, False),
        # Names that AWS keeps for keys that it has not made yet lead nowhere.
        ({"AliasName": "alias/demo-main"}, False),
    ],
)
def test_an_alias_is_ours_if_it_leads_to_a_key_of_ours(raw: dict[str, Any], same: bool) -> None:
    arn = f"arn:aws:kms:eu-west-1:123456789012:{raw['AliasName']}"
    key = Found(ARN, kms_key.KmsKey(), TAGS, attributes={"key_id": ID})
    prepared = {"list_aliases": {"Aliases": [{**raw, "AliasArn": arn}]}}
    (found,) = kms_alias.list_aliases(context(STACK, prepared, {}, [], key))
    assert (compare(found.values, kms_alias.KmsAlias("alias/demo-main", ARN)) == ()) is same


BASE: dict[str, Any] = {
    "Sid": "One",
    "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::123456789012:root"], "Service": "sns.amazonaws.com"},
    "Action": ["kms:Decrypt", "kms:Encrypt"],
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}, "Bool": {"aws:SecureTransport": True}},
}


@pytest.mark.parametrize(
    "told",
    [
        {"Action": ["kms:Encrypt", "kms:Decrypt"]},
        {"Action": ["kms:decrypt", "kms:ENCRYPT"]},
        {"Action": ["kms:Encrypt", "kms:Decrypt", "kms:Decrypt"]},
        {"Resource": ["*"]},
        {"Principal": {"AWS": "123456789012", "Service": ["sns.amazonaws.com"]}},
        {"Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:root"], "Service": ["sns.amazonaws.com"]}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceAccount": "123456789012"}}},
        {"Condition": {"Bool": {"aws:securetransport": "true"}, "StringEquals": {"AWS:SourceAccount": "123456789012"}}},
    ],
)
def test_a_statement_in_other_words_is_the_same(told: dict[str, Any]) -> None:
    declared = {"Version": "2012-10-17", "Statement": [BASE, {**BASE, "Sid": "Two"}]}
    assert same_policy({"Statement": [{**BASE, "Sid": "Two"}, {**BASE, **told}], "Version": "2012-10-17"}) == same_policy(
        declared
    )


def test_a_statement_may_be_alone_and_without_a_name() -> None:
    unnamed = {name: value for name, value in BASE.items() if name != "Sid"}
    assert same_policy({"Statement": {**unnamed, "Sid": ""}}) == same_policy({"Statement": [unnamed]})
